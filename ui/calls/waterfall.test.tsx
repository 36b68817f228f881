import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import type { Call, Exchange } from '../../proxy/core/model.ts'
import { call, exchange } from '../story.fixture.ts'
import { Waterfall, waterfallHeading } from './waterfall.tsx'

const range = { from: 0, to: 110_000 }
const drawn = (row: Parameters<typeof Waterfall>[0]['row'], now = 110_000): string =>
  renderToStaticMarkup(<Waterfall range={range} now={now} breakAt={undefined} row={row} />)
const made = (fields: Partial<Call>): string => drawn(call(1, 1, { sentAt: 0, ...fields }))

describe('the heading', () => {
  it('names both ends, or where they are long the first and how much it is', () => {
    expect(waterfallHeading({ from: -24_000, to: 101_000 }, 0)).toBe('−24 s to +101 s')
    expect(waterfallHeading({ from: 31_637, to: 31_660 }, 10_000)).toBe('+21.637 s for 23 ms')
  })
})

describe('an exchange’s bar', () => {
  const made = (fields: Partial<Exchange>): string =>
    drawn(exchange(1, 1, { requestAt: 0, clientEnd: { at: 50_000, by: 'server', how: 'complete', bytes: 1, seq: 1 }, ...fields }))
  it('has the colour of its kind at any width, and of a failure', () => {
    expect(made({ status: 200 })).toContain('stroke="var(--m-post)"')
    expect(made({ method: 'GET', body: 'stream', status: 200 })).toContain('stroke="var(--m-stream)"')
    expect(made({ status: 404 })).toContain('stroke="var(--m-fail)"')
    expect(made({ status: 404, clientEnd: { at: 10, by: 'server', how: 'complete', bytes: 1, seq: 1 } })).toContain('fill="var(--m-fail)"')
  })
})

describe('a call’s bar', () => {
  it('is filled as a success only where the answer came in time', () => {
    const success = 'fill="var(--m-call)"'
    expect(made({ answeredAt: 50_000 })).toContain(success)
    for (const fields of [
      { delivery: 'pending' },
      { delivery: 'unknown', brokenAt: 60_000 },
      { delivery: 'unanswered', brokenAt: 60_000 },
      { delivery: 'undeliverable', brokenAt: 60_000 },
      { delivery: 'cancelled', cancelled: { at: 60_000, seq: 1 } },
      { answeredAt: 90_000, cancelled: { at: 60_000, seq: 1, reason: 'Request timed out' } },
    ] as const)
      expect(made(fields)).not.toContain(success)
  })
  it('shows the time in which nobody waited any more', () => {
    const late = '<rect x="55" y="8" width="27.5" height="8" fill="var(--m-fail-bg)"'
    expect(made({ delivery: 'undeliverable', brokenAt: 55_000, answeredAt: 82_500 })).toContain(late)
    expect(made({ answeredAt: 82_500, cancelled: { at: 55_000, seq: 1, reason: 'Request timed out' } })).toContain(late)
  })
})
