import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK, crowdCells, MOST, spanCells, tickCells } from './levels.ts'
import { timeToX, type View } from './scale.ts'
import type { Track } from './stacker.ts'

const view: View = { from: 0, to: 10_000, x0: 100, x1: 1100 }
const track = (spans: readonly (readonly [number, number])[]): Track<number> => ({
  starts: spans.map(([start]) => start),
  ends: spans.map(([, end]) => end),
  items: spans.map((_, i) => i),
})
const sorted = fc.array(fc.double({ min: -2000, max: 12_000, noNaN: true }), { maxLength: 400 }).map(list => list.sort((a, b) => a - b))

describe('moments', () => {
  it('are drawn as themselves where there is room', () => {
    const cells = tickCells([1000, 2000, 3000], view)
    expect(cells).toEqual([1000, 2000, 3000].map((at, first) => ({ x0: timeToX(view, at), x1: timeToX(view, at), first, count: 1 })))
  })
  it('in one pixel column become one', () => {
    const cells = tickCells([1000, 1001, 1002], view)
    expect(cells).toHaveLength(1)
    expect(cells[0]?.count).toBe(3)
  })
  it('of more than four in twelve pixels become one block with their number', () => {
    const cells = tickCells([960, 980, 1000, 1020, 1040, 1060], view)
    expect(cells.some(cell => cell.count > MOST && cell.x1 > cell.x0)).toBe(true)
    expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(6)
  })
  it('outside the view cost nothing', () => expect(tickCells([-5000, 50_000], view)).toEqual([]))
  it('are each counted once, in order, at most one cell per column and MOST per block', () => {
    fc.assert(
      fc.property(sorted, times => {
        const cells = tickCells(times, view)
        let next = times.findIndex(at => at >= -80)
        for (const cell of cells) {
          expect(cell.first).toBe(next)
          next += cell.count
        }
        const shown = times.filter(at => at >= -80 && at <= 10_080)
        if (next >= 0) expect(next - times.findIndex(at => at >= -80)).toBeGreaterThanOrEqual(shown.length)
        const columns = cells.filter(cell => cell.x0 === cell.x1).map(cell => Math.round(cell.x0))
        const perBlock = new Map<number, number>()
        for (const cell of cells) {
          const block = Math.floor((times[cell.first] as number) / (10 * BLOCK))
          perBlock.set(block, (perBlock.get(block) ?? 0) + 1)
        }
        for (const count of perBlock.values()) expect(count).toBeLessThanOrEqual(MOST)
        // A column at the border of two blocks may be met by both.
        expect(columns.length - new Set(columns).size).toBeLessThanOrEqual(perBlock.size)
      }),
    )
  })
  it('keep their blocks while panning', () => {
    const times = Array.from({ length: 300 }, (_, i) => i * 7)
    const a = tickCells(times, view).filter(cell => cell.first > 20 && cell.first < 200)
    const b = tickCells(times, { ...view, from: 33, to: 10_033 }).filter(cell => cell.first > 20 && cell.first < 200)
    expect(b.map(cell => [cell.first, cell.count])).toEqual(a.map(cell => [cell.first, cell.count]))
  })
  it('of an epoch-sized clock at the deepest zoom still end', () => {
    const far = 4e11
    const deep = { from: far, to: far + 0.02, x0: 0, x1: 1000 }
    expect(tickCells([far + 0.01, far + 0.015], deep).length).toBeGreaterThan(0)
  })
})

describe('spans', () => {
  it('that reach into the view from before it are drawn', () => {
    expect(spanCells(track([[-500, 200]]), view, 1e9)).toEqual([{ x0: 50, x1: 120, first: 0, count: 1 }])
    expect(spanCells(track([[-500, -100]]), view, 1e9)).toEqual([])
  })
  it('that are open end at the edge', () => {
    expect(spanCells(track([[1000, Number.POSITIVE_INFINITY]]), view, 5000)).toEqual([{ x0: 200, x1: 600, first: 0, count: 1 }])
  })
  it('of less than three pixels in one column are one', () => {
    expect(
      spanCells(
        track([
          [1000, 1001],
          [1002, 1003],
        ]),
        view,
        1e9,
      ),
    ).toMatchObject([{ count: 2 }])
  })
  it('that are wide stay themselves at the end of a crowd', () => {
    const cells = spanCells(
      track([
        [960, 961],
        [970, 971],
        [980, 981],
        [990, 991],
        [1000, 1001],
        [1010, 6000],
      ]),
      view,
      1e9,
    )
    const wide = cells.find(cell => cell.first <= 5 && cell.first + cell.count > 5)
    expect(wide).toMatchObject({ first: 5, count: 1 })
    expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(6)
  })
  it('are each counted once', () => {
    fc.assert(
      fc.property(sorted, times => {
        const spans = times.map((start, i): [number, number] => [start, Math.min(start + 900, times[i + 1] ?? start + 900)])
        const cells = spanCells(track(spans), view, 1e9)
        for (let i = 1; i < cells.length; i++) {
          const before = cells[i - 1]
          expect(cells[i]?.first).toBe((before?.first ?? 0) + (before?.count ?? 0))
        }
        const inside = spans.filter(([start]) => start >= 0 && start <= 10_000).length
        expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBeGreaterThanOrEqual(inside)
      }),
    )
  })
})

describe('crowds', () => {
  it('count what is going on in each column', () => {
    const cells = crowdCells([0, 1000, 1000, 2000], [1500, 2500, 3000, 9000], view, Number.POSITIVE_INFINITY, 10)
    const at = (ms: number): number => cells.find(cell => Math.abs(cell.x - timeToX(view, ms)) < 5)?.count ?? 0
    expect([at(500), at(1200), at(2200), at(2700), at(5000), at(9500)]).toEqual([1, 3, 3, 2, 1, 0])
  })
})
