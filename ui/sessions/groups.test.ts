import { expect, test } from 'vitest'
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import { ID_SPACE } from '../../proxy/core/model.ts'
import { finding, session } from '../story.fixture.ts'
import { clientName, listEntries, sessionKind, sessionName } from './groups.ts'

const upstreams = [{ name: 'panos', url: 'http://127.0.0.1:8001/sse', listen: { address: '127.0.0.1', port: 8002 } }]
const recordings = [
  { index: 0, live: true, upstreams },
  { index: 1, live: false, imported: 'har', upstreams: [{ ...upstreams[0], name: 'inventory', url: 'http://h:9100/mcp' }] },
] as unknown as RecordingInfo[]

const list = [
  session(ID_SPACE + 1, { upstream: 'inventory', startedAt: 9e9, client: { userAgent: 'Cursor/2.9 (linux)', address: 'x' } }),
  session(1, { startedAt: 1 }),
  session(2, { startedAt: 2, replaces: 1 }),
  session(3, { startedAt: 3, client: { name: 'claude-code', version: '2.3.1', address: 'x' } }),
  session(4, { startedAt: 4, replaces: 2 }),
]
const plain = (text?: string, of = recordings) =>
  listEntries(list, of, text).map(one =>
    one.kind === 'session'
      ? `${one.session.id % ID_SPACE}${one.linked ? ' linked' : ''}`
      : one.kind === 'client'
        ? one.name
        : one.kind === 'recording'
          ? `file ${one.name}`
          : `${one.name} ${one.target} ${one.imported ?? ''}`,
  )

test('live upstreams first, clients by their newest session, chains linked', () => {
  expect(plain()).toEqual([
    'panos 127.0.0.1:8001 ',
    'Devin Desktop 1.4',
    '4 linked',
    '2 linked',
    '1',
    'Claude Code 2.3.1',
    '3',
    'inventory h:9100 har',
    'Cursor 2.9',
    '1',
  ])
})

test('of several files each has its name above its upstreams', () => {
  const files = recordings.map((one, at) => ({ ...one, file: ['monday.har', 'run-7'][at] })) as RecordingInfo[]
  expect(plain(undefined, files).filter(line => /^(file|panos|inventory)/.test(line))).toEqual([
    'file monday.har',
    'panos 127.0.0.1:8001 ',
    'file run-7',
    'inventory h:9100 har',
  ])
  expect(plain(undefined, files.slice(0, 1)).some(line => line.startsWith('file'))).toBe(false)
})

test('an upstream that came up while recording is the bundled server', () => {
  expect(listEntries([session(1, { upstream: 'demo' })], recordings)[0]).toMatchObject({ name: 'demo', target: 'the bundled server' })
})

test('the filter takes every word, in any field', () => {
  expect(plain('claude')).toEqual(['panos 127.0.0.1:8001 ', 'Claude Code 2.3.1', '3'])
  expect(plain('devin sse 7f3a').length).toBe(5)
  expect(plain('nothing')).toEqual([])
})

test('the filter knows sessions by rule and severity of what was found in them', () => {
  const findingsOf = (id: number) => (id === 3 ? [finding(1, 3, { rule: 'idle-cut', severity: 'warning' })] : [])
  const of = (text: string) =>
    listEntries(list, recordings, text, findingsOf).flatMap(one => (one.kind === 'session' ? [one.session.id % ID_SPACE] : []))
  for (const text of ['rule:idle-cut', 'idle', 'severity:warning', 'warn claude', 'rule:idle severity:warn'])
    expect(of(text), text).toEqual([3])
  for (const text of ['rule:other', 'severity:error', 'warn devin']) expect(of(text), text).toEqual([])
})

test('names', () => {
  expect(sessionName(session(1))).toBe('7f3a90c2')
  expect(sessionName(session(1, { transport: 'stateless', key: '52388' }))).toBe('stateless, 52388')
  expect(sessionName(session(1, { transport: 'other', key: 'no session' }))).toBe('no session')
  expect(clientName(session(1, { client: { address: '127.0.0.1' } }))).toBe('127.0.0.1')
  expect(sessionKind(session(1, { transport: 'streamable', protocolVersion: '2025-11-25', calls: 31 }))).toBe(
    'Streamable 2025-11-25, 31 calls',
  )
  expect(sessionKind(session(1, { transport: 'other', exchanges: 1 }))).toBe('HTTP, 1 exchange')
})
