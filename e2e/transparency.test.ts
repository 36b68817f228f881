/**
 * Ten thousand generated exchanges through a real forwarder with a real journal: both raw peers see what the other sent, byte for byte,
 * and the journal holds the same bytes. SEED=n and EXCHANGES=n repeat or lengthen a run; the seed is printed.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { WireEvent } from '../proxy/core/event.ts'
import { createForwarder } from '../proxy/forward.ts'
import { openReader } from '../proxy/journal/reader.ts'
import { createRecording } from '../proxy/journal/recording.ts'

const EXCHANGES = Number(process.env.EXCHANGES ?? 10_000)
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const CLIENTS = 16

// ---- chance, repeatable for each exchange whatever the order

class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  below(n: number): number {
    return Math.floor(this.next() * n)
  }
  chance(p: number): boolean {
    return this.next() < p
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
  bytes(size: number): Buffer {
    const out = Buffer.allocUnsafe(size)
    for (let i = 0; i < size; i++) out[i] = this.below(256)
    return out
  }
}

// ---- messages

type Field = readonly [name: string, value: string]
interface Message {
  readonly first: string
  readonly fields: readonly Field[]
  /** Fields as the other side must see them. */
  readonly seen: readonly Field[]
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  readonly body: Buffer
  readonly trailers: readonly Field[]
}
interface Plan {
  readonly request: Message
  readonly response: Message
  /** Answer when the request's head has come, not its end. */
  readonly early: boolean
  readonly closes: boolean
}

const text = (fields: readonly Field[]) => fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
const NAMES = [
  'X-Trace',
  'x-trace',
  'X-TRACE',
  'Mcp-Session-Id',
  'accept',
  'Cookie',
  'Set-Cookie',
  'set-cookie',
  'Cache-Control',
  'ETag',
  'Last-Event-ID',
  '__proto__',
  'Vary',
  'Via',
]

function fieldsOf(dice: Dice): Field[] {
  const fields: Field[] = []
  for (let n = dice.below(10); n > 0; n--) {
    fields.push([
      dice.pick(NAMES),
      dice.pick([
        '',
        'a',
        'text/event-stream, application/json',
        'caf\xe9',
        '\xc3\xa9',
        '"q\\"',
        'x'.repeat(dice.below(300)),
        'inner  space',
      ]),
    ])
  }
  const hop: Field[] = [
    ['TE', 'trailers'],
    ['Proxy-Connection', 'keep-alive'],
    ['Upgrade', 'h2c'],
    ['proxy-authorization', 'x'],
  ]
  if (dice.chance(0.2)) fields.push(dice.pick(hop))
  if (dice.chance(0.2)) fields.push(['Connection', dice.pick(['keep-alive', 'X-Trace, Keep-Alive', 'Mcp-Session-Id'])])
  return fields
}

function bodyOf(dice: Dice): Buffer {
  const kind = dice.next()
  if (kind < 0.1) return Buffer.alloc(0)
  if (kind < 0.5) return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: dice.below(3), params: 'é🌍'.repeat(dice.below(50)) }))
  if (kind < 0.9) return eventsOf(dice)
  if (kind < 0.995) return dice.bytes(dice.below(3000))
  return Buffer.alloc(200_000 + dice.below(2_000_000), dice.bytes(97))
}

function eventsOf(dice: Dice): Buffer {
  const eol = dice.pick(['\n', '\r\n', '\r'])
  const lines = [dice.chance(0.1) ? '\uFEFF' : '']
  for (let n = dice.below(8); n > 0; n--) {
    const line = dice.pick([
      'event: endpoint',
      'data: /messages/?session_id=1',
      'data',
      'id: 7',
      'retry: 10',
      ': ping',
      `data: ${'é'.repeat(dice.below(dice.chance(0.02) ? 50_000 : 60))}`,
      'data: {"a":\u2028}',
      '',
    ])
    lines.push(line, eol)
    if (dice.chance(0.5)) lines.push(eol)
  }
  return Buffer.from(lines.join(''))
}

function framed(dice: Dice, first: string, framing: Message['framing'], body: Buffer, extra: readonly Field[]): Message {
  const fields = [...fieldsOf(dice), ...extra]
  const trailers: Field[] =
    framing === 'chunked' && dice.chance(0.2)
      ? [
          ['X-Sum', '1'],
          ['x-sum', 'caf\xe9'],
        ]
      : []
  const own: Field[] = trailers.length > 0 ? [['Trailer', 'X-Sum']] : []
  if (framing === 'length') own.push([dice.pick(['Content-Length', 'content-length']), String(body.length)])
  if (framing === 'chunked') own.push(['Transfer-Encoding', dice.pick(['chunked', 'Chunked'])])
  fields.splice(dice.below(fields.length + 1), 0, ...own)
  return { first, fields, seen: seenIn(fields), framing, body, trailers }
}

/** What RFC 9110 section 7.6.1 leaves of a head on a connection that is mirrored; written here a second time, on purpose. */
function seenIn(fields: readonly Field[]): Field[] {
  return fields.flatMap(([name, value]): Field[] => {
    const lower = name.toLowerCase()
    if (/^(te|upgrade|proxy-connection|proxy-authorization|proxy-authenticate)$/.test(lower)) return []
    if (lower !== 'connection') return [[name, value]]
    const kept = value.split(/\s*,\s*/).filter(option => /^(close|keep-alive)$/i.test(option))
    return kept.length > 0 ? [[name, kept.join(', ')]] : []
  })
}

function planOf(n: number, host: string): Plan {
  const dice = new Dice(SEED + n * 7919)
  const method = dice.pick(['GET', 'GET', 'POST', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
  const target = dice.pick([
    '/sse',
    '/messages/?session_id=%34',
    '/messages?',
    '/a/../b//c',
    '/%C3%A9?q=a+b&c[]=|',
    `/long/${'p'.repeat(dice.below(2000))}`,
  ])
  const requestBody = dice.chance(method === 'POST' || method === 'PUT' ? 0.95 : 0.1) ? bodyOf(dice) : undefined
  const request = framed(
    dice,
    `${method} ${target} HTTP/1.1`,
    requestBody ? dice.pick(['length', 'chunked']) : 'none',
    requestBody ?? Buffer.alloc(0),
    [
      ['Host', host],
      ['X-Case', String(n)],
    ],
  )
  const status = method === 'HEAD' ? 200 : dice.pick([200, 200, 200, 200, 200, 202, 204, 304, 307, 404, 500])
  const bodiless = method === 'HEAD' || status === 204 || status === 304
  const closes = !bodiless && dice.chance(0.02)
  const type: Field[] = dice.chance(0.7)
    ? [['Content-Type', dice.pick(['text/event-stream', 'application/json', 'application/octet-stream'])]]
    : []
  const response = framed(
    dice,
    `HTTP/1.1 ${status} ${dice.pick(['OK', '', 'Tr\xe8s bien', 'Not Found'])}`,
    bodiless ? 'none' : closes ? 'close' : dice.pick(['length', 'chunked', 'chunked']),
    bodiless ? Buffer.alloc(0) : bodyOf(dice),
    type,
  )
  return { request, response, early: requestBody !== undefined && dice.chance(0.05), closes }
}

// ---- the wire

/** Writes in pieces cut at random, the chunks of a chunked body at other places than the writes. */
async function send(socket: Socket, message: Message, dice: Dice): Promise<void> {
  const parts: Buffer[] = [Buffer.from(`${message.first}\r\n${text(message.fields)}\r\n`, 'latin1')]
  if (message.framing === 'chunked') {
    for (let at = 0; at < message.body.length; ) {
      const size = Math.min(message.body.length - at, 1 + dice.below(dice.chance(0.3) ? 20 : Math.max(1, message.body.length)))
      parts.push(Buffer.from(`${size.toString(16)}\r\n`), message.body.subarray(at, at + size), Buffer.from('\r\n'))
      at += size
    }
    parts.push(Buffer.from(`0\r\n${text(message.trailers)}\r\n`, 'latin1'))
  } else parts.push(message.body)
  const whole = Buffer.concat(parts)
  const cuts = dice.chance(0.5) ? 0 : 1 + dice.below(5)
  const at = Array.from({ length: cuts }, () => dice.below(whole.length + 1)).sort((a, b) => a - b)
  for (const [i, from] of [0, ...at].entries()) {
    if (!socket.writable) return
    if (!socket.write(whole.subarray(from, at[i] ?? whole.length)))
      await Promise.race([new Promise(resolve => socket.once('drain', resolve)), new Promise(resolve => socket.once('close', resolve))])
    if (i < cuts) await turn()
  }
}

interface Seen {
  readonly first: string
  readonly fields: string
  readonly body: Buffer
  readonly trailers: string
  /** How the body ended: as its framing said, or with the connection. */
  readonly end: 'framing' | 'fin' | 'cut'
}

/** Reads messages from a socket: strict, and independent of the product. */
class Reader {
  #parts: Buffer[] = []
  #size = 0
  #over = false
  #wake = () => {}

  constructor(socket: Socket) {
    socket.on('data', bytes => {
      this.#parts.push(bytes)
      this.#size += bytes.length
      this.#wake()
    })
    const over = () => {
      this.#over = true
      this.#wake()
    }
    socket.on('end', over)
    socket.on('error', over)
    socket.on('close', over)
  }

  async #more(): Promise<boolean> {
    const before = this.#size
    while (this.#size === before && !this.#over) await new Promise<void>(resolve => (this.#wake = resolve))
    return this.#size > before
  }

  #whole(): Buffer {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0] as Buffer
  }

  async take(count: number): Promise<Buffer> {
    while (this.#size < count && (await this.#more()));
    return this.#cut(count)
  }

  #cut(count: number): Buffer {
    const whole = this.#whole()
    const out = whole.subarray(0, count)
    this.#parts = [whole.subarray(count)]
    this.#size -= out.length
    return out
  }

  async through(mark: string): Promise<string> {
    for (let from = 0; ; ) {
      const whole = this.#whole()
      const found = whole.indexOf(mark, Math.max(0, from - mark.length), 'latin1')
      if (found >= 0) return this.#cut(found + mark.length).toString('latin1')
      from = whole.length
      if (!(await this.#more())) return ''
    }
  }

  async rest(): Promise<Buffer> {
    while (await this.#more());
    return this.#cut(this.#size)
  }

  /** Undefined at the end of the connection. */
  async head(): Promise<string | undefined> {
    const head = await this.through('\r\n\r\n')
    return head === '' ? undefined : head
  }

  async message(head: string, bodiless: boolean, closes: boolean): Promise<Seen> {
    const cut = head.indexOf('\r\n')
    const [first, fields] = [head.slice(0, cut), head.slice(cut + 2, -2)]
    const length = /^content-length: (\d+)\r$/im.exec(fields)?.[1]
    const none = { first, fields, body: Buffer.alloc(0), trailers: '', end: 'framing' } as const
    if (bodiless) return none
    if (/^transfer-encoding: chunked\r$/im.test(fields)) {
      const parts: Buffer[] = []
      for (;;) {
        const line = await this.through('\r\n')
        if (line === '') return { ...none, body: Buffer.concat(parts), end: 'cut' }
        const size = Number.parseInt(line, 16)
        if (size === 0) break
        parts.push(await this.take(size))
        await this.take(2)
      }
      let trailers = ''
      for (let line = await this.through('\r\n'); line !== '\r\n' && line !== ''; line = await this.through('\r\n')) trailers += line
      return { ...none, body: Buffer.concat(parts), trailers }
    }
    if (length !== undefined) {
      const body = await this.take(Number(length))
      return { ...none, body, end: body.length === Number(length) ? 'framing' : 'cut' }
    }
    return closes ? { ...none, body: await this.rest(), end: 'fin' } : none
  }
}

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const FINDINGS: string[] = []

function compare(n: number, side: string, message: Message, seen: Seen | undefined): void {
  const say = (what: string, want: string, got: string | undefined) => {
    if (FINDINGS.length < 20)
      FINDINGS.push(
        `exchange ${n}, ${side}: ${what}\n  sent ${JSON.stringify(want.slice(0, 500))}\n  seen ${JSON.stringify(got?.slice(0, 500))}`,
      )
  }
  if (!seen) {
    say('never came', message.first, undefined)
    return
  }
  if (seen.first !== message.first) say('first line', message.first, seen.first)
  if (seen.fields !== text(message.seen)) say('fields', text(message.seen), seen.fields)
  if (sha(seen.body) !== sha(message.body))
    say(`body of ${message.body.length} bytes`, message.body.toString('latin1'), seen.body.toString('latin1'))
  if (seen.trailers !== text(message.trailers)) say('trailers', text(message.trailers), seen.trailers)
  if (seen.end !== (message.framing === 'close' ? 'fin' : 'framing')) say('end', message.framing, seen.end)
}

test(`${EXCHANGES} exchanges cross byte for byte and lie in the journal (SEED=${SEED})`, async () => {
  console.log(`transparency: SEED=${SEED} EXCHANGES=${EXCHANGES}`)
  const folder = mkdtempSync(join(tmpdir(), 'seismograph-transparency-'))
  let host = ''
  const plans = new Map<number, Plan>()
  const planned = (n: number) => {
    const plan = plans.get(n) ?? planOf(n, host)
    plans.set(n, plan)
    return plan
  }
  let served = 0
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, async socket => {
    const reader = new Reader(socket)
    for (let head = await reader.head(); head !== undefined; head = await reader.head()) {
      const n = Number(/^X-Case: (\d+)\r$/m.exec(head)?.[1])
      const plan = planned(n)
      served++
      const answer = plan.early ? send(socket, plan.response, new Dice(SEED + n)) : undefined
      compare(n, 'request', plan.request, await reader.message(head, false, false))
      await (answer ?? send(socket, plan.response, new Dice(SEED + n)))
      if (plan.closes) break
    }
    socket.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const target = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const options = { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 64 << 20, masked: false } as const
  const recording = createRecording(folder, { upstreams: [], options, product: 'transparency test', retention: false })
  const forwarder = createForwarder(recording, { name: 'mcp', target })
  const { port } = await forwarder.listen(0)
  host = `127.0.0.1:${port}`

  let next = 0
  const client = async () => {
    let socket: Socket | undefined
    let reader: Reader | undefined
    while (next < EXCHANGES) {
      const n = next++
      const plan = planned(n)
      if (!socket?.writable) {
        socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
        reader = new Reader(socket)
      }
      const sent = send(socket, plan.request, new Dice(SEED - n - 1))
      const head = await (reader as Reader).head()
      const bodiless = plan.response.framing === 'none'
      compare(n, 'response', plan.response, head === undefined ? undefined : await (reader as Reader).message(head, bodiless, plan.closes))
      await sent
      if (plan.closes || head === undefined) {
        socket.end()
        socket = undefined
      }
    }
    socket?.end()
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  await forwarder.drain(2000)
  await recording.settle(10_000)
  recording.close()
  await new Promise(resolve => server.close(resolve))
  expect(FINDINGS).toEqual([])
  expect(served).toBe(EXCHANGES)

  // ---- the journal says the same
  const bodies = new Map<string, { hash: ReturnType<typeof createHash>; size: number }>()
  const cases = new Map<number, number>()
  const heads = new Map<string, string>()
  const ends = new Map<string, number>()
  const reader = openReader(recording.dir)
  const take = (event: WireEvent) => {
    if (event.kind === 'request') {
      const n = Number(event.headers.find(([name]) => name === 'X-Case')?.[1])
      cases.set(n, event.exchange)
      heads.set(`${event.exchange} request`, `${event.method} ${event.target} HTTP/${event.http}\r\n${text(event.headers)}`)
    } else if (event.kind === 'response') {
      heads.set(`${event.exchange} response`, `HTTP/${event.http} ${event.status} ${event.reason}\r\n${text(event.headers)}`)
    } else if (event.kind === 'chunk') {
      const body = bodies.get(`${event.exchange} ${event.part}`) ?? { hash: createHash('sha256'), size: 0 }
      bodies.set(`${event.exchange} ${event.part}`, body)
      body.hash.update(event.bytes)
      body.size += event.size
    } else if (event.kind === 'end') {
      const key = `${event.leg} ${event.part} ${event.how} ${event.by}`
      ends.set(key, (ends.get(key) ?? 0) + 1)
    } else if (event.kind === 'gap') {
      // A disk that stalled under load loses nothing, and says that it stalled.
      expect(event).toMatchObject({ reason: 'stall', lost: 0 })
    } else expect(['recording', 'open', 'close', 'change']).toContain(event.kind)
  }
  for (let batch = reader.read(null, 5000); ; batch = reader.read(batch.next, 5000)) {
    for (const { event } of batch.events) take(event)
    if (!batch.more && batch.events.length === 0) break
  }
  reader.close()
  rmSync(folder, { recursive: true })
  expect(cases.size).toBe(EXCHANGES)
  const wrong: string[] = []
  for (let n = 0; n < EXCHANGES; n++) {
    const exchange = cases.get(n)
    const plan = planned(n)
    for (const part of ['request', 'response'] as const) {
      const message = plan[part]
      const body = bodies.get(`${exchange} ${part}`)
      if (heads.get(`${exchange} ${part}`) !== `${message.first}\r\n${text(message.fields)}`) wrong.push(`${n} ${part}: head`)
      if ((body?.size ?? 0) !== message.body.length) wrong.push(`${n} ${part}: ${body?.size} of ${message.body.length} bytes`)
      else if (body && body.hash.digest('hex') !== sha(message.body)) wrong.push(`${n} ${part}: other bytes`)
    }
  }
  expect(wrong.slice(0, 20)).toEqual([])
  expect(Object.fromEntries(ends)).toEqual({
    'client request complete client': EXCHANGES,
    'server request complete client': EXCHANGES,
    'client response complete server': EXCHANGES,
    'server response complete server': EXCHANGES,
  })
})
