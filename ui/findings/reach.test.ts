import { expect, test } from 'vitest'
import { ID_SPACE } from '../../proxy/core/model.ts'
import { Rows } from '../rows.ts'
import { finding, session } from '../story.fixture.ts'
import type { SessionRows } from '../view.ts'
import { sessionsInReach } from './reach.ts'

const rows = new Rows()
rows.ingest([
  session(ID_SPACE + 1, { startedAt: 0 }),
  session(1, { startedAt: 50 }),
  session(2, { startedAt: 20 }),
  session(3, { startedAt: 30 }),
  session(4, { startedAt: 40 }),
  finding(10, 1),
  finding(20, 2),
  finding(21, 2, { at: 5, severity: 'info' }),
  finding(40, 4, { gone: true }),
  finding(ID_SPACE + 10, ID_SPACE + 1),
])
const shown = [rows.ofSession(3) as SessionRows]
const found = (findings: 'shown' | 'all', cleared: readonly number[] = []) =>
  sessionsInReach({ findings }, shown, rows, new Set(cleared)).flatMap(one => [one.session.id, ...one.findings.map(each => each.id)])

test('all means every session in which something was found, oldest first, each with its findings in time order', () => {
  expect(found('all')).toEqual([2, 21, 20, 1, 10, ID_SPACE + 1, ID_SPACE + 10])
})

test('sessions out of view are not counted, and otherwise only what is shown is', () => {
  expect(found('all', [2])).toEqual([1, 10, ID_SPACE + 1, ID_SPACE + 10])
  expect(found('shown')).toEqual([3])
})
