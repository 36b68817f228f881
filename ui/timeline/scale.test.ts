import { describe, expect, it } from 'vitest'
import {
  between,
  clampX,
  fitRange,
  followedBy,
  followRange,
  MAX_SPAN,
  MIN_SPAN,
  msPerPx,
  panRange,
  span,
  timeToX,
  xToTime,
  zoomRange,
} from './scale.ts'

const view = { from: 1000, to: 11_000, x0: 120, x1: 1120 }

describe('time and pixels', () => {
  it('maps the edges of the range to the edges of the plot, and back', () => {
    expect(timeToX(view, 1000)).toBe(120)
    expect(timeToX(view, 11_000)).toBe(1120)
    expect(xToTime(view, timeToX(view, 4321))).toBeCloseTo(4321, 6)
    expect(msPerPx(view)).toBe(10)
  })
  it('holds what lies outside at the edge', () => {
    expect(clampX(view, -5)).toBe(120)
    expect(clampX(view, 99_999)).toBe(1120)
  })
})

describe('zoom', () => {
  it('keeps the pivot at its place', () => {
    const zoomed = zoomRange(view, 0.5, 3500)
    expect(span(zoomed)).toBe(5000)
    expect((3500 - zoomed.from) / span(zoomed)).toBeCloseTo((3500 - view.from) / span(view), 9)
  })
  it('stops at the narrowest and at the widest span', () => {
    expect(span(zoomRange({ from: 0, to: 1 }, 1e-9, 0.5))).toBeCloseTo(MIN_SPAN, 9)
    expect(span(zoomRange({ from: 0, to: 1e9 }, 1e9, 5))).toBeCloseTo(MAX_SPAN, 0)
  })
})

describe('pan, fit and follow', () => {
  it('moves both ends', () => expect(panRange({ from: 1, to: 2 }, 10)).toEqual({ from: 11, to: 12 }))
  it('leaves air around a fitted span, and shows a moment as a span', () => {
    const fitted = fitRange(100, 200, 0.1)
    expect(fitted.from).toBeCloseTo(90)
    expect(fitted.to).toBeCloseTo(210)
    expect(span(fitRange(5, 5))).toBeGreaterThanOrEqual(MIN_SPAN)
  })
  it('keeps the live edge at 80 % and the span as it was', () => {
    const followed = followRange({ from: 0, to: 50_000 }, 80_000)
    expect(span(followed)).toBeCloseTo(50_000)
    expect((80_000 - followed.from) / 50_000).toBeCloseTo(0.8)
  })
})

describe('a range chosen while the edge is followed', () => {
  const shown = { from: 0, to: 100 }
  it('ends it by a pan, wherever the edge is then', () => expect(followedBy({ from: 10, to: 110 }, shown, 80)).toBeUndefined())
  it('ends it by a zoom that leaves the edge out', () => expect(followedBy({ from: 0, to: 50 }, shown, 80)).toBeUndefined())
  it('goes on by any other zoom, with its start and the edge at 80 %', () => {
    expect(followedBy({ from: 40, to: 90 }, shown, 80)).toEqual({ from: 40, to: 90 })
    expect(followedBy({ from: 40, to: 81 }, shown, 80)).toEqual({ from: 40, to: 90 })
    expect(followedBy({ from: -80, to: 300 }, shown, 80)).toEqual({ from: -80, to: 120 })
  })
  it('is all there is to say where nothing lives', () => expect(followedBy({ from: 40, to: 90 }, shown, undefined)).toBeUndefined())
})

describe('between', () => {
  const a = { from: 0, to: 100_000 }
  const b = { from: 40_000, to: 40_100 }
  it('begins and ends exactly', () => {
    expect(between(a, b, 0).from).toBeCloseTo(0, 6)
    expect(between(a, b, 1).to).toBeCloseTo(40_100, 6)
  })
  it('narrows by ratio', () => expect(span(between(a, b, 0.5))).toBeCloseTo(Math.sqrt(100_000 * 100), 3))
  it('pans evenly between equal spans', () => expect(between({ from: 0, to: 10 }, { from: 100, to: 110 }, 0.25).from).toBeCloseTo(25))
})
