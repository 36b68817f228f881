import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WireEvent } from '../core/event.ts'
import { eventToLine, lineToEvent } from '../core/lines.ts'
import { openReader } from '../journal/reader.ts'
import { type ExportWish, exportPieces } from './exports.ts'
import { importFile } from './import.ts'
import { Library } from './library.ts'
import { loadRecording } from './load.ts'
import { buildPage } from './page-file.fixture.ts'
import { recordingIn } from './page-file.ts'
import { Client, PRODUCT, TestData } from './wire-story.fixture.ts'

let data: TestData
const libraries: Library[] = []
beforeEach(() => {
  data = new TestData()
})
afterEach(() => {
  for (const library of libraries.splice(0)) library.close()
  data.remove()
})

async function open(dir: string): Promise<Library> {
  const library = new Library([{ dir, live: false }], {
    scratch: join(data.dir, 'scratch'),
    generation: 0,
    product: PRODUCT,
    canDemo: false,
  })
  libraries.push(library)
  for (const follower of library.followers) await follower.readAll()
  return library
}
async function text(library: Library, wish: Partial<ExportWish> = {}): Promise<string> {
  let all = ''
  for await (const piece of exportPieces(
    library,
    { format: 'jsonl', session: undefined, recording: 0, withSecrets: false, ...wish },
    join(data.dir, 'page'),
  ))
    all += piece
  return all
}
function eventsIn(dir: string): WireEvent[] {
  const reader = openReader(dir)
  const events: WireEvent[] = []
  for (let batch = reader.read(null, 1000); ; batch = reader.read(batch.next, 1000)) {
    events.push(...batch.events.map(({ event }) => event))
    if (!batch.more) break
  }
  reader.close()
  return events
}
const parse = (lines: string): WireEvent[] =>
  lines
    .trimEnd()
    .split('\n')
    .map(line => {
      const event = lineToEvent(line)
      if ('error' in event) throw new Error(event.error)
      return event
    })
const A = 'aaaabbbbccccddddeeeeffff00001111'
const B = '99998888777766665555444433332222'

describe.each(['jsonl', 'har'] as const)('%s', format => {
  it('hides a session id that a log wraps over two lines, and leaves other words alone', async () => {
    const id = '7f3a90c2b1d84e5f9a6c0d2e4b8f1a37'
    const recording = data.record()
    const log = (line: string) => recording.append({ kind: 'log', upstream: 'mcp', source: 'stderr', text: line })
    // Before the id comes up on the wire, as a server says it.
    for (const cut of [8, 13, 20, 24]) {
      log(`[05/12/25 10:00:0${cut % 10}] INFO     New session ${id.slice(0, cut)}  sse.py:131`)
      log(`                             ${id.slice(cut)}`)
    }
    log(`INFO     Received session ID: ${id.slice(0, 20)}   streamable_http.py:200`)
    log(`                             ${id.slice(20)} end`)
    log(`build-2025a, ${id.slice(0, 7)}x and x${id.slice(0, 12)} are other words`)
    new Client(recording, id, 1).connect().initialize().call(1, 'x').answer(1, 'y').leave()
    recording.close()
    const exported = await text(await open(recording.dir), { format })
    const words = exported.split('are other words')[0]?.split('build-2025a') ?? []
    expect(words[1]).toContain(`, ${id.slice(0, 7)}x and x${id.slice(0, 12)} `)
    const rest = words[0] + (exported.split('are other words')[1] ?? '')
    for (let at = 0; at + 8 <= id.length; at++) expect(rest).not.toContain(id.slice(at, at + 8))
    const [pseudonym = ''] = /(?<=session_id=)[0-9a-f]{32}/.exec(exported) ?? []
    for (const cut of [8, 13, 20, 24]) {
      expect(exported).toContain(`New session ${pseudonym.slice(0, cut)}  sse.py:131`)
      expect(exported).toContain(` ${pseudonym.slice(cut)}`)
    }
  })
})

describe('JSON lines', () => {
  it('with secrets are the journal, event by event', async () => {
    const recording = data.record()
    new Client(recording, A, 1).connect().initialize().call(1, 'x', '{"password":"hunter22"}').answer(1, 'y').leave()
    new Client(recording, B, 2).connect([['Content-Encoding', 'gzip']]).send(gzipSync('data: x\n\n'))
    recording.append({ kind: 'gap', reason: 'stall', lost: 0, lostBytes: 0, since: 1, detail: 'slow disk' })
    recording.close()
    const lines = await text(await open(recording.dir), { withSecrets: true })
    // The first line says besides what the rules found; an importer needs the events alone.
    const [first = '', ...rest] = lines.trimEnd().split('\n')
    const { _mcp, ...recorded } = JSON.parse(first) as Record<string, unknown>
    expect(_mcp).toMatchObject({ findings: [{ rule: 'invalid-json-or-utf8' }, { rule: 'sse-compressed' }] })
    expect([JSON.stringify(recorded), ...rest]).toEqual(eventsIn(recording.dir).map(event => eventToLine(event)))
    expect(parse(lines)).toEqual(
      parse(
        eventsIn(recording.dir)
          .map(event => eventToLine(event))
          .join('\n'),
      ),
    )
  })

  it('without secrets in it lose nothing but the session id', async () => {
    const recording = data.record()
    const client = new Client(recording, A, 1).connect().initialize()
    for (let id = 1; id < 30; id++) client.call(id, 'show_system_info').answer(id, `line ${id} ä€😀`).ping()
    client.leave()
    recording.close()
    const lines = await text(await open(recording.dir))
    expect(lines).not.toContain(A)
    const [pseudonym] = /(?<=session_id=)[0-9a-f]{32}/.exec(lines) ?? []
    expect(lines.replaceAll(pseudonym ?? '?', A).replaceAll(',"masked":true}\n', '}\n')).toBe(
      await text(await open(recording.dir), { withSecrets: true }),
    )
  })

  const planted = [
    'hunter22-hunter22',
    'sk-ant-REDACTME0123456789abcdefghijklmnopqrstuvwxyz',
    'ghp_0123456789abcdefghijABCDEFGHIJ012345',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    'LUFRPT14MW5xOEo1R09KVlBZNnpnemh0VHRBOWl6TGM9bXcwM3JHUGVhRlNiY0dCR0srNERUQT09',
    'correct-horse-battery-staple',
  ]
  it('hold no planted secret, wherever it was and however it was cut', async () => {
    const recording = data.record()
    const [password, apiKey, github, aws, jwt, panos, phrase] = planted
    const client = new Client(recording, A, 1)
      .connect()
      .initialize()
      // Told before it is named: only a second look finds it.
      .call(1, 'echo', JSON.stringify({ note: `remember ${phrase} please` }))
      .call(2, 'login', JSON.stringify({ user: 'admin', password, api_key: apiKey, nested: JSON.stringify({ secret: phrase }) }))
    for (const size of [1, 3, 7, 50, 1000]) {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: size,
        result: { content: [{ type: 'text', text: `token ${github} and ${aws}, ${jwt}` }] },
      })
      client.send(`event: message\r\ndata: ${body}\r\n\r\n`, size)
    }
    client.post('{"jsonrpc":"2.0","id":9,"method":"x"}', {
      status: 200,
      answer: `<response status="success"><result><key>${panos}</key></result></response>`,
      answerHeaders: [['Content-Type', 'application/xml']],
    })
    recording.append({
      kind: 'log',
      upstream: 'mcp',
      source: 'file',
      text: `connecting with password=${password} to https://admin:${phrase}@fw.example`,
    })
    client.leave()
    recording.close()
    const library = await open(recording.dir)
    const raw = await text(library, { withSecrets: true })
    for (const secret of planted.slice(0, 1)) expect(raw).toContain(secret)
    const lines = await text(library)
    for (const secret of planted) expect(lines, secret).not.toContain(secret)
    // Nor in what the pieces of the bodies amount to.
    const bodies = new Map<string, string>()
    for (const event of parse(lines)) {
      if (event.kind !== 'chunk') continue
      const key = `${event.exchange} ${event.part}`
      bodies.set(key, (bodies.get(key) ?? '') + Buffer.from(event.bytes).toString())
    }
    for (const body of bodies.values()) for (const secret of planted) expect(body).not.toContain(secret)
    // All lengths are as they were, and it folds to the same story.
    const sizes = (events: WireEvent[]) =>
      events.flatMap(event => (event.kind === 'chunk' ? [event.seq, event.size, event.bytes.length] : []))
    expect(sizes(parse(lines))).toEqual(sizes(eventsIn(recording.dir)))
    const file = join(data.dir, 'clean.jsonl')
    writeFileSync(file, lines)
    const [clean, dirty] = [await loadRecording({ kind: 'jsonl', file }), await loadRecording({ kind: 'recording', dir: recording.dir })]
    const shape = (loaded: typeof clean) => loaded.sessions.map(({ key: _, endpoint: __, ...session }) => session)
    expect(shape(clean)).toEqual(shape(dirty))
    expect(clean.findings.map(({ rule, evidence }) => [rule, evidence.map(({ seq }) => seq)])).toEqual(
      dirty.findings.map(({ rule, evidence }) => [rule, evidence.map(({ seq }) => seq)]),
    )
  })

  it('decode a compressed body with a secret, and keep one without as it is', async () => {
    const recording = data.record()
    const clean = gzipSync('event: endpoint\ndata: /messages/\n\ndata: {"jsonrpc":"2.0","id":1,"result":"nothing"}\n\n')
    const words = `data: {"password":"${planted[0]}"}\n\ndata: {"jsonrpc":"2.0","id":1,"result":"ä€😀"}\n\n`
    new Client(recording, A, 1)
      .connect([['Content-Encoding', 'gzip']])
      .send(clean, 10)
      .finish()
    new Client(recording, B, 2)
      .connect([['Content-Encoding', 'gzip']])
      .send(gzipSync(words), 10)
      .finish()
    new Client(recording, B, 3)
      .connect([['Content-Encoding', 'br']])
      .send('no brotli')
      .finish()
    recording.close()
    const events = parse(await text(await open(recording.dir)))
    const bytesOf = (exchange: number) =>
      Buffer.concat(events.flatMap(event => (event.kind === 'chunk' && event.exchange === exchange ? [event.bytes] : [])))
    expect(bytesOf(1001)).toEqual(clean)
    expect(bytesOf(2001).toString()).toBe(words.replace(planted[0] ?? '', '*'.repeat(17)))
    expect(bytesOf(3001)).toHaveLength(0)
    for (const event of events) {
      if (event.kind === 'response') expect(event.headers.some(([name]) => name === 'Content-Encoding')).toBe(event.exchange !== 2001)
      if (event.kind === 'end' && event.part === 'response' && event.exchange === 2001) expect(event.bytes).toBe(Buffer.byteLength(words))
    }
  })

  it('hold nothing of a bomb, and all that crossed beside it', async () => {
    const recording = data.record()
    const bomb = gzipSync(Buffer.alloc(100 << 20))
    new Client(recording, A, 1)
      .connect([['Content-Encoding', 'gzip']])
      .send(bomb, 1 << 16)
      .finish()
    new Client(recording, B, 2).connect().initialize().call(1, 'healthy').finish()
    recording.close()
    mkdirSync(join(data.dir, 'page'))
    buildPage(join(data.dir, 'page'))
    const library = await open(recording.dir)
    for (const format of ['jsonl', 'har', 'html'] as const) {
      const file = await text(library, { format })
      expect(file.length).toBeLessThan(1 << 20)
      if (format !== 'html') expect(file).toContain('healthy')
    }
  })

  it('in a page are the same, with what compressed bodies decode to beside them, and open again', async () => {
    const recording = data.record()
    mkdirSync(join(data.dir, 'page'))
    buildPage(join(data.dir, 'page'))
    const words = 'data: {"jsonrpc":"2.0","id":1,"result":"nothing"}\n\n'
    const client = new Client(recording, A, 1).connect().initialize()
    client.call(1, `a ${planted[1]}`).answer(1, 'x').call(2, 'b')
    client.leave()
    new Client(recording, B, 2)
      .connect([['Content-Encoding', 'gzip']])
      .send(gzipSync(words), 10)
      .finish()
    recording.close()
    const library = await open(recording.dir)
    await expect(text(library, { format: 'html', withSecrets: true })).rejects.toThrow(/passed on/)
    const html = await text(library, { format: 'html' })
    const lines = gunzipSync(recordingIn(Buffer.from(html)) ?? '').toString()
    for (const secret of planted) expect(lines, secret).not.toContain(secret)
    const beside = lines.split('\n').flatMap(line => /"decoded":"([^"]*)"/.exec(line)?.[1] ?? [])
    expect(Buffer.concat(beside.map(text => Buffer.from(text, 'base64'))).toString()).toBe(words)
    const file = join(data.dir, 'page.html')
    writeFileSync(file, html)
    const [page, journal] = [await loadRecording({ kind: 'html', file }), await loadRecording({ kind: 'recording', dir: recording.dir })]
    expect(page.findings.length).toBeGreaterThan(0)
    expect(page.findings.map(({ rule, evidence }) => [rule, evidence.map(({ seq }) => seq)])).toEqual(
      journal.findings.map(({ rule, evidence }) => [rule, evidence.map(({ seq }) => seq)]),
    )
    expect(page.sessions.map(({ calls, exchanges, state }) => [calls, exchanges, state])).toEqual(
      journal.sessions.map(({ calls, exchanges, state }) => [calls, exchanges, state]),
    )
    writeFileSync(file, html.replace(/id="recording">.{40}/, 'id="recording">'))
    await expect(loadRecording({ kind: 'html', file })).rejects.toThrow(/page\.html is damaged/)
    writeFileSync(file, '<p>Hello')
    await expect(loadRecording({ kind: 'html', file })).rejects.toThrow(/page\.html is no page/)
  })

  it('in a page have no secret in the title, whatever the server calls itself', async () => {
    const recording = data.record()
    mkdirSync(join(data.dir, 'page'))
    buildPage(join(data.dir, 'page'))
    const name = `fw ${planted[2]} ${A}`
    new Client(recording, A, 1)
      .connect()
      .post('{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}')
      .event(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"${name}","version":"1"}}}`)
      .finish()
    recording.close()
    const html = await text(await open(recording.dir), { format: 'html' })
    const title = /<title>([^<]*)</.exec(html)?.[1] ?? ''
    expect(title).toContain('fw ')
    expect(title).not.toContain(planted[2])
    expect(title).not.toContain(A)
  })

  it('of one session hold its events and nothing of others, and open as a recording', async () => {
    const recording = data.record()
    const one = new Client(recording, A, 1).connect().initialize()
    const two = new Client(recording, B, 2).connect().initialize()
    one.call(1, 'mine').answer(1, 'for one')
    two.call(1, 'yours').answer(1, 'for two')
    one.leave()
    two.finish()
    recording.close()
    const library = await open(recording.dir)
    const session = [...(library.followers[0]?.index.rowsOf('session') ?? [])].find(({ json }) => json.includes(A))
    const lines = await text(library, { session: session?.id, withSecrets: true })
    expect(lines).toContain('for one')
    expect(lines).not.toContain('for two')
    const file = join(data.dir, 'one.jsonl')
    writeFileSync(file, lines)
    const imported = await importFile({ kind: 'jsonl', file }, data.dir, PRODUCT)
    expect(
      eventsIn(imported)
        .slice(1)
        .map(event => eventToLine(event)),
    ).toEqual(lines.trimEnd().split('\n').slice(1))
    const loaded = await loadRecording({ kind: 'recording', dir: imported })
    expect(loaded.sessions.map(({ key, calls }) => [key, calls])).toEqual([[A, 2]])
    expect(loaded.recording).toMatchObject({ imported: 'jsonl', id: recording.id })
  })

  it('of a long body find secrets at the seams of windows, in bounded time', { timeout: 120_000 }, async () => {
    const recording = data.record()
    const client = new Client(recording, A, 1).connect()
    const secret = planted[1] ?? ''
    const filler = 'x'.repeat(1021)
    // Somewhere in these 10 MiB a secret lies across each seam, whatever the windows are.
    for (let at = 0; at < 9500; at++) client.send(`data: {"k":"${filler}","t":"${at % 3 === 0 ? secret : ''}"}\n\n`)
    await recording.settle(10_000)
    expect(recording.stats().lost).toBe(0)
    recording.close()
    const started = performance.now()
    const lines = await text(await open(recording.dir))
    console.info(`10 MiB sanitised in ${Math.round(performance.now() - started)} ms`)
    expect(lines).not.toContain(secret)
    expect(lines).not.toContain(secret.slice(0, 20))
    expect(lines.length).toBeGreaterThan(9_800_000)
  })
})

describe('HAR', () => {
  const story = () => {
    const recording = data.record()
    const client = new Client(recording, A, 1).connect().initialize()
    client.call(1, 'login', JSON.stringify({ password: 'hunter22-hunter22' })).answer(1, 'fine ä€😀')
    client.call(2, 'slow').leave()
    const coded = gzipSync(
      `event: endpoint\ndata: /messages/?session_id=${B}\n\nevent: message\ndata: {"jsonrpc":"2.0","id":5,"result":1}\n\n`,
    )
    new Client(recording, B, 2)
      .connect([['Content-Encoding', 'gzip']])
      .send(coded, 10)
      .call(5, 'x')
      .finish()
    recording.append({ kind: 'log', upstream: 'mcp', source: 'stderr', text: 'Traceback (most recent call last):' })
    recording.close()
    return recording.dir
  }
  const shape = async (file: string, kind: 'har' | 'jsonl') => {
    const { sessions, findings, exchanges } = await loadRecording({ kind, file })
    return {
      // A body that was masked and packed anew is complete at another of its chunks.
      sessions: sessions.map(({ key: _, endpoint: __, endpointAt: ___, bytes: ____, warnings: _____, ended, ...session }) => ({
        ...session,
        ended: { ...ended, bytes: 0 },
      })),
      // A compressed body that holds a secret leaves decoded: its compression cannot be told any more.
      findings: findings
        .filter(({ rule }) => rule !== 'sse-compressed')
        .map(({ rule, confidence, evidence }) => [rule, confidence, evidence.map(({ seq }) => seq)]),
      exchanges,
    }
  }
  it('and JSON lines open again and show the same', async () => {
    const library = await open(story())
    const shapes = []
    for (const format of ['har', 'jsonl'] as const) {
      for (const withSecrets of [true, false]) {
        const file = join(data.dir, `${format}-${withSecrets}.${format}`)
        writeFileSync(file, await text(library, { format, withSecrets }))
        shapes.push(await shape(file, format))
      }
    }
    for (const other of shapes.slice(1)) expect(other).toEqual(shapes[0])
    expect(shapes[0]?.findings.map(([rule]) => rule)).toContain('undeliverable-response')
  })
  it('holds the decoded stream as Chrome reads it, and no secret', async () => {
    const library = await open(story())
    const har = await text(library, { format: 'har' })
    expect(har).not.toContain('hunter22-hunter22')
    expect(har).not.toContain(A)
    const { log } = JSON.parse(har)
    expect(log).toMatchObject({ version: '1.2', creator: { name: 'mcp-seismograph', version: '0.1.0' } })
    const streams = log.entries.filter((entry: { _eventSourceMessages?: unknown }) => entry._eventSourceMessages)
    expect(streams).toHaveLength(2)
    expect(streams[1].response.content.text).toContain('data: {"jsonrpc":"2.0","id":5,"result":1}')
    expect(streams[1]._eventSourceMessages[1]).toMatchObject({ eventName: 'message', data: '{"jsonrpc":"2.0","id":5,"result":1}' })
    expect(log._mcp.sessions).toHaveLength(2)
  })
  it('is refused with the place of what is wrong', async () => {
    const file = join(data.dir, 'bad.har')
    const load = (content: string) => {
      writeFileSync(file, content)
      return loadRecording({ kind: 'har', file })
    }
    await expect(load('{"log":\n {"entries": [}')).rejects.toThrow(/bad\.har: line 2, column \d+: this is no JSON/)
    await expect(load('{"log":{"version":"1.2","entries":[{"request":5}]}}')).rejects.toThrow(/bad\.har: log\.entries\[0\]/)
    await expect(load('[]')).rejects.toThrow(/bad\.har: /)
    await expect(load('{"log":{"version":"1.2","entries":[]}}')).rejects.toThrow(/bad\.har: /)
  })
})

describe('an export of a recording that goes on', () => {
  it('ends where the recording was when it began', async () => {
    const recording = data.record()
    const client = new Client(recording, A, 1).connect().initialize()
    const library = new Library([{ dir: recording.dir, live: true }], {
      scratch: data.dir,
      generation: 0,
      product: PRODUCT,
      canDemo: false,
    })
    libraries.push(library)
    const follower = library.followers[0]
    await follower?.readAll()
    const last = follower?.lastSeq
    const pieces = exportPieces(library, { format: 'jsonl', session: undefined, recording: 0, withSecrets: true }, '/nowhere')
    client.call(1, 'later').answer(1, 'later')
    let all = ''
    for await (const piece of pieces) all += piece
    expect(parse(all).at(-1)?.seq).toBe(last)
    expect(readFileSync(join(recording.dir, '000001.sgj')).includes('later')).toBe(true)
    expect(all).not.toContain('later')
  })
})
