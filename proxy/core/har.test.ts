/** Every golden capture, exported and read again, is the same traffic; foreign and wrong files are read as far as they can be, or refused with a path. */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCapture, storyOf } from '../captures/capture.ts'
import { harSchema } from '../journal/har-schema.ts'
import type { ResponseEvent, WireEvent } from './event.ts'
import { Fold } from './fold.ts'
import { eventsToHar, type HarExchange, type HarInput, hasSessionId } from './har.ts'
import { harToEvents } from './har-import.ts'
import type { HarEntry } from './har-types.ts'
import type { Exchange, Session } from './model.ts'
import { createMasker, type Masker } from './redact.ts'

const hash = (value: string) => createHash('sha256').update(value).digest('hex').slice(0, 8)
const masker = (): Masker => createMasker({ fingerprint: hash, pseudonym: id => `${hash(id)}-session` })
const folder = join(import.meta.dirname, '..', 'captures')
const captures = readdirSync(folder)
  .filter(name => name.endsWith('.md'))
  .map(name => [name, readCapture(readFileSync(join(folder, name), 'utf8')).events] as const)

interface Har {
  readonly log: {
    readonly entries: readonly HarEntry[]
    readonly _mcp: { readonly events: readonly unknown[]; readonly sessions: readonly Session[] }
  }
}
function harOf(events: readonly WireEvent[], mask?: Masker, more: Partial<HarInput> = {}): Har {
  const fold = new Fold({ recording: 0 })
  for (const event of events) fold.push(event)
  const rows = fold.takeRows()
  const sessions = rows.filter((row): row is Session => row.t === 'session')
  const numbers = [...new Set(events.flatMap(event => ('exchange' in event ? [event.exchange] : [])))].filter(number => number > 0)
  const exchanges = numbers.map((number): HarExchange => {
    const row = rows.find((found): found is Exchange => found.t === 'exchange' && found.id === number)
    const session = sessions.find(({ id }) => id === row?.session)
    return {
      events: events.filter(event => 'exchange' in event && event.exchange === number),
      ...(session ? { session: session.key, hasSessionId: hasSessionId(session) } : {}),
      calls: rows.filter(found => found.t === 'call').filter(call => call.exchanges.includes(number)),
    }
  })
  const pieces = eventsToHar({
    startedAt: events[0]?.kind === 'recording' ? events[0].startedAt : 0,
    creator: { name: 'mcp-seismograph', version: '0.1.0' },
    exchanges: () => exchanges,
    loose: () => events.filter(event => !('exchange' in event) || event.exchange === 0),
    sessions,
    findings: [],
    ...(mask ? { masker: mask } : {}),
    ...more,
  })
  return JSON.parse([...pieces].join('')) as Har
}
const plain = (events: readonly WireEvent[]) =>
  events.map(event => ('bytes' in event && event.bytes instanceof Uint8Array ? { ...event, bytes: [...event.bytes] } : event))
function eventsFrom(har: unknown): WireEvent[] {
  const events = harToEvents(har)
  if ('error' in events) throw new Error(events.error)
  return events
}
/** Stories name sessions by their ids, whole or by their beginning, and sizes change with the ids' length. */
function blurredStory(events: readonly WireEvent[]): string {
  const fold = new Fold({ recording: 0 })
  for (const event of events) fold.push(event)
  let text = storyOf(events)
  const keys = fold.takeRows().flatMap(row => (row.t === 'session' && hasSessionId(row) ? [row.key] : []))
  for (const [index, key] of keys.entries())
    text = text.replaceAll(key, `id ${index}`).replaceAll(key.slice(0, 12), `id ${index}`).replaceAll(key.slice(0, 8), `id ${index}`)
  return text.replace(/\d+ (bytes|B)\b|\d+(\.\d+)? [kM]i?B\b/g, 'some bytes')
}

describe('captures', () => {
  test.each(captures)('%s', (_, events) => {
    const har = harOf(events)
    const parsed = harSchema.safeParse(har)
    expect(parsed.error?.issues ?? []).toEqual([])
    expect(plain(eventsFrom(har))).toEqual(plain(events))

    const clean = harOf(events, masker())
    expect(harSchema.safeParse(clean).error?.issues ?? []).toEqual([])
    // A body that is no text cannot be masked, so the default export leaves it out, and what was read from it with it.
    const isText = events.every(event => event.kind !== 'chunk' || isUtf8(event.bytes))
    if (isText) expect(blurredStory(eventsFrom(clean))).toBe(blurredStory(events))
    for (const session of har.log._mcp.sessions) {
      if (hasSessionId(session) && session.key.length >= 8) expect(JSON.stringify(clean)).not.toContain(session.key.slice(0, 8))
    }
  })
})

const at = (index: number) => Math.round(index * 10_500) / 1000
/** An exchange: heads and bodies in the given cuts. */
function exchange(parts: {
  request?: readonly Uint8Array[]
  response?: readonly Uint8Array[]
  type?: string
  encoding?: string
  status?: number
  target?: string
}): WireEvent[] {
  const on = { conn: 1, exchange: 1 }
  const make: ((seq: number) => WireEvent)[] = [
    seq => ({
      seq,
      at: 0,
      kind: 'recording',
      version: 1,
      id: 'r',
      startedAt: 1_795_166_400_000,
      product: 'p',
      pid: 1,
      upstreams: [],
      options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 1, masked: true },
    }),
    seq => ({
      seq,
      at: at(seq),
      kind: 'request',
      ...on,
      upstream: 'mcp',
      method: 'POST',
      target: parts.target ?? '/x?a=1',
      http: '1.1',
      headers: [
        ['Host', 'h:1'],
        ['Cookie', 'a=b; c=d'],
      ],
    }),
    ...(parts.request ?? []).map(
      bytes =>
        (seq: number): WireEvent => ({ seq, at: at(seq), kind: 'chunk', ...on, part: 'request', size: bytes.length, bytes }),
    ),
    seq => ({
      seq,
      at: at(seq),
      kind: 'response',
      ...on,
      by: 'server',
      status: parts.status ?? 200,
      reason: 'OK',
      http: '1.1',
      headers: [
        ['Content-Type', parts.type ?? 'application/json'],
        ...(parts.encoding ? ([['Content-Encoding', parts.encoding]] as const) : []),
      ],
    }),
    ...(parts.response ?? []).map(
      bytes =>
        (seq: number): WireEvent => ({ seq, at: at(seq), kind: 'chunk', ...on, part: 'response', size: bytes.length, bytes }),
    ),
    seq => ({
      seq,
      at: at(seq),
      kind: 'end',
      ...on,
      leg: 'client',
      part: 'response',
      how: 'reset',
      by: 'client',
      bytes: 5,
      code: 'ECONNRESET',
    }),
  ]
  return make.map((event, index) => event(index + 1))
}
const encode = (text: string) => new TextEncoder().encode(text)

describe('entries', () => {
  test('Chrome’s fields: messages with epoch times, who reset, base64 only where it must be', () => {
    const har = harOf(
      exchange({
        type: 'text/event-stream',
        response: [encode('id: 1\nevent: message\ndata: {"a"'), encode(':1}\n\n: ping\n\ndata: x\ndata: y\n\n')],
      }),
    )
    const entry = har.log.entries[0]
    expect(entry?._eventSourceMessages).toEqual([
      { time: (1_795_166_400_000 + at(5)) / 1000, eventName: 'message', eventId: '1', data: '{"a":1}' },
      { time: (1_795_166_400_000 + at(5)) / 1000, eventName: 'message', eventId: '1', data: 'x\ny' },
    ])
    expect(entry?.response.content.text).toBe('id: 1\nevent: message\ndata: {"a":1}\n\n: ping\n\ndata: x\ndata: y\n\n')
    expect(entry?.response._error).toBe('reset by client (ECONNRESET)')
    expect(entry?.request.cookies).toEqual([
      { name: 'a', value: 'b' },
      { name: 'c', value: 'd' },
    ])
    expect(entry?.request.queryString).toEqual([{ name: 'a', value: '1' }])
    expect(entry?._mcp.ended.client).toMatchObject({ by: 'client', how: 'reset' })
  })

  test('informational heads are not the answer, and come back with their own fields', () => {
    const zipped = gzipSync('data: x\n\n')
    const [recording, request, final, ...rest] = exchange({ type: 'text/event-stream', encoding: 'gzip', response: [zipped] }) as [
      WireEvent,
      WireEvent,
      ResponseEvent,
      ...WireEvent[],
    ]
    const before: WireEvent[] = [
      { ...final, status: 100, reason: 'Continue', headers: [] },
      { ...final, status: 103, reason: 'Early Hints', headers: [['Link', '</a>']] },
    ]
    const events = [recording, request, ...before, final, ...rest].map((event, index) => ({ ...event, seq: index + 1 }))
    const inflate: HarInput['inflate'] = (_, bytes) => new Uint8Array(gunzipSync(bytes))
    expect(plain(eventsFrom(harOf(events)))).toEqual(plain(events))
    const har = harOf(events, masker(), { inflate })
    expect(harSchema.safeParse(har).success).toBe(true)
    const entry = har.log.entries[0]
    expect(entry?.response).toMatchObject({ status: 200, content: { mimeType: 'text/event-stream', text: 'data: x\n\n' } })
    expect(entry?._eventSourceMessages).toMatchObject([{ data: 'x' }])
    const heads = eventsFrom(har).filter(event => event.kind === 'response')
    expect(heads.map(({ status, headers }) => [status, headers])).toEqual([
      [100, []],
      [103, [['Link', '</a>']]],
      [200, [['Content-Type', 'text/event-stream']]],
    ])
    // Nothing but such a head is no answer.
    expect(harOf(events.slice(0, 4)).log.entries[0]?.response).toMatchObject({ status: 0, headers: [] })
  })

  test('an answer of ours after the head that the server sent comes back with its own fields too', () => {
    const events = exchange({ response: [encode('x')] })
    const ours = { ...events[2], seq: 6, by: 'proxy', status: 400, headers: [['Content-Length', '0']] } as ResponseEvent
    expect(plain(eventsFrom(harOf([...events, ours])))).toEqual(plain([...events, ours]))
  })

  test('any bytes in any cuts come back', () => {
    const cuts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 })
    fc.assert(
      fc.property(cuts, cuts, fc.constantFrom('application/json', 'text/event-stream', 'image/png'), (request, response, type) => {
        const events = exchange({ request, response, type })
        const har = harOf(events)
        expect(harSchema.safeParse(har).success).toBe(true)
        expect(plain(eventsFrom(har))).toEqual(plain(events))
      }),
    )
  })

  test('a secret that is cut by chunks is masked, and the cuts stay in order', () => {
    const secret = 'Canary7f3aQ91xZ2mK8wP4'
    const body = encode(`{"first":1,"password":"${secret}","last":"${'ä'.repeat(5)}"}`)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: body.length }), { maxLength: 12 }), marks => {
        const places = [0, ...marks.toSorted((a, b) => a - b), body.length]
        const response = places.slice(1).map((place, index) => body.subarray(places[index], place))
        const events = exchange({ response })
        const clean = harOf(events, masker())
        expect(JSON.stringify(clean)).not.toContain(secret)
        const wanted = `{"first":1,"password":"[REDACTED len=22 id=${hash(secret)}]","last":"äääää"}`
        expect(clean.log.entries[0]?.response.content.text).toBe(wanted)
        expect(eventsFrom(clean).filter(({ kind }) => kind === 'chunk')).toHaveLength(response.length)
      }),
      { numRuns: 200 },
    )
  })

  test('an encoded body is decoded where that can be, masked, and read again without its encoding', () => {
    const zipped = gzipSync('{"password":"Canary7f3aQ91xZ2mK8wP4","ok":true}')
    const events = exchange({ encoding: 'gzip', response: [zipped.subarray(0, 20), zipped.subarray(20)] })
    const inflate: HarInput['inflate'] = (encoding, bytes) => (encoding === 'gzip' ? new Uint8Array(gunzipSync(bytes)) : undefined)
    const har = harOf(events, masker(), { inflate })
    const entry = har.log.entries[0]
    expect(entry?.response.content.text).toMatch(/^{"password":"\[REDACTED.*","ok":true}$/)
    expect(entry?.response.headers).toContainEqual({ name: 'Content-Encoding', value: 'gzip' })
    expect(entry?._mcp.bodies).toEqual({ response: 'decoded' })
    const back = eventsFrom(har)
    expect(back.find(event => event.kind === 'response')).toMatchObject({ headers: [['Content-Type', 'application/json']] })
    expect(storyOf(back)).toContain('200')
  })

  test('a body that nobody can look into is left out of a sanitised export, with its size', () => {
    for (const parts of [
      { encoding: 'gzip', response: [gzipSync('x'.repeat(500))] },
      { type: 'image/png', response: [Uint8Array.of(0x89, 0x50, 0xff, 0xfe, 1, 2)] },
    ]) {
      const events = exchange(parts)
      const entry = harOf(events, masker()).log.entries[0]
      expect(entry?.response.content).toMatchObject({
        size: 0,
        text: '',
        comment: expect.stringContaining(`${parts.response[0]?.length} bytes`),
      })
    }
  })

  test('what is learned at the end is masked at the beginning', () => {
    const secret = 'Canary7f3aQ91xZ2mK8wP4'
    const events = exchange({ request: [encode(`note ${secret} here`)], response: [encode(`{"api_key":"${secret}"}`)] })
    expect(JSON.stringify(harOf(events, masker()))).not.toContain(secret)
  })
})

describe('foreign files', () => {
  const chrome = {
    log: {
      version: '1.2',
      creator: { name: 'WebInspector', version: '537.36' },
      pages: [],
      entries: [
        {
          _connectionId: '12',
          _resourceType: 'eventsource',
          _eventSourceMessages: [
            { time: 1795161600.5, eventName: 'endpoint', eventId: '', data: '/messages/?session_id=0123456789abcdef' },
            {
              time: 1795161602.25,
              eventName: 'message',
              eventId: '',
              data: '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2024-11-05","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}',
            },
          ],
          startedDateTime: '2026-11-20T08:00:00.000Z',
          time: 3000,
          request: {
            method: 'GET',
            url: 'http://localhost:8000/sse',
            httpVersion: 'HTTP/1.1',
            headers: [{ name: 'Accept', value: 'text/event-stream' }],
            queryString: [],
            cookies: [],
            headersSize: 1,
            bodySize: 0,
          },
          response: {
            status: 200,
            statusText: 'OK',
            httpVersion: 'HTTP/1.1',
            headers: [{ name: 'content-type', value: 'text/event-stream' }],
            cookies: [],
            content: { size: 0, mimeType: 'text/event-stream' },
            redirectURL: '',
            headersSize: 1,
            bodySize: -1,
            _error: null,
          },
          cache: {},
          timings: { blocked: 1, dns: -1, ssl: -1, connect: -1, send: 0.2, wait: 20, receive: 2979 },
        },
        {
          _connectionId: '13',
          startedDateTime: '2026-11-20T08:00:01.000Z',
          time: 12,
          request: {
            method: 'POST',
            url: 'http://localhost:8000/messages/?session_id=0123456789abcdef',
            httpVersion: 'HTTP/1.1',
            headers: [{ name: 'Content-Type', value: 'application/json' }],
            queryString: [],
            cookies: [],
            headersSize: 1,
            bodySize: 0,
            postData: {
              mimeType: 'application/json',
              text: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}',
            },
          },
          response: {
            status: 202,
            statusText: 'Accepted',
            httpVersion: 'HTTP/1.1',
            headers: [],
            cookies: [],
            content: { size: 8, mimeType: '', text: 'Accepted' },
            redirectURL: '',
            headersSize: 1,
            bodySize: 8,
          },
          cache: {},
          timings: { blocked: 0, dns: -1, ssl: -1, connect: -1, send: 1, wait: 10, receive: 1 },
        },
      ],
    },
  }
  test('a connection that was refused is told as such', () => {
    const entry = {
      ...chrome.log.entries[0],
      _eventSourceMessages: undefined,
      response: { ...chrome.log.entries[0]?.response, status: 0, statusText: '', _error: 'net::ERR_CONNECTION_REFUSED' },
    }
    const events = eventsFrom({ log: { ...chrome.log, entries: [JSON.parse(JSON.stringify(entry)) as object] } })
    expect(storyOf(events)).toMatch(/finding upstream-unreachable: error/)
  })
  test('Chrome’s messages become a session with its call, at their own times', () => {
    const events = eventsFrom(chrome)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events[0]).toMatchObject({
      kind: 'recording',
      imported: 'har',
      product: 'WebInspector 537.36',
      startedAt: Date.parse('2026-11-20T08:00:00Z'),
    })
    const chunks = events.filter(event => event.kind === 'chunk' && event.part === 'response' && event.exchange === 1)
    expect(chunks.map(chunk => chunk.at)).toEqual([500, 2250])
    const story = storyOf(events)
    expect(story).toContain('initialize')
    expect(story).toMatch(/delivered|unknown/)
  })
  test('with the stream’s text there too, its own bytes are kept', () => {
    const text = ': hi\r\n\r\nevent: endpoint\r\ndata: /messages/?session_id=0123456789abcdef\r\n\r\nevent: message\r\ndata: {}\r\n\r\n'
    const copy = structuredClone(chrome) as { log: { entries: { response: { content: { text?: string } } }[] } }
    Object.assign(copy.log.entries[0]?.response.content ?? {}, { text })
    const chunks = eventsFrom(copy)
      .filter(event => event.kind === 'chunk')
      .filter(chunk => chunk.part === 'response' && chunk.exchange === 1)
    expect(chunks.map(({ bytes }) => new TextDecoder().decode(bytes)).join('')).toBe(text)
    expect(chunks.at(-1)?.at).toBe(2250)
  })
  test('a cancelled request is the client’s doing', () => {
    const copy = structuredClone(chrome)
    Object.assign(copy.log.entries[1]?.response ?? {}, { status: 0, _error: 'net::ERR_ABORTED' })
    expect(eventsFrom(copy).filter(event => event.kind === 'end' && event.exchange === 2 && event.part === 'response')).toMatchObject([
      { by: 'client', how: 'fin' },
      { by: 'client', how: 'fin' },
    ])
  })
})

describe('wrong files', () => {
  const broken = (change: (entry: Record<string, object>) => void) => {
    const har = JSON.parse(JSON.stringify(harOf(exchange({ response: [encode('x')] })))) as { log: { entries: Record<string, object>[] } }
    change(har.log.entries[0] as Record<string, object>)
    return harToEvents(har)
  }
  test.each([
    [5, 'the file must be an object, not 5'],
    [{}, 'log is missing'],
    [{ log: [] }, 'log must be an object'],
    [{ log: {} }, 'log.entries is missing'],
    [{ log: { entries: [] } }, 'log.entries is empty'],
    [{ log: { entries: [{}] } }, 'log.entries[0].startedDateTime is missing'],
    [
      { log: { entries: [{ startedDateTime: 'soon', request: { url: 'http://x/' } }] } },
      'log.entries[0].startedDateTime must be a date, not "soon"',
    ],
    [
      { log: { entries: [{ startedDateTime: '2026-01-01T00:00:00Z', request: { url: 'x' } }] } },
      'log.entries[0].request.url must be a URL, not "x"',
    ],
    [{ log: { entries: [], _mcp: { version: 2, events: [] } } }, 'log._mcp.version is 2'],
  ])('%j', (json, says) => expect(harToEvents(json)).toEqual({ error: expect.stringContaining(says) }))
  test('within our own entries', () => {
    expect(broken(entry => Object.assign(entry, { request: { method: 5 } }))).toEqual({
      error: expect.stringContaining('log.entries[0].request.method must be a text, not 5'),
    })
    expect(broken(entry => Object.assign(entry._mcp ?? {}, { conn: 'x' }))).toEqual({
      error: 'log.entries[0]._mcp.conn must be a number, not "x"',
    })
    expect(broken(entry => Object.assign((entry._mcp as { events: object[] }).events[0] ?? {}, { at: null }))).toEqual({
      error: expect.stringMatching(/^log\.entries\[0\]\._mcp\.events\[0\]: at must be/),
    })
    expect(broken(entry => Object.assign((entry._mcp as { events: object[] }).events[2] ?? {}, { kept: 99 }))).toEqual({
      error: expect.stringContaining('goes beyond the 1 bytes'),
    })
  })
  test('a million nested lists anywhere', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(1e6)}${']'.repeat(1e6)}`)
    for (const json of [
      deep,
      { log: deep },
      { log: { entries: deep } },
      { log: { entries: [{ startedDateTime: deep, request: { url: 'http://x/' } }] } },
      { log: { entries: [], _mcp: { version: 1, events: [deep] } } },
    ]) {
      expect(harToEvents(json)).toHaveProperty('error')
    }
  })
  test('any JSON is read or refused, never thrown, and changes no prototype', () => {
    const node = fc.object({
      key: fc.constantFrom(
        'log',
        'entries',
        '_mcp',
        'version',
        'events',
        'request',
        'response',
        'startedDateTime',
        'url',
        '__proto__',
        'kind',
        'seq',
      ),
      maxDepth: 6,
      withNullPrototype: false,
    })
    fc.assert(
      fc.property(node, value => {
        const found = harToEvents(JSON.parse(JSON.stringify({ log: { entries: [value], _mcp: value } })))
        expect(Array.isArray(found) || typeof found.error === 'string').toBe(true)
        expect(({} as Record<string, unknown>).kind).toBeUndefined()
      }),
    )
  })
})
