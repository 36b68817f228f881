/**
 * Opens many idle streams, then asks some of them whether they live. Promise: says how many were opened, how many of the asked answered, and what
 * the proxy's memory grew by.
 *
 * node idle.ts --url http://127.0.0.1:PORT/sse --pid PROXY --streams 9900
 */
import { initialize, openStream, Post, type Stream } from './client.ts'
import { endAfter, flags } from './flags.ts'
import { costOf } from './process-cost.ts'

const o = flags({ url: '', pid: 0, streams: 9900, batch: 100, settle: 3, probes: 50, limit: 240 })
const url = new URL(o.url)
const open: Stream[] = []
let failed = 0
let closed = 0
const why: Record<string, number> = {}
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
endAfter(o.limit * 1000, () => ({ open: open.length, failed, why }))

const base = costOf(o.pid).rssBytes
while (open.length + failed < o.streams && failed < 200) {
  const size = Math.min(o.batch, o.streams - open.length - failed)
  await Promise.all(
    Array.from({ length: size }, () =>
      openStream(url).then(
        stream => {
          open.push(stream)
          stream.onClose = () => closed++
        },
        (error: Error) => {
          failed++
          why[error.message] = (why[error.message] ?? 0) + 1
        },
      ),
    ),
  )
}
await sleep(o.settle * 1000)
const rssBytes = costOf(o.pid).rssBytes

let alive = 0
const step = Math.max(1, Math.floor(open.length / o.probes))
const asked = open.filter((_, index) => index % step === 0).slice(0, o.probes)
for (const stream of asked) {
  const answered = new Promise<boolean>(resolve => {
    stream.onMessage = () => resolve(true)
  })
  const post = await new Post(url).open()
  const head = await post.send(stream.path, initialize(1)).catch(() => undefined)
  // Refused: nothing will come, so nothing is waited for.
  if (head?.status === 202 && (await Promise.race([answered, sleep(5000)]))) alive++
  post.socket?.destroy()
}
console.log(
  JSON.stringify({
    open: open.length,
    failed,
    closed,
    why,
    asked: asked.length,
    alive,
    baseBytes: base,
    rssBytes,
    bytesPerStream: (rssBytes - base) / open.length,
  }),
)
process.exit(0)
