/** A recording that goes on without a record. Promise: what settles by time is told while nothing crosses, on the page and by commands. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStreamable, tool, WireScript } from '../captures/wire-script.ts'
import { Follower } from './follower.ts'
import { loadRecording } from './load.ts'
import { TestData } from './wire-story.fixture.ts'

/** When its client has gone for good, and when not yet (ms after its last record). */
const LATER = 31_000
const SOON = 5_000
let data: TestData
let dir: string
let startedAt: number

/** A client dies in the middle of a call whose answer could have been resumed; nothing follows. */
beforeEach(async () => {
  data = new TestData()
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  conn.post('/mcp', tool(1), headers).stream().body('id: 1\ndata: \n\n').clientEnd('fin', 'client').serverEnd('closed', 'proxy')
  conn.close()
  const recording = data.record()
  for (const { seq: _, ...draft } of wire.events) recording.append(draft)
  recording.flush()
  dir = recording.dir
  startedAt = (await loadRecording({ kind: 'recording', dir })).recording?.startedAt ?? 0
})
afterEach(() => data.remove())

it('is judged by a command as it stands now', async () => {
  const at = async (ms: number) => {
    const { sessions, findings, isLive } = await loadRecording({ kind: 'recording', dir }, () => startedAt + ms)
    return [isLive, sessions[0]?.undelivered, findings.map(({ rule }) => rule)]
  }
  expect(await at(SOON)).toEqual([true, 0, []])
  expect(await at(LATER)).toEqual([true, 1, ['undeliverable-response']])
})

it.each([
  [SOON, 'live', 'pending', 0],
  [LATER, 'ended', 'undeliverable', 1],
])('is told on the page after %i ms', async (ms, state, delivery, findings) => {
  const wall = Date.now
  Date.now = () => startedAt + ms
  const follower = new Follower({ dir, live: true }, 0, { value: 0 }, join(data.dir, 'scratch'))
  Date.now = wall
  try {
    await follower.readAll()
    const rows = (kind: 'session' | 'call' | 'finding') => [...follower.index.rowsOf(kind)].map(({ json }) => JSON.parse(json))
    expect(rows('session')).toMatchObject([{ state }])
    expect(rows('call').at(-1)).toMatchObject({ delivery })
    expect(rows('finding')).toHaveLength(findings)
  } finally {
    follower.close()
  }
})
