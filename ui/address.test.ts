import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Address } from './address.ts'
import { HOME, isStep, parse, TABLE_TABS, takeToken, write } from './address.ts'
import { DETAIL_TABS } from './view.ts'

const id = fc.integer({ min: 0, max: 5_000_000_000 })
const selection = fc.record({ kind: fc.constantFrom('session', 'call', 'exchange', 'frame', 'log', 'finding' as const), id })
const range = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }))
  .map(([from, span]) => ({ from: from / 1000, to: (from + span) / 1000 }))
const px = fc.integer({ min: 0, max: 4000 })

const view: fc.Arbitrary<Address> = fc
  .record(
    {
      session: id,
      selection: fc.option(selection),
      scope: fc.constantFrom('chain', 'session' as const),
      zero: fc.constantFrom('session', 'clock' as const),
      range,
      follow: fc.boolean(),
      table: fc.constantFrom(...TABLE_TABS),
      findings: fc.constantFrom('shown', 'all' as const),
      tab: fc.constantFrom(...DETAIL_TABS),
      expanded: fc.boolean(),
      filter: fc.string({ unit: 'grapheme' }),
      invert: fc.boolean(),
      timelineHeight: px,
      detailWidth: px,
    },
    { requiredKeys: ['selection', 'scope', 'zero', 'follow', 'table', 'findings', 'tab', 'expanded', 'filter', 'invert'] },
  )
  .chain(one =>
    fc.option(selection).map(zeroAt => (zeroAt ? { ...one, zero: one.zero === 'clock' ? ('selection' as const) : one.zero, zeroAt } : one)),
  )

test('a view written and read is the same view', () => {
  fc.assert(
    fc.property(view, one => {
      expect(parse(`#${write(one)}`)).toEqual(one)
    }),
  )
})

test('the default view has an empty fragment', () => {
  expect(write(HOME)).toBe('')
  expect(parse('')).toEqual(HOME)
})

test('nonsense is ignored, piece by piece', () => {
  expect(parse('#session=-1&select=call.x&zero=selection&range=5~2&table=nope&tab=raw&detail=1e9&filter=%E0%A4%A')).toEqual({
    ...HOME,
    tab: 'raw',
    filter: parse('#filter=%E0%A4%A').filter,
  })
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parse(text)))
})

test('selecting is a step back in history, zooming and typing are not', () => {
  expect(isStep(HOME, { ...HOME, selection: { kind: 'call', id: 3 } })).toBe(true)
  expect(isStep(HOME, { ...HOME, range: { from: 0, to: 1 }, filter: 'x', detailWidth: 3 })).toBe(false)
})

test('the token is taken out and the rest of the fragment stays', () => {
  expect(takeToken('#t=abc-_1&session=4')).toEqual({ token: 'abc-_1', rest: 'session=4' })
  expect(takeToken('#session=4')).toEqual({ rest: 'session=4' })
})
