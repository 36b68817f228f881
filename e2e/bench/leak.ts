/**
 * Opens streams, lets the clients go, and asks the upstream how many it still holds. Promise: counts streams at the upstream, not at the proxy.
 *
 * node leak.ts --url http://127.0.0.1:PORT/sse --upstream http://127.0.0.1:PORT --how close|reset
 */
import { openStream } from './client.ts'
import { endAfter, flags } from './flags.ts'

const o = flags({ url: '', upstream: '', streams: 100, wait: 2, how: 'close', limit: 60 })
endAfter(o.limit * 1000, () => ({}))
const held = async (): Promise<number> => ((await (await fetch(`${o.upstream}/open-streams`)).json()) as { streams: number }).streams
const before = await held()
const open = await Promise.all(Array.from({ length: o.streams }, () => openStream(new URL(o.url))))
const during = (await held()) - before
for (const { socket } of open) {
  if (o.how === 'reset') socket.resetAndDestroy()
  else socket.destroy()
}
await new Promise(resolve => setTimeout(resolve, o.wait * 1000))
console.log(JSON.stringify({ opened: open.length, during, left: (await held()) - before }))
process.exit(0)
