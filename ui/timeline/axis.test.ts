import { describe, expect, it } from 'vitest'
import type { Zero } from '../view.ts'
import { axisOf, clockText, lengthText, niceStep, readout, shownText } from './axis.ts'

const at60: Zero = { at: 60_000, mode: 'selection', label: 'call 6 sent' }
const clock: Zero = { at: 0, mode: 'clock', label: 'wall clock' }
/** 14:00:00 local time, wherever the test runs. */
const started = new Date(2026, 10, 20, 14, 0, 0).getTime()

describe('ticks', () => {
  it('stand on round seconds of the zero, with a true minus', () => {
    const axis = axisOf({ from: 35_500, to: 161_000, x0: 120, x1: 758 }, at60, started)
    expect(axis.unit).toBe('Seconds')
    expect(axis.ticks.map(tick => tick.text).slice(0, 4)).toEqual(['\u221220', '\u221210', '0', '+10'])
    expect(axis.ticks.find(tick => tick.strong)?.at).toBe(60_000)
  })
  it('get the digits that their step needs', () => {
    const axis = axisOf({ from: 59_998, to: 60_013, x0: 120, x1: 758 }, at60, started)
    expect(axis.ticks.map(tick => tick.text)).toEqual(['\u22120.002', '0', '+0.002', '+0.004', '+0.006', '+0.008', '+0.010', '+0.012'])
  })
  it('change the unit when seconds would no longer be read', () => {
    const wide = (ms: number) => axisOf({ from: 0, to: ms, x0: 0, x1: 600 }, { ...at60, at: 0 }, started).unit
    expect(wide(5)).toBe('Milliseconds')
    expect(wide(100_000)).toBe('Seconds')
    expect(wide(4_000_000)).toBe('Minutes')
    expect(wide(100_000_000)).toBe('Hours')
  })
  it('never stand closer than asked, at any zoom', () => {
    for (let ms = 0.05; ms < 1e11; ms *= 1.7) {
      const { ticks } = axisOf({ from: 12_345, to: 12_345 + ms, x0: 120, x1: 758 }, at60, started)
      for (let i = 1; i < ticks.length; i++) expect((ticks[i]?.x ?? 0) - (ticks[i - 1]?.x ?? 0)).toBeGreaterThan(47)
      expect(ticks.length).toBeGreaterThan(1)
    }
  })
  it('by the clock stand on round local times', () => {
    const axis = axisOf({ from: 0, to: 600_000, x0: 0, x1: 600 }, clock, started)
    expect(axis.unit).toBe('Clock')
    expect(axis.ticks.map(tick => tick.text).slice(0, 3)).toEqual(['14:00', '14:02', '14:04'])
  })
})

describe('steps', () => {
  it('are 1, 2 or 5 times a power of ten, then whole minutes and hours', () => {
    expect([0.013, 3, 7, 19, 450, 20_000].map(niceStep)).toEqual([0.02, 5, 10, 20, 500, 20_000])
    expect([20_001, 61_000, 200_000, 4_000_000].map(niceStep)).toEqual([60_000, 120_000, 300_000, 7_200_000])
    expect(niceStep(86_400_000 * 3)).toBe(86_400_000 * 5)
  })
})

describe('readout', () => {
  it('is as fine as two pixels can tell, relative and by the clock', () => {
    const words = readout({ from: 35_500, to: 161_000, x0: 120, x1: 758 }, at60, started, 96_400)
    expect(words).toEqual({ relative: '+36.4 s', clock: '14:01:36.4' })
  })
  it('speaks of milliseconds when zoomed in', () => {
    const words = readout({ from: 60_000, to: 60_010, x0: 0, x1: 1000 }, at60, started, 60_004.52)
    expect(words.relative).toBe('+4.52 ms')
    expect(words.clock).toBe('14:01:00.004')
  })
})

describe('lengths', () => {
  it('are short and exact enough', () => {
    expect([0.04, 4.1, 99.94, 620, 3012, 11_204, 60_000, 126_000].map(lengthText)).toEqual([
      '0.04 ms',
      '4.1 ms',
      '99.9 ms',
      '620 ms',
      '3.0 s',
      '11.2 s',
      '60.0 s',
      '126 s',
    ])
  })
  it('of the shown time', () => {
    expect([15, 400, 1500, 18_500, 125_500, 4_000_000, 12_000_000].map(shownText)).toEqual([
      '15.0 ms',
      '400 ms',
      '1.50 s',
      '18.5 s',
      '126 s',
      '67 min',
      '3.3 h',
    ])
  })
  it('clock text never rounds up into a moment that has not come', () => expect(clockText(started + 59_999.9, 1)).toBe('14:00:59.999'))
})
