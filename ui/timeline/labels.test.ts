import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitTail, fitText, overlaps, placeLabels } from './labels.ts'
import { type LabelWish, PRIORITY } from './shapes.ts'

const measure = (text: string): number => text.length * 6
const bounds = { x0: 0, y0: 0, x1: 600, y1: 200 }
const wish = (text: string, x: number, y: number, priority: number, align: 'start' | 'end' = 'start'): LabelWish => ({
  parts: [{ text, ink: 'tx1' }],
  spots: [{ x, y, align }],
  priority,
})
const texts = (wishes: LabelWish[], taken: Parameters<typeof placeLabels>[3] = []): string[] =>
  placeLabels(wishes, measure, bounds, taken).map(label => label.parts.map(part => part.text).join(''))

describe('collisions', () => {
  it('drop the label of lower priority, whatever came first', () => {
    expect(texts([wish('seven', 10, 50, PRIORITY.number), wish('client left', 20, 50, PRIORITY.break)])).toEqual(['client left'])
  })
  it('take the second spot when the first is not free', () => {
    const two: LabelWish = {
      ...wish('label', 100, 50, 1),
      spots: [
        { x: 100, y: 50, align: 'start' },
        { x: 95, y: 50, align: 'end' },
      ],
    }
    const [placed] = placeLabels([two], measure, bounds, [{ x0: 110, y0: 30, x1: 200, y1: 60 }])
    expect(placed?.x).toBe(95 - 30)
  })
  it('respect what is taken and the bounds', () => {
    expect(texts([wish('a', 100, 50, 1)], [{ x0: 90, y0: 40, x1: 120, y1: 60 }])).toEqual([])
    expect(texts([wish('beyond', 590, 50, 1), wish('above', 10, 3, 1)])).toEqual([])
  })
  it('never leave two labels that touch', () => {
    const one = fc.record({
      x: fc.integer({ min: 0, max: 600 }),
      y: fc.integer({ min: 12, max: 190 }),
      n: fc.integer({ min: 1, max: 20 }),
      p: fc.integer({ min: 0, max: 7 }),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), list => {
        const placed = placeLabels(
          list.map(({ x, y, n, p }) => wish('x'.repeat(n), x, y, p)),
          measure,
          bounds,
          [],
        )
        const boxes = placed.map(label => ({ x0: label.x, x1: label.x + label.width, y0: label.y - 8, y1: label.y + 3 }))
        for (const [i, box] of boxes.entries()) for (const other of boxes.slice(i + 1)) expect(overlaps(box, other)).toBe(false)
      }),
    )
  })
})

describe('cutting', () => {
  it('keeps the beginning of a name and the end of a path', () => {
    expect(fitText('retrieve_address_objects', 72, measure)).toBe('retrieve_ad\u2026')
    expect(fitTail('POST /v1/tenant/messages/', 72, measure)).toBe('\u2026t/messages/')
  })
  it('gives nothing rather than a stump', () => expect(fitText('retrieve', 12, measure)).toBe(''))
  it('cuts the part that no longer fits and drops the rest', () => {
    const parts = [
      { text: '6', ink: 'tx1' as const },
      { text: ' retrieve_address', ink: 'tx1' as const },
      { text: ' tool error', ink: 'tx2' as const },
    ]
    const [placed] = placeLabels([{ parts, spots: [{ x: 10, y: 50, align: 'start' }], priority: 1, maxWidth: 60 }], measure, bounds, [])
    expect(placed?.parts.map(part => part.text)).toEqual(['6', ' retriev\u2026'])
    expect(placed?.width).toBeLessThanOrEqual(60)
  })
})

describe('a shorter form', () => {
  it('is tried when the long one finds no room', () => {
    const long: LabelWish = { ...wish('12 never answered', 100, 50, PRIORITY.break), otherwise: wish('12', 95, 30, PRIORITY.number) }
    expect(texts([long], [{ x0: 110, y0: 40, x1: 130, y1: 60 }])).toEqual(['12'])
    expect(texts([long])).toEqual(['12 never answered'])
  })
})
