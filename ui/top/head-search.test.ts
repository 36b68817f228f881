import { expect, test } from 'vitest'
import { Rows } from '../rows.ts'
import { call, exchange, log, session } from '../story.fixture.ts'
import { headHits } from './head-search.ts'

const rows = new Rows()
rows.ingest([
  session(1, { startedAt: 0, lastAt: 100 }),
  call(10, 1, { name: 'check_health', sentAt: 5 }),
  exchange(11, 1, { requestAt: 4, requestHeaders: [['Authorization', `Bearer ${'x'.repeat(200)}needle`]] }),
  log(12, { at: 50, text: 'INFO health ok' }),
  log(13, { at: 60, upstream: 'panos', text: 'nothing' }),
])

test('heads, calls and log lines are found whatever the case, in time order, with what surrounds them', () => {
  expect(headHits(rows, 'HEALTH').map(hit => [hit.where, hit.at])).toEqual([
    ['call', 5],
    ['server log', 50],
  ])
  const [hit] = headHits(rows, 'needle')
  expect(hit?.selection).toEqual({ kind: 'exchange', id: 11 })
  expect(hit?.excerpt.startsWith('…')).toBe(true)
  expect(hit?.excerpt.length).toBeLessThan(140)
  expect(headHits(rows, 'absent')).toEqual([])
})
