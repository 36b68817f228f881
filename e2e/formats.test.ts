/**
 * Exports of real traffic: an SDK client and server through the product, with secrets planted wherever one can stand.
 * Promise: the HAR is HAR 1.2 and carries what Chrome and we need; JSON lines lose nothing; none of the planted secrets is in a default
 * export, in any form; and each file opens again with the same sessions.
 */
import { randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { WireEvent } from '../proxy/core/event.ts'
import { harToEvents } from '../proxy/core/har-import.ts'
import type { HarEntry, HarLogMcp } from '../proxy/core/har-types.ts'
import { lineToEvent } from '../proxy/core/lines.ts'
import type { Session } from '../proxy/core/model.ts'
import { recordingIn } from '../proxy/inspector/page-file.ts'
import { harSchema } from '../proxy/journal/har-schema.ts'
import { openReader } from '../proxy/journal/reader.ts'
import { findSource } from '../proxy/journal/store.ts'
import { scratch, seismograph, startProduct } from './product.ts'

/** Planted secrets by place; every one is a text that stands nowhere else. */
const planted = new Map<string, string>()
let counter = 0
function plant(place: string, before = '', after = ''): string {
  counter++
  const secret = `${before}Q${counter}x7Kf${(counter * 7919).toString(36)}Zp4Wd9Rt2Vb${after}`
  planted.set(place, secret)
  return secret
}

const requestHeaders = {
  Authorization: `Bearer ${plant('Authorization')}`,
  'X-PAN-KEY': plant('X-PAN-KEY'),
  'X-Api-Key': plant('X-Api-Key'),
  'X-Auth-Token': plant('X-Auth-Token'),
  'X-My-Secret': plant('a header named secret'),
  Cookie: `theme=dark; sid=${plant('Cookie')}`,
  'X-Note': `see Bearer ${plant('Bearer in another header')}`,
}
const query = `api_key=${plant('query api_key')}&access_token=${plant('query access_token')}&page=2`
const password = plant('argument password')
const toolArguments = {
  password,
  connection: { apiKey: plant('argument apiKey'), client_secret: plant('argument client_secret') },
  body: JSON.stringify({
    refresh_token: plant('JSON in an argument'),
    inner: JSON.stringify({ token: plant('JSON in JSON in an argument') }),
  }),
  xml: `<login><password>${plant('XML in an argument')}</password></login>`,
  url: `https://admin:${plant('user info')}@fw.example/api/?type=op&key=${plant('PAN-OS key in a URL')}`,
}
const answer = [
  `<response status="success"><result><key>${plant('PAN-OS keygen')}</key></result></response>`,
  `<entry name="admin"><phash>${plant('phash')}</phash><pre-shared-key>${plant('pre-shared-key')}</pre-shared-key></entry>`,
  `{"id_token":"${plant('id_token')}","session_token":"${plant('session_token')}"}`,
  `token eyJhbGciOiJIUzI1NiJ9.${plant('JWT', 'eyJ')}.${plant('JWT signature')}`,
  plant('sk- key', 'sk-'),
  plant('GitHub token', 'ghp_'),
  `-----BEGIN PRIVATE KEY-----\n${plant('PEM')}\n-----END PRIVATE KEY-----`,
  plant('encrypted PAN-OS value', '-AQ=='),
  plant('PAN-OS key shape', 'LUFRPT'),
  plant('password hash', '$6$saltsalt$'),
  `again ${planted.get('X-PAN-KEY')} and ${planted.get('Authorization')}`,
  `in base64 ${Buffer.from(`x${password}y`).toString('base64')}, in hex ${Buffer.from(password).toString('hex')}, in a URL ${encodeURIComponent(password)}`,
].join('\n')
const form = `grant_type=authorization_code&code=${plant('form code')}&client_secret=${plant('form client_secret')}&code_verifier=${plant('form code_verifier')}`
const setCookie = `session=${plant('Set-Cookie')}; Path=/; HttpOnly`
const location = `/done?token=${plant('Location')}`
const logLine = `ERROR login failed: password=${plant('log line')} for admin`

const mcpSessions: string[] = []
const { folder, clean } = scratch()
const log = join(folder, 'server.log')
const files = {
  har: join(folder, 'clean.har'),
  jsonl: join(folder, 'clean.jsonl'),
  page: join(folder, 'clean.html'),
  fullHar: join(folder, 'full.har'),
  fullJsonl: join(folder, 'full.jsonl'),
}
let upstream: HttpServer
let recordingDir = ''

/** A server of the SDK with one tool that gives its text back slowly, as events; and a few plain routes. */
function startUpstream(): Promise<HttpServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>()
  const connect = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: id => {
        mcpSessions.push(id)
        transports.set(id, transport)
      },
    })
    const server = new McpServer({ name: 'leaky', version: '1.0.0' }, { capabilities: { logging: {} } })
    server.registerTool('leak', { inputSchema: z.looseObject({}) }, async (_, extra) => {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: `note ${planted.get('id_token')}` } })
      return { content: [{ type: 'text', text: answer }] }
    })
    await server.connect(transport)
    return transport
  }
  const server = createServer(async (incoming, response) => {
    const path = incoming.url?.split('?')[0]
    if (path === '/mcp') {
      const known = transports.get(String(incoming.headers['mcp-session-id']))
      await (known ?? (await connect())).handleRequest(incoming, response)
    } else if (path === '/login') response.writeHead(302, { 'set-cookie': setCookie, location }).end()
    else {
      for await (const _ of incoming as IncomingMessage);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
    }
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function drive(proxy: string): Promise<void> {
  for (let session = 0; session < 2; session++) {
    const client = new Client({ name: 'formats', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(`${proxy}/mcp?${query}`), { requestInit: { headers: requestHeaders } })
    await client.connect(transport)
    await client.listTools()
    const called = await client.callTool({ name: 'leak', arguments: toolArguments })
    expect(JSON.stringify(called)).toContain(planted.get('PAN-OS keygen'))
    if (session === 0) await transport.terminateSession()
    await client.close()
  }
  await fetch(`${proxy}/login`, { redirect: 'manual' })
  await (
    await fetch(`${proxy}/token`, { method: 'POST', body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  ).text()
  appendFileSync(log, `${logLine}\n`)
}

async function exportTo(output: string, ...more: string[]): Promise<void> {
  const { code, stderr } = await seismograph(['export', '--data', folder, '--output', output, ...more])
  expect(code, stderr).toBe(0)
}

beforeAll(async () => {
  writeFileSync(log, '')
  upstream = await startUpstream()
  const product = await startProduct(
    ['--target', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`, '--server-log', log],
    folder,
  )
  await drive(product.ready.proxy)
  // The log file is looked at now and then.
  while (!(await product.rows('log')).some(({ text }) => text.includes('login failed')))
    await new Promise(resolve => setTimeout(resolve, 50))
  await product.stop()
  const source = findSource(folder)
  recordingDir = source.kind === 'recording' ? source.dir : ''
  await exportTo(files.har)
  await exportTo(files.jsonl, '--format', 'jsonl')
  await exportTo(files.page)
  await exportTo(files.fullHar, '--with-secrets')
  await exportTo(files.fullJsonl, '--with-secrets')
})
afterAll(() => {
  upstream?.closeAllConnections()
  upstream?.close()
  clean()
})

interface Har {
  readonly log: { readonly entries: readonly HarEntry[]; readonly _mcp: HarLogMcp }
}
const readHar = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Har
/** What a file says: a page holds its recording packed. */
const textOf = (file: string): string => {
  const bytes = readFileSync(file)
  return file === files.page ? gunzipSync(recordingIn(bytes) ?? Buffer.alloc(0)).toString() : bytes.toString()
}
const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
function recorded(): WireEvent[] {
  const reader = openReader(recordingDir)
  const events: WireEvent[] = []
  for (let after: Parameters<typeof reader.read>[0] = null, more = true; more; ) {
    const batch = reader.read(after, 1000)
    events.push(...batch.events.map(({ event }) => event))
    after = batch.next
    more = batch.more
  }
  reader.close()
  return events
}
const plain = (event: object) =>
  'bytes' in event && event.bytes instanceof Uint8Array ? { ...event, bytes: Buffer.from(event.bytes).toString('latin1') } : event

describe('HAR', () => {
  test.each(['har', 'fullHar'] as const)('%s validates as HAR 1.2', name => {
    const har = readHar(files[name])
    expect(harSchema.safeParse(har).error?.issues ?? []).toEqual([])
    expect(har.log.entries.length).toBeGreaterThan(8)
    expect(statSync(files[name]).mode & 0o777).toBe(0o600)
  })
  test('event streams have their text, and their messages with times for Chrome', () => {
    const streams = readHar(files.har).log.entries.filter(entry => entry._eventSourceMessages?.length)
    expect(streams.length).toBeGreaterThanOrEqual(4)
    for (const { _eventSourceMessages: messages = [], response, startedDateTime } of streams) {
      expect(response.content.text).toContain('data: ')
      const since = messages.map(({ time }) => time - Date.parse(startedDateTime) / 1000)
      expect(since.every(seconds => seconds >= -0.001 && seconds < 60)).toBe(true)
      for (const { data } of messages) if (data !== '') JSON.parse(data)
    }
  })
  test('`_mcp` tells session, calls and their delivery, and who ended each leg', () => {
    const { entries, _mcp } = readHar(files.har).log
    expect(_mcp.sanitised).toBe(true)
    const calls = entries.flatMap(entry => entry._mcp.calls).filter(call => call.method === 'tools/call')
    expect(calls.map(({ delivery }) => delivery)).toContain('delivered')
    const keys = new Set(_mcp.sessions.map(({ key }) => key))
    for (const entry of entries.filter(({ _mcp: own }) => own.target.startsWith('/mcp') && own.session))
      expect(keys).toContain(entry._mcp.session)
    for (const entry of entries) expect(entry._mcp.ended.client?.by).toMatch(/client|server|proxy/)
  })
})

describe('JSON lines', () => {
  test('with secrets: every event of the recording, as it is there', () => {
    const events = linesOf(files.fullJsonl).map((line, index) => lineToEvent(line, index + 1))
    expect(events.map(plain)).toEqual(recorded().map(plain))
  })
  test('a full HAR holds the same events', () => {
    const events = harToEvents(readHar(files.fullHar))
    if ('error' in events) throw new Error(events.error)
    expect(events.map(plain)).toEqual(recorded().map(plain))
  })
  test('sanitised: the same events by number, kind and time; only touched lines say so', () => {
    const lines = linesOf(files.jsonl)
    const shape = ({ seq, at, kind }: WireEvent) => ({ seq, at, kind })
    const events = lines.map((line, index) => lineToEvent(line, index + 1)) as WireEvent[]
    expect(events.map(shape)).toEqual(recorded().map(shape))
    const full = linesOf(files.fullJsonl)
    lines.forEach((line, index) => {
      if (!line.includes('"masked":true,') && !line.endsWith('"masked":true}')) expect(line).toBe(full[index])
    })
  })
})

describe('secrets', () => {
  /** The forms in which a secret may stand in a file. */
  const formsOf = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('hex'),
    ...[0, 1, 2].map(shift => {
      const text = Buffer.from('\0'.repeat(shift) + secret).toString('base64')
      return text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + secret.length) * 8) / 6))
    }),
  ]
  test('at least 30 were planted, and all of those in bodies are in the recording', () => {
    expect(planted.size).toBeGreaterThanOrEqual(30)
    const full = readFileSync(files.fullJsonl, 'utf8')
    const inHeads = /^(Authorization|X-|a header|Cookie|Bearer|query|Set-Cookie|Location|log line)/
    const inBodies = [...planted].filter(([place]) => !inHeads.test(place))
    expect(inBodies.length).toBeGreaterThan(22)
    for (const [place, secret] of inBodies) expect(full.includes(secret), place).toBe(true)
  })
  test.each([...planted])('%s: in no default export, in no form', (_, secret) => {
    for (const file of [files.har, files.jsonl, files.page]) {
      const text = textOf(file)
      for (const form of formsOf(secret)) expect(text.includes(form), `${form} in ${file}`).toBe(false)
    }
  })
  test('what heads and URLs held is not even in the recording', () => {
    const full = readFileSync(files.fullJsonl, 'utf8')
    for (const place of ['X-Api-Key', 'Cookie', 'query api_key', 'Set-Cookie', 'Location', 'log line'])
      expect(full).not.toContain(planted.get(place))
  })
  test('session ids are replaced, the same everywhere', () => {
    expect(mcpSessions).toHaveLength(2)
    for (const file of [files.har, files.jsonl, files.page]) {
      const text = textOf(file)
      for (const id of mcpSessions) expect(text).not.toContain(id)
    }
    const sessions = readHar(files.har).log._mcp.sessions.filter(({ transport }) => transport === 'streamable')
    expect(sessions).toHaveLength(2)
    for (const { key } of sessions) expect(readFileSync(files.har, 'utf8').split(key).length).toBeGreaterThan(5)
  })
})

describe('opened again', () => {
  const sessionsOf = async (path: string): Promise<Session[]> => {
    const { code, stdout, stderr } = await seismograph(['sessions', path, '--json'])
    expect(code, stderr).toBe(0)
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Session)
  }
  const without = ({ key: _, ...session }: Session, names: readonly string[]) =>
    Object.fromEntries(Object.entries(session).filter(([name]) => !names.includes(name)))

  test.each(['fullHar', 'fullJsonl'] as const)('%s shows the same sessions', async name => {
    const wanted = await sessionsOf(recordingDir)
    expect(wanted.length).toBeGreaterThanOrEqual(2)
    expect(await sessionsOf(files[name])).toEqual(wanted)
  })
  test.each(['har', 'jsonl', 'page'] as const)('%s shows the same sessions under other ids', async name => {
    // Text that was masked may be longer or shorter in a HAR.
    const loose = ['bytes', 'ended', 'began']
    const [wanted, found] = [await sessionsOf(recordingDir), await sessionsOf(files[name])]
    expect(found.map(session => without(session, loose))).toEqual(wanted.map(session => without(session, loose)))
    expect(new Set(found.map(({ key }) => key)).size).toBe(new Set(wanted.map(({ key }) => key)).size)
  })
  test.each(Object.keys(files) as (keyof typeof files)[])('%s has the same findings', async name => {
    const findingsOf = async (path: string) => {
      const { stdout } = await seismograph(['check', path, '--format', 'json'])
      return (JSON.parse(stdout) as { findings: { rule: string; at: number; severity: string }[] }).findings.map(
        ({ rule, at, severity }) => ({ rule, at, severity }),
      )
    }
    expect(await findingsOf(files[name])).toEqual(await findingsOf(recordingDir))
  })
})
