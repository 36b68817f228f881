import { describe, expect, it } from 'vitest'
import { Fading } from './fading.ts'

describe('what the filter hides', () => {
  const times = [1, 2, 3, 4]
  const among = (first: number, count: number) => ({ times, ids: (i: number) => 100 + i, first, count })
  it('fades, and several only where none of them passes', () => {
    const fading = new Fading((kind, id) => kind === 'frame' && id !== 102)
    expect([fading.of('frame', 101), fading.of('frame', 102), fading.of('call', 101)]).toEqual([0.25, 1, 1])
    expect([fading.ofAll('frame', among(0, 2)), fading.ofAll('frame', among(0, 4)), fading.ofAll('frame', among(3, 1))]).toEqual([
      0.25, 1, 0.25,
    ])
  })
  it('is asked of each once, also of what came later', () => {
    const asked: number[] = []
    const fading = new Fading((_, id) => asked.push(id) > 0)
    for (let frame = 0; frame < 3; frame++) fading.ofAll('frame', among(0, 4))
    for (let i = 0; i < 9; i++) times.push(5 + i)
    for (let frame = 0; frame < 3; frame++) fading.ofAll('frame', among(0, 13))
    expect(asked).toEqual(times.map((_, i) => 100 + i))
  })
  it('is nothing without a filter', () => expect(new Fading(undefined).ofAll('frame', among(0, 4))).toBe(1))
})
