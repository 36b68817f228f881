/** A server that compresses everything. The compressor keeps the endpoint event until it has more to compress. */
import { createGzip } from 'node:zlib'
import { createClient } from './peers/client.ts'
import { eventText, serveHttp } from './peers/http-server.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  id: 'sse-compressed',
  story: 'A server compresses its event stream and does not flush; the endpoint event lies in the compressor for 4 s.',
  async play(stage) {
    const zip = createGzip()
    stage.onEnd(() => zip.destroy())
    const server = await serveHttp(stage, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip', 'cache-control': 'no-store' })
      response.flushHeaders()
      zip.pipe(response)
      zip.flush()
      zip.write(eventText('/messages/?session_id=4f2a9c1e7b3d4c5a8e6f0a1b2c3d4e5f', 'endpoint'))
    })
    const url = await stage.through(server.url('/sse'))
    await createClient(stage).open('GET', url, { headers: { 'accept-encoding': 'gzip, deflate' } })
    await stage.skip(4_000)
    zip.flush()
    await stage.quiet()
  },
}
