/** Generators of wire events of every kind, for property tests. */
import fc from 'fast-check'
import type { EndEvent, EventKind, WireEvent } from '../core/event.ts'

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ maxLength: 30 }), fc.constant('\u0000\n"\\\ud800'))
const uint32 = fc.nat({ max: 0xffff_ffff })
const count = fc.maxSafeNat()
const time = fc.double({ min: 0, max: 1e12, noNaN: true, noDefaultInfinity: true }).map(at => Math.round(at * 1000) / 1000)
const headers = fc.array(fc.tuple(fc.constantFrom('Host', 'Set-Cookie', 'set-cookie', 'Accept', 'X-Ä'), text), { maxLength: 5 })
const endpoint = fc.record({ address: fc.constantFrom('127.0.0.1', '::1'), port: fc.nat({ max: 65535 }) })
const leg = fc.constantFrom('client', 'server')
const part = fc.constantFrom('request', 'response')
const how = fc.constantFrom('complete', 'fin', 'reset', 'timeout', 'refused', 'unresolved', 'tls', 'garbage', 'closed')
const by = fc.constantFrom('client', 'server', 'proxy')
const stamp = { seq: fc.integer({ min: 1, max: 2 ** 48 - 1 }), at: time }
const onExchange = { ...stamp, conn: uint32, exchange: uint32 }
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const options = fc.record({
  hostHeader: fc.constantFrom('preserve', 'upstream'),
  forwarded: fc.boolean(),
  linger: fc.nat(),
  bodyCap: fc.nat(),
  masked: fc.boolean(),
})
const upstream = fc.record({ name: text, url: text, listen: endpoint })
const tls = fc.record({ protocol: text, cipher: text, verified: fc.boolean() })
const what = fc.constantFrom(
  'host',
  'forwarded',
  'accept-encoding',
  'endpoint',
  'location',
  'resource-metadata',
  'linger-begin',
  'linger-end',
  'rejected',
  'drain',
)
const reason = fc.constantFrom('disk-full', 'read-only', 'io-error', 'deleted', 'stall', 'torn-tail', 'corrupt')
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  text.map(value => new TextEncoder().encode(value)),
)

const shortEnd = { ...onExchange, kind: fc.constant('end'), leg, part, how, by, bytes: count }

/** One generator for each kind; the compiler sees to it that none is missing. */
const KINDS: Readonly<Record<EventKind, fc.Arbitrary<object>>> = {
  recording: fc.record({
    ...stamp,
    kind: fc.constant('recording'),
    version: fc.constant(1),
    id: text,
    startedAt: time,
    product: text,
    pid: count,
    upstreams: fc.array(upstream, { maxLength: 3 }),
    options,
    imported: some(text),
  }),
  open: fc.record({
    ...stamp,
    kind: fc.constant('open'),
    conn: uint32,
    leg,
    upstream: text,
    local: endpoint,
    remote: endpoint,
    took: some(time),
    tls: some(tls),
  }),
  request: fc.record({ ...onExchange, kind: fc.constant('request'), upstream: text, method: text, target: text, http: text, headers }),
  response: fc.record({
    ...onExchange,
    kind: fc.constant('response'),
    by: fc.constantFrom('server', 'proxy'),
    status: fc.nat({ max: 999 }),
    reason: text,
    http: text,
    headers,
  }),
  chunk: fc.record({ ...onExchange, kind: fc.constant('chunk'), part, size: uint32, bytes }),
  end: fc.record({
    ...shortEnd,
    code: some(text),
    detail: some(text),
    trailers: some(headers),
    tail: some(bytes),
    sha256: some(text),
  }),
  close: fc.record({
    ...stamp,
    kind: fc.constant('close'),
    conn: uint32,
    leg,
    how,
    by,
    code: some(text),
    detail: some(text),
    received: count,
    sent: count,
  }),
  log: fc.record({
    ...stamp,
    kind: fc.constant('log'),
    upstream: text,
    source: fc.constantFrom('file', 'stdout', 'stderr', 'process'),
    text,
  }),
  change: fc.record({ ...onExchange, kind: fc.constant('change'), what, original: text, replacement: text }),
  gap: fc.record({ ...stamp, kind: fc.constant('gap'), reason, lost: count, lostBytes: count, since: time, detail: text }),
}

/** Drops what is undefined, also within: an absent field and an undefined one are the same. */
function compact(event: object): WireEvent {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as unknown as WireEvent
}

export const anyEvent: fc.Arbitrary<WireEvent> = fc.oneof(...Object.values(KINDS)).map(compact)
/** Ends that say nothing but where, how and after how many bytes. */
export const anyShortEnd = fc.record(shortEnd) as fc.Arbitrary<EndEvent>
