/**
 * Closed-loop load: N sessions, C workers, for a time or for a number of trips. Promise: every answer is checked (its id, the CRC of its text,
 * the CRC of the request as the server saw it), and a figure never stands without its count of errors.
 *
 * node load.ts --url http://127.0.0.1:PORT/sse --sessions 16 --workers 16 --seconds 2 [--trips N] [--pid PROXY]. A URL that ends in /mcp is Streamable HTTP.
 */
import { crc32 } from 'node:zlib'
import { callTool, initialize, initialized, openStream, Post, type Stream } from './client.ts'
import { endAfter, flags, quantile } from './flags.ts'
import { payload } from './payload.ts'
import { costOf } from './process-cost.ts'

const o = flags({ url: '', sessions: 16, workers: 16, seconds: 2, trips: 0, warmup: 0.3, size: 300, ask: 100, pid: 0, limit: 60 })
const url = new URL(o.url)
const legacy = !url.pathname.endsWith('/mcp')
const LOST_AFTER_MS = 10_000

interface Answer {
  readonly result?: { readonly content?: readonly { readonly text: string }[]; readonly structuredContent?: { readonly crc: number } }
  readonly error?: { readonly message: string }
}
interface Session {
  readonly post: Post
  readonly path: string
  readonly stream?: Stream
  headers: string
}

let done = 0
let lost = 0
let altered = 0
let failed = 0
let strangers = 0
let bytes = 0
let ending = false
let nextId = 1
const why: Record<string, number> = {}
const latency: number[] = []
const waiting = new Map<number, (answer: Answer | undefined) => void>()
const blame = (reason: string): void => {
  why[reason] = (why[reason] ?? 0) + 1
}

function receive(data: string): void {
  bytes += data.length
  const message = JSON.parse(data) as Answer & { id?: number }
  const resolve = waiting.get(message.id ?? -1)
  if (resolve) resolve(message)
  else if (!ending) {
    strangers++
    blame('an answer nobody waits for')
  }
}

/** One request and its answer; undefined when it never came. The post's own response is awaited too. */
async function ask(session: Session, id: number, body: string): Promise<Answer | undefined> {
  const answer = new Promise<Answer | undefined>(resolve => {
    const timer = setTimeout(() => settle(undefined), LOST_AFTER_MS)
    const settle = (value: Answer | undefined): void => {
      clearTimeout(timer)
      waiting.delete(id)
      resolve(value)
    }
    waiting.set(id, settle)
  })
  try {
    const head = await session.post.send(session.path, body, session.headers)
    if (head.status >= 300) throw new Error(`status ${head.status}`)
    const issued = head.headers['mcp-session-id']
    if (issued && !session.headers) session.headers = `Mcp-Session-Id: ${issued}\r\n`
  } catch (error) {
    failed++
    blame((error as Error).message)
    waiting.get(id)?.({ error: { message: 'not sent' } })
    return undefined
  }
  const value = await answer
  if (value === undefined) {
    lost++
    blame('no answer')
  }
  return value
}

async function openSession(): Promise<Session> {
  const stream = legacy ? await openStream(url) : undefined
  const post = await new Post(url).open()
  if (stream) stream.onMessage = receive
  if (stream) {
    stream.onClose = () => {
      if (ending) return
      failed++
      blame('stream closed early')
    }
  }
  post.onMessage = receive
  const session: Session = { post, path: stream?.path ?? url.pathname, headers: '', ...(stream ? { stream } : {}) }
  const id = nextId++
  if (!(await ask(session, id, initialize(id)))) throw new Error('initialize failed')
  post.onMessage = undefined
  await post.send(session.path, initialized, session.headers)
  post.onMessage = receive
  return session
}

async function trip(session: Session): Promise<void> {
  const id = nextId++
  const sent = payload(o.ask, id)
  const started = performance.now()
  const answer = await ask(session, id, callTool(id, { text: sent.text, size: o.size, seed: id % 16 }))
  if (!answer) return
  latency.push(performance.now() - started)
  const text = answer.result?.content?.[0]?.text ?? ''
  const right = text.length === o.size && crc32(text) === payload(o.size, id).crc && answer.result?.structuredContent?.crc === sent.crc
  if (right) done++
  else {
    altered++
    blame(answer.error?.message ?? 'altered')
  }
}

endAfter(o.limit * 1000, () => ({ done, lost, altered, failed, why }))
const sessions: Session[] = []
for (let n = 0; n < o.sessions; n++) sessions.push(await openSession())

/** Each worker keeps to its own session: one post at a time on one connection. */
async function phase(seconds: number, trips: number): Promise<void> {
  const until = performance.now() + seconds * 1000
  let left = trips || Number.POSITIVE_INFINITY
  const work = async (session: Session): Promise<void> => {
    while (left-- > 0 && (trips > 0 || performance.now() < until)) await trip(session)
  }
  await Promise.all(sessions.slice(0, o.workers).map(work))
}

await phase(o.warmup, 0)
done = 0
bytes = 0
latency.length = 0
const before = costOf(o.pid)
const started = performance.now()
await phase(o.seconds, o.trips)
const seconds = (performance.now() - started) / 1000
const after = costOf(o.pid)
ending = true
latency.sort((a, b) => a - b)
const perTrip = (ms: number): number => (done ? (ms * 1000) / done : Number.NaN)
console.log(
  JSON.stringify({
    done,
    lost,
    altered,
    failed,
    strangers,
    why,
    seconds,
    perSecond: done / seconds,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    bytesPerSecond: bytes / seconds,
    cpuUs: perTrip(after.cpuMs - before.cpuMs),
    workerUs: perTrip(after.workerMs - before.workerMs),
    mainUs: perTrip(after.mainMs - before.mainMs),
    rssBytes: after.rssBytes,
  }),
)
process.exit(0)
