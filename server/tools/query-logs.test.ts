/** Logs: each entry that was there is given once, though others arrive between pages, and its line has only what it says. */
import { describe, expect, it } from 'vitest'
import { logLine } from './query-logs.ts'
import { device, ok } from './scripted-device.fixture.ts'

interface Log {
  readonly id: number
  /** Of one minute. */
  readonly second: number
}

/** Answers log queries from a list, newest first, that may grow. */
async function logging(logs: Log[]) {
  const jobs: string[] = []
  const of = (form: string, name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(form)?.[1])
  const time = (second: number): string => `2026/11/20 06:00:${String(second).padStart(2, '0')}`
  return device([
    [
      /log-type=/,
      form => {
        const until = /receive_time leq '([^']+)'/.exec(form)?.[1]
        const from = of(form, 'skip')
        const page = logs.filter(({ second }) => until === undefined || time(second) <= until).slice(from, from + of(form, 'nlogs'))
        jobs.push(page.map(({ id, second }) => `<entry logid="${id}"><receive_time>${time(second)}</receive_time></entry>`).join(''))
        return `<response status="success" code="19"><result><job>${jobs.length - 1}</job></result></response>`
      },
    ],
    [
      /type=log action=get/,
      form => ok(`<job><status>FIN</status></job><log><logs progress="100">${jobs[of(form, 'job-id')]}</logs></log>`),
    ],
  ])
}

describe('pages of logs', () => {
  it.each([
    ['in several seconds', 3],
    ['all in the present second', 100],
  ])('give every entry once, %s, however many arrive in that second', async (_, perSecond) => {
    const logs = Array.from({ length: 30 }, (__, index) => ({ id: 100 - index, second: 40 - Math.floor(index / perSecond) }))
    const there = logs.map(({ id }) => id)
    const { call } = await logging(logs)
    const seen: number[] = []
    let page = await call('query_logs', { limit: 4, detail: 'full' })
    for (let more = 1; ; more += 1) {
      seen.push(...page.items.map(({ logid }) => Number(logid)))
      if (page.nextCursor === undefined) break
      // Fewer than a page and more than one, between this page and the next.
      if (more < 5) for (let one = 0; one < more * 2; one += 1) logs.unshift({ id: 101 + logs.length, second: 40 })
      page = await call('query_logs', { cursor: page.nextCursor })
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.filter(id => there.includes(id))).toEqual(there)
  })
})

it.each([
  [
    { receive_time: 't', action: 'allow', from: 'a', src: '192.0.2.1', to: 'b', dst: '192.0.2.2', dport: '53', app: 'dns', rule: 'r' },
    't  allow  a:192.0.2.1 -> b:192.0.2.2:53  dns  rule r',
  ],
  [{ receive_time: 't', src: '2001:db8::1', dst: '192.0.2.2' }, 't  2001:db8::1 -> 192.0.2.2'],
  [{ receive_time: 't', src: '192.0.2.1', srcuser: 'corp\\alice', result: 'ok' }, 't  192.0.2.1  corp\\alice  ok'],
  [{ receive_time: 't', admin: 'alice', cmd: 'set' }, 't  alice  set'],
])('the line of %j says nothing that the log does not', (entry, line) => {
  expect(logLine(entry)).toBe(line)
})
