import { describe, expect, it } from 'vitest'
import { LiveRange } from './live-range.ts'

const a = { from: 0, to: 100_000 }
const b = { from: 50_000, to: 60_000 }

describe('a range of the page', () => {
  it('is flown to in 160 ms, by ratio, and reached exactly', () => {
    const range = new LiveRange(a)
    expect(range.hear(b, 1000)).toBe(true)
    expect(range.advance(1080)).toBe(false)
    expect(range.shown.to - range.shown.from).toBeLessThan(100_000)
    expect(range.shown.to - range.shown.from).toBeGreaterThan(10_000)
    expect(range.advance(1160)).toBe(true)
    expect(range.shown.from).toBeCloseTo(50_000, 6)
    expect(range.flying).toBe(false)
  })
  it('is taken at once where nothing may move', () => {
    const range = new LiveRange(a)
    range.hear(b, undefined)
    expect(range.shown).toEqual(b)
    expect(range.flying).toBe(false)
  })
  it('that we told ourselves is no news, however late it comes back', () => {
    const range = new LiveRange(a)
    for (let i = 1; i <= 20; i++) {
      const moved = { from: i * 100, to: 100_000 + i * 100 }
      range.go(moved, undefined)
      range.tell(moved)
    }
    expect(range.hear({ from: 500, to: 100_500 }, 1)).toBe(false)
    expect(range.shown.from).toBe(2000)
    expect(range.hear({ from: 500, to: 100_500 }, 1)).toBe(false)
  })
  it('that the page really chose is news even while ours are on their way', () => {
    const range = new LiveRange(a)
    range.tell({ from: 100, to: 100_100 })
    expect(range.hear(b, undefined)).toBe(true)
  })
})

describe('following', () => {
  it('keeps the chosen span, with the edge at 80 %', () => {
    const range = new LiveRange(a)
    range.follow(500_000)
    expect(range.shown).toEqual({ from: 420_000, to: 520_000 })
    range.follow(501_000)
    expect(range.shown).toEqual({ from: 421_000, to: 521_000 })
  })
  it('of the whole keeps its start and grows', () => {
    const range = new LiveRange({ from: -100, to: 900 })
    range.follow(700, true)
    expect(range.shown).toEqual({ from: -100, to: 900 })
    range.follow(1500, true)
    expect(range.shown).toEqual({ from: -100, to: 1900 })
  })
})
