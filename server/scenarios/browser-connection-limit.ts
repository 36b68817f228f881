/** Seven tabs of one browser on one server: six streams take all connections that the browser opens, and the seventh waits. */
import { createClient, within } from './peers/client.ts'
import { openSse } from './peers/sse-client.ts'
import { serveSse } from './peers/sse-server.ts'
import type { Scenario } from './scenario.ts'

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const CONNECTIONS = 6

export const scenario: Scenario = {
  id: 'browser-connection-limit',
  story: 'Six tabs of a browser hold a stream each; the seventh gets its own only when one of them is closed.',
  async play(stage) {
    const server = await serveSse(stage)
    const url = await stage.through(server.url('/sse'))
    const tab = () => openSse(stage, url, createClient(stage, { 'user-agent': CHROME, origin: 'http://localhost:6274' }))
    const tabs = []
    for (let count = 0; count < CONNECTIONS; count++) tabs.push(await tab())
    await stage.skip(4_000)
    // As the browser does it: the next connection is opened when one is free.
    const [first] = tabs
    first?.stream.close()
    if (first) await within(stage, first.stream.whole, 'the first stream was closed')
    await tab()
    await stage.quiet()
  },
}
