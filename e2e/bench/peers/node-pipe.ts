/** The floor for anything on node:http: pipes both ways over a keep-alive agent. `node node-pipe.ts UPSTREAM_PORT` prints `{"port":N}`. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

const upstream = Number(process.argv[2])
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const server = http.createServer((request, response) => {
  const { method, url: path, headers } = request
  const out = http.request({ host: '127.0.0.1', port: upstream, method, path, headers, agent }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(response)
  })
  out.on('error', () => response.destroy())
  response.on('close', () => out.destroy())
  request.pipe(out)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })),
)
