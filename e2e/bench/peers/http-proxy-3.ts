/** http-proxy-3 as its users run it, recording nothing. `node http-proxy-3.ts UPSTREAM_PORT` prints `{"port":N}`. */
import http from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { createProxyServer } from 'http-proxy'

const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, agent })
proxy.on('error', (_error, _request, response) => {
  if (response instanceof Socket) response.destroy()
  else response?.destroy()
})
const server = http.createServer((request, response) => proxy.web(request, response))
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })),
)
