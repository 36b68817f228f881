/**
 * Session ids in exports of recordings whose findings name sessions. Promise: no default export of any form holds an id that crossed the
 * wire, nor its beginning, in whatever words of ours; and what stands for it is the same in the findings as in the traffic.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playScenario } from '../proxy/commands/play.ts'
import type { Finding, Session } from '../proxy/core/model.ts'
import { loadRecording } from '../proxy/inspector/load.ts'
import { scratch, seismograph } from './product.ts'

const { folder, clean } = scratch()
afterAll(clean)

/** Scenarios whose titles or words name a session. */
const SCENARIOS = [
  'wrong-worker',
  'session-unknown-or-expired',
  'session-managed-by-hand',
  'cors-session-header-hidden',
  'server-restarted',
]

async function exported(dir: string, form: string, args: readonly string[] = []): Promise<string> {
  const output = join(folder, `${form}-${args.length}.${form}`)
  const { code, stderr } = await seismograph(['export', '--from', dir, '--format', form, '--output', output, ...args])
  expect(code, stderr).toBe(0)
  return output
}

/** A page holds its recording packed: what it holds is read as the program reads it. */
async function unpacked(page: string): Promise<string> {
  const { code, stdout, stderr } = await seismograph(['export', '--from', page, '--format', 'jsonl', '--with-secrets'])
  expect(code, stderr).toBe(0)
  return stdout
}

describe.each(SCENARIOS)('an export of %s', id => {
  let dir = ''
  let ids: readonly string[] = []
  let findings: readonly Finding[] = []

  beforeAll(async () => {
    dir = (await playScenario(id, { dataDir: join(folder, id), signal: AbortSignal.timeout(60_000) })).dir
    const loaded = await loadRecording({ kind: 'recording', dir })
    findings = loaded.findings
    ids = loaded.sessions.filter(({ transport }: Session) => transport === 'sse' || transport === 'streamable').map(({ key }) => key)
    expect(ids.length).toBeGreaterThan(0)
    expect(findings.length).toBeGreaterThan(0)
  })

  it.each(['har', 'jsonl', 'html'])('as %s holds no id that crossed the wire, nor the beginning of one', async form => {
    const file = await exported(dir, form)
    const texts = [readFileSync(file, 'utf8'), ...(form === 'html' ? [await unpacked(file)] : [])]
    for (const text of texts)
      for (const key of ids.filter(one => one.length > 24)) {
        expect(text).not.toContain(key)
        expect(text).not.toMatch(new RegExp(`(?<![\\w-])${key.slice(0, 8)}(?![\\w])`))
      }
  })
})

it('names a session in its findings as in its traffic', async () => {
  const { dir } = await playScenario('wrong-worker', { dataDir: join(folder, 'again'), signal: AbortSignal.timeout(60_000) })
  const text = readFileSync(await exported(dir, 'jsonl'), 'utf8')
  const [head = ''] = text.split('\n')
  const { _mcp } = JSON.parse(head) as { _mcp: { findings: readonly Finding[] } }
  const named = /session ([0-9a-f]{8}): 404/.exec(_mcp.findings.find(({ rule }) => rule === 'wrong-worker')?.title ?? '')?.[1]
  expect(named).toBeDefined()
  expect(text).toMatch(new RegExp(`"mcp-session-id","${named}-`, 'i'))
})
