/**
 * One huge event through the stream. Promise: the text is checked, and it is told whether the proxy hands bytes on as they come, what its memory
 * grew by, and what it grew by while the reader stood still.
 *
 * node big.ts --url http://127.0.0.1:PORT/sse --pid PROXY --megabytes 100
 */
import { crc32 } from 'node:zlib'
import { callTool, initialize, initialized, openStream, Post } from './client.ts'
import { endAfter, flags, median } from './flags.ts'
import { payload } from './payload.ts'
import { costOf, resetPeak } from './process-cost.ts'

const o = flags({ url: '', pid: 0, megabytes: 100, repeat: 3, pause: 400, stall: 2000, limit: 180 })
const url = new URL(o.url)
const size = Math.round(o.megabytes * 1e6)
const LIMIT_MS = 60_000
endAfter(o.limit * 1000, () => ({}))

interface Once {
  readonly right: boolean
  readonly megabytesPerSecond: number
  readonly grownBytes: number
  readonly cpuMs: number
  /** Longest silence on the client's side, and how much had come before it. */
  readonly gapMs: number
  readonly beforeGap: number
}

async function once({ pauseMs = 0, stallMs = 0 } = {}): Promise<Once> {
  const stream = await openStream(url)
  const post = await new Post(url).open()
  const next = (): Promise<string> =>
    new Promise((resolve, reject) => {
      stream.onMessage = resolve
      stream.onClose = () => reject(new Error('the stream was closed'))
      setTimeout(() => reject(new Error('no answer')), LIMIT_MS).unref()
    })
  try {
    const ready = next()
    await post.send(stream.path, initialize(1))
    await ready
    await post.send(stream.path, initialized)
    resetPeak(o.pid)
    const before = costOf(o.pid)
    let first = 0
    let last = 0
    let seen = 0
    let gapMs = 0
    let beforeGap = 0
    let stall = stallMs
    stream.onBytes = bytes => {
      const now = performance.now()
      if (first === 0) first = now
      else if (now - last > gapMs) {
        gapMs = now - last
        beforeGap = seen
      }
      last = now
      seen += bytes.length
      if (stall === 0) return
      stream.socket.pause()
      setTimeout(() => stream.socket.resume(), stall)
      stall = 0
    }
    const answer = next()
    await post.send(stream.path, callTool(2, { text: 'x', size, seed: 1, pauseMs }))
    const message = JSON.parse(await answer) as { result?: { content?: { text: string }[] } }
    const after = costOf(o.pid)
    const text = message.result?.content?.[0]?.text ?? ''
    return {
      right: text.length === size && crc32(text) === payload(size, 1).crc,
      megabytesPerSecond: size / 1e6 / ((last - first) / 1000),
      grownBytes: after.peakBytes - before.rssBytes,
      cpuMs: after.cpuMs - before.cpuMs,
      gapMs,
      beforeGap,
    }
  } finally {
    stream.onClose = undefined
    stream.socket.destroy()
    post.socket?.destroy()
  }
}

const runs: Once[] = []
for (let round = 0; round < o.repeat; round++) runs.push(await once())
const paused = await once({ pauseMs: o.pause })
const stalled = await once({ stallMs: o.stall })
console.log(
  JSON.stringify({
    right: [...runs, paused, stalled].every(run => run.right),
    megabytesPerSecond: median(runs.map(run => run.megabytesPerSecond)),
    grownBytes: median(runs.map(run => run.grownBytes)),
    cpuMsPerMegabyte: median(runs.map(run => run.cpuMs)) / o.megabytes,
    // The upstream stops at half: a proxy that hands on what it has got has delivered about half of it by then.
    partBeforePause: paused.gapMs > o.pause * 0.7 ? paused.beforeGap / size : 0,
    stalledGrownBytes: stalled.grownBytes,
  }),
)
process.exit(0)
