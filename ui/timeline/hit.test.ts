import { describe, expect, it } from 'vitest'
import { hitAt, selectionOf } from './hit.ts'
import type { Hit } from './shapes.ts'

const box = (id: number, x0: number, x1: number, over: Partial<Hit> = {}): Hit => ({ x0, x1, y0: 10, y1: 20, kind: 'call', id, ...over })

describe('the mark under a point', () => {
  it('is the nearest within 6 px, none beyond', () => {
    const hits = [box(1, 0, 4), box(2, 20, 24)]
    expect(hitAt(hits, 18, 15)?.id).toBe(2)
    expect(hitAt(hits, 9, 15)?.id).toBe(1)
    expect(hitAt(hits, 12, 30)).toBeNull()
  })
  it('inside beats near', () => expect(hitAt([box(1, 0, 10), box(2, 12, 14)], 9, 15)?.id).toBe(1))
  it('in front beats behind, narrow beats wide', () => {
    expect(hitAt([box(1, 0, 100), box(2, 40, 60)], 50, 15)?.id).toBe(2)
    expect(hitAt([box(1, 0, 100, { front: true }), box(2, 40, 60)], 50, 15)?.id).toBe(1)
  })
})

describe('what a block selects', () => {
  const among = { times: [10, 20, 30, 40], ids: (i: number) => 100 + i, first: 1, count: 2 }
  it('is the one nearest to the pointer in time, of those drawn as one', () => {
    expect(selectionOf(box(101, 0, 10, { kind: 'frame', among }), 29)).toEqual({ kind: 'frame', id: 102 })
    expect(selectionOf(box(101, 0, 10, { kind: 'frame', among }), 1000)).toEqual({ kind: 'frame', id: 102 })
    expect(selectionOf(box(101, 0, 10, { kind: 'frame', among }), -5)).toEqual({ kind: 'frame', id: 101 })
  })
  it('is the mark itself otherwise', () => expect(selectionOf(box(7, 0, 1), 5)).toEqual({ kind: 'call', id: 7 }))
})
