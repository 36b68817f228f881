/** The rows of one broken session and its successor, for tests: times as in the story's pictures, 0 s = call 6 sent. Used by tests only. */
import type { Call, End, Exchange, Finding, Frame, LogLine, Session } from '../../proxy/core/model.ts'
import type { SessionRows, TimelineData } from '../view.ts'

/** Seconds of the story to recording ms. */
export const at = (seconds: number): number => (seconds + 104) * 1000

let lastId = 0
const row = (): { id: number; rev: number } => ({ id: ++lastId, rev: lastId })

export const end = (seconds: number, by: End['by'], how: End['how'], bytes = 0): End => ({ at: at(seconds), by, how, bytes, seq: 1 })

export function exchange(session: number, seconds: number, over: Partial<Exchange> = {}): Exchange {
  const requestAt = at(seconds)
  const took = 4.8
  return {
    ...row(),
    t: 'exchange',
    session,
    conn: 1,
    upstream: 'panos',
    clientPort: 52114,
    serverPort: 40222,
    method: 'POST',
    target: '/messages/?session_id=7f3a90c2e1b84d0f9c55d6a7e2b31f08',
    path: '/messages/',
    requestHeaders: [],
    requestAt,
    requestSeq: 1,
    requestBytes: 125,
    requestEndAt: requestAt + 0.8,
    status: 202,
    reason: 'Accepted',
    responseBy: 'server',
    responseAt: requestAt + 4.2,
    firstByteAt: requestAt + 4.2,
    responseBytes: 8,
    body: 'other',
    clientEnd: { at: requestAt + took, by: 'server', how: 'complete', bytes: 8, seq: 1 },
    serverEnd: { at: requestAt + took, by: 'server', how: 'complete', bytes: 8, seq: 1 },
    calls: [],
    frames: 0,
    pings: 0,
    changes: [],
    ...over,
  }
}

export function call(
  session: number,
  number: number,
  seconds: number,
  answered: number | undefined,
  name: string,
  over: Partial<Call> = {},
): Call {
  return {
    ...row(),
    t: 'call',
    session,
    number,
    from: 'client',
    kind: 'request',
    method: 'tools/call',
    name,
    rpcId: String(number),
    exchange: 0,
    exchanges: [],
    sentAt: at(seconds),
    sentBytes: 125,
    ...(answered === undefined ? {} : { answeredAt: at(answered), answerBytes: 2100 }),
    delivery: answered === undefined ? 'pending' : 'delivered',
    ladder: [],
    seqs: [],
    ...over,
  }
}

export function frame(session: number, stream: number, index: number, seconds: number, over: Partial<Frame> = {}): Frame {
  return {
    ...row(),
    t: 'frame',
    session,
    exchange: stream,
    index,
    at: at(seconds),
    seq: 1,
    kind: 'event',
    event: 'message',
    offset: 0,
    size: 2100,
    crossed: true,
    preview: '',
    ...over,
  }
}

export function session(key: string, started: number, over: Partial<Session> = {}): Session {
  return {
    ...row(),
    t: 'session',
    upstream: 'panos',
    transport: 'sse',
    key,
    issued: true,
    protocolVersion: '2024-11-05',
    client: { name: 'devin', address: '127.0.0.1' },
    server: { name: 'mcp', version: '1.6.0' },
    startedAt: at(started),
    lastAt: at(started),
    state: 'ended',
    calls: 0,
    exchanges: 0,
    frames: 0,
    undelivered: 0,
    redirects: 0,
    bytes: 0,
    errors: 0,
    warnings: 0,
    ...over,
  }
}

function finding(owner: number, seconds: number, severity: Finding['severity'], title: string, over: Partial<Finding> = {}): Finding {
  const rule = severity === 'error' ? 'undeliverable-response' : 'redirect-path-mismatch'
  return {
    ...row(),
    t: 'finding',
    rule,
    severity,
    confidence: 'certain',
    session: owner,
    at: at(seconds),
    title,
    says: '',
    cause: '',
    fix: [],
    evidence: [],
    alternatives: [],
    ...over,
  }
}

const log = (seconds: number, over: Partial<LogLine> = {}): LogLine => ({
  ...row(),
  t: 'log',
  upstream: 'panos',
  at: at(seconds),
  seq: 1,
  source: 'file',
  level: 'info',
  lines: 1,
  text: 'INFO: 127.0.0.1:40222 - "POST /messages/ HTTP/1.1" 202 Accepted',
  ...over,
})

const byTime = (a: { requestAt: number }, b: { requestAt: number }): number => a.requestAt - b.requestAt

/** A 307 and its follow-up. */
function posted(owner: number, seconds: number): [Exchange, Exchange] {
  const second = exchange(owner, seconds + 0.0044)
  const requestAt = at(seconds)
  const first = exchange(owner, seconds, {
    path: '/messages',
    status: 307,
    requestEndAt: requestAt + 0.5,
    responseAt: requestAt + 3.6,
    firstByteAt: requestAt + 3.6,
    clientEnd: { at: requestAt + 4.1, by: 'server', how: 'complete', bytes: 0, seq: 1 },
    serverEnd: { at: requestAt + 4.1, by: 'server', how: 'complete', bytes: 0, seq: 1 },
    location: 'http://127.0.0.1:8001/messages/',
    followedBy: second.id,
  })
  return [first, { ...second, follows: first.id }]
}

const PINGS = [-7, 8, 23, 38, 53, 68]
const NAMES = ['initialize', 'tools/list', 'check_health', 'show_system_info', 'retrieve_security_zones', 'retrieve_address_objects']
const SENT = [-21.962, -18.97, -14.62, -10.18, -5.37, 0]
const ANSWERED = [-21.943, -18.956, -14.41, -9.84, -4.75, 71.204]

/** The session that broke: the client left at 60.0 s, the answer came at 71.2 s into a stream that the proxy alone held. */
export function brokenSession(): SessionRows {
  const base = session('7f3a90c2e1b84d0f9c55d6a7e2b31f08', -22.014)
  const stream = exchange(base.id, -22.014, {
    method: 'GET',
    path: '/sse',
    target: '/sse',
    status: 200,
    reason: 'OK',
    body: 'stream',
    responseAt: at(-22.01),
    clientEnd: end(60, 'client', 'fin', 13_600),
    serverEnd: end(71.243, 'proxy', 'closed', 1_358_000),
    held: { from: at(60), to: at(71.243) },
    frames: 13,
    pings: 6,
  })
  const posts = SENT.map(seconds => posted(base.id, seconds))
  const notified = posted(base.id, -21.43)
  const calls = SENT.map((seconds, i) => {
    const pair = posts[i] as [Exchange, Exchange]
    const lost = i === 5 ? { brokenAt: at(60), delivery: 'undeliverable' as const, answerBytes: 1_344_812 } : {}
    return call(base.id, i + 1, seconds, ANSWERED[i], NAMES[i] as string, {
      exchange: pair[0].id,
      exchanges: [pair[0].id, pair[1].id],
      answerExchange: stream.id,
      ...(i < 2 ? { method: NAMES[i] as string } : {}),
      ...lost,
    })
  })
  const frames = [
    frame(base.id, stream.id, 0, -22.006, { event: 'endpoint' }),
    ...ANSWERED.map((seconds, i) =>
      frame(base.id, stream.id, i + 1, seconds, {
        rpc: 'response',
        call: calls[i]?.id ?? 0,
        ...(i === 5 ? { crossed: false, size: 1_344_812 } : {}),
      }),
    ),
    ...PINGS.map((seconds, i) =>
      frame(base.id, stream.id, 20 + i, seconds, { kind: 'comment', event: '', size: 14, crossed: seconds < 60 }),
    ),
  ].sort((a, b) => a.at - b.at)
  return {
    session: {
      ...base,
      lastAt: at(71.243),
      initializedAt: at(-21.43),
      stream: stream.id,
      ended: { ...end(60, 'client', 'fin'), inFlight: 1 },
      state: 'broken',
      calls: 6,
      undelivered: 1,
    },
    exchanges: [stream, ...posts.flat(), ...notified].sort(byTime),
    calls,
    frames,
    findings: [
      finding(base.id, 60, 'error', 'The client left at 60.0 s. The answer came at 71.2 s.', {
        call: calls[5]?.id ?? 0,
        evidence: [
          { seq: 207, at: at(0.004), says: 'POST of call 6, accepted with 202' },
          { seq: 226, at: at(60), says: 'Client sent FIN, 60.000 s after the POST' },
          { seq: 241, at: at(71.204), says: 'Answer for id 5 came, 1,344,812 B' },
          { seq: 263, at: at(71.252), says: 'Server log: BrokenResourceError' },
        ],
      }),
      finding(base.id, -22.014, 'warning', '307 on each POST. The client posts to /messages.'),
    ],
    rev: ++lastId,
  }
}

/** The session that replaced it and was never initialized. */
export function successor(replaces: number): SessionRows {
  const base = session('c41e7b05aa', 63.012, { replaces })
  const stream = exchange(base.id, 63.012, {
    method: 'GET',
    path: '/sse',
    target: '/sse',
    status: 200,
    reason: 'OK',
    body: 'stream',
    responseAt: at(63.016),
  })
  const { clientEnd: _c, serverEnd: _s, ...open } = stream
  const pair = posted(base.id, 66.34)
  const refused = call(base.id, 7, 66.34, 66.349, 'retrieve_address_objects', {
    exchange: pair[0].id,
    exchanges: [pair[0].id, pair[1].id],
    answerExchange: stream.id,
    error: { code: -32602, message: 'invalid request parameters' },
  })
  return {
    session: { ...base, lastAt: at(78.012), stream: stream.id, state: 'live', calls: 1 },
    exchanges: [open, ...pair],
    calls: [refused],
    frames: [
      frame(base.id, stream.id, 0, 63.019, { event: 'endpoint' }),
      frame(base.id, stream.id, 1, 66.349, { rpc: 'error', call: refused.id }),
      frame(base.id, stream.id, 2, 78.012, { kind: 'comment', event: '', size: 14 }),
    ],
    findings: [finding(base.id, 66.34, 'error', 'No initialize. The session was used before it was set up.', { call: refused.id })],
    rev: ++lastId,
  }
}

/** An earlier session of the same client that ended cleanly. */
export function earlier(): SessionRows {
  const base = session('b81d04ff00', -98)
  const stream = exchange(base.id, -98, {
    method: 'GET',
    path: '/sse',
    target: '/sse',
    status: 200,
    reason: 'OK',
    body: 'stream',
    clientEnd: end(-34, 'client', 'fin'),
    serverEnd: end(-33.999, 'proxy', 'closed'),
  })
  const sent = [-97.9, -95, -80, -61]
  const posts = sent.map(seconds => posted(base.id, seconds))
  const calls = sent.map((seconds, i) => {
    const pair = posts[i] as [Exchange, Exchange]
    return call(base.id, i + 1, seconds, seconds + 0.3, NAMES[i] as string, {
      exchange: pair[0].id,
      exchanges: [pair[0].id, pair[1].id],
      answerExchange: stream.id,
    })
  })
  return {
    session: {
      ...base,
      lastAt: at(-33.999),
      stream: stream.id,
      initializedAt: at(-97.5),
      calls: 4,
      ended: { ...end(-34, 'client', 'fin'), inFlight: 0 },
    },
    exchanges: [stream, ...posts.flat()].sort(byTime),
    calls,
    frames: [
      frame(base.id, stream.id, 0, -97.99, { event: 'endpoint' }),
      ...calls.map((made, i) => frame(base.id, stream.id, i + 1, (sent[i] as number) + 0.3, { rpc: 'response', call: made.id })),
    ],
    findings: [],
    rev: ++lastId,
  }
}

const LOG_TIMES = [-22, -21.95, -21.42, -18.96, -14.6, -14.42, -10.17, -9.85, -5.36, -4.76, 0.01, 0.4, 20.3, 40.6, 61, 63.01, 66.345, 71.19]

export function story(): TimelineData {
  const first = earlier()
  const broken = brokenSession()
  const last = successor(broken.session.id)
  const chained = { ...broken, session: { ...broken.session, replaces: first.session.id } }
  const traceback = log(71.252, {
    level: 'error',
    lines: 23,
    exception: 'BrokenResourceError',
    text: 'ERROR: Exception in ASGI application',
  })
  return {
    sessions: [first, chained, last],
    logs: [...LOG_TIMES.map(seconds => log(seconds)), traceback],
    gaps: [],
    startedAt: Date.UTC(2026, 10, 20, 14, 2, 31, 408) - at(0),
    now: at(80.3),
    lost: false,
  }
}

/** A long, busy session: `count` events on one stream, a call for every hundred of them, pings between. Deterministic. */
export function busySession(count: number): SessionRows {
  const base = session('0badcafe', 0)
  const stream = exchange(base.id, 0, { method: 'GET', path: '/sse', target: '/sse', status: 200, body: 'stream', responseAt: at(0) })
  const { clientEnd: _c, serverEnd: _s, ...open } = stream
  const frames: Frame[] = []
  const exchanges: Exchange[] = [open]
  const calls: Call[] = []
  let seed = 7
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  let seconds = 0
  for (let i = 0; i < count; i++) {
    seconds += random() * 0.08
    if (i % 100 === 0) {
      const pair = posted(base.id, seconds)
      exchanges.push(...pair)
      const took = 0.02 + random() * 4
      const made = call(base.id, calls.length + 1, seconds, seconds + took, 'check_health', {
        exchange: pair[0].id,
        exchanges: [pair[0].id, pair[1].id],
        answerExchange: stream.id,
      })
      calls.push(made)
    }
    const fails = i % 5003 === 5002
    const kind = i % 10 === 9 && !fails ? 'comment' : 'event'
    frames.push(frame(base.id, stream.id, i, seconds, { kind, ...(fails ? { rpc: 'error' as const } : {}) }))
  }
  return {
    session: { ...base, lastAt: at(seconds), stream: stream.id, state: 'live', calls: calls.length },
    exchanges,
    calls,
    frames,
    findings: [],
    rev: ++lastId,
  }
}
