import { expect, test } from 'vitest'
import { age, clock, count, duration, edge, moment, offset, offsetExact, plural, size } from './format.ts'

test('sizes have at most three digits and never read 1000', () => {
  expect([0, 54, 999, 1000, 1204, 13_600, 99_949, 99_950, 136_000, 999_499, 999_500, 1_344_812, 14_200_000_000].map(size)).toEqual([
    '0 B',
    '54 B',
    '999 B',
    '1.0 kB',
    '1.2 kB',
    '13.6 kB',
    '99.9 kB',
    '100 kB',
    '136 kB',
    '999 kB',
    '1.0 MB',
    '1.3 MB',
    '14.2 GB',
  ])
})

test('times are in ms below a second and roll over without gaps', () => {
  expect([0, 0.4, 0.949, 0.96, 19.4, 999.4, 999.5, 9994, 9995, 71_204, 99_949, 99_950, 123_000, 3_840_000].map(duration)).toEqual([
    '0.0 ms',
    '0.4 ms',
    '0.9 ms',
    '1 ms',
    '19 ms',
    '999 ms',
    '1.00 s',
    '9.99 s',
    '10.0 s',
    '71.2 s',
    '99.9 s',
    '1 m 40 s',
    '2 m 03 s',
    '1 h 04 m',
  ])
  expect([17_000, 93_000, 64_000, 480_000, 11_520_000, 190_000_000].map(age)).toEqual([
    '17 s',
    '1 m 33 s',
    '1 m 04 s',
    '8 m',
    '3 h 12 m',
    '2 d 4 h',
  ])
})

test('offsets carry a true minus, four digits, and no sign at zero', () => {
  expect([-22_014, -5370, 0, -0.2, 9, 71_204, 99_996, 1_204_500].map(offset)).toEqual([
    '\u221222.01',
    '\u22125.370',
    '0.000',
    '0.000',
    '+0.009',
    '+71.20',
    '+100.0',
    '+1204.5',
  ])
  expect(offsetExact(60_000)).toBe('+60.000 s')
  expect(offsetExact(-0.1)).toBe('0.000 s')
  expect([edge(-24_300, 125_000), edge(101_000, 125_000), edge(1250, 300)]).toEqual(['\u221224 s', '+101 s', '+1.25 s'])
})

test('clock and moment are local time', () => {
  const at = new Date(2026, 10, 20, 14, 2, 31, 408).getTime()
  expect(clock(at)).toBe('14:02:31.408')
  expect(clock(at + 591, false)).toBe('14:02:31')
  expect(moment(at, at + 3_600_000)).toBe('14:02')
  expect(moment(new Date(2026, 10, 17, 9, 41).getTime(), at)).toBe('Tue 09:41')
  expect(moment(new Date(2026, 10, 1, 9, 41).getTime(), at)).toBe('1 Nov 09:41')
})

test('counts', () => {
  expect(count(1_204)).toBe('1,204')
  expect([plural(1, 'call'), plural(0, 'call'), plural(2, 'entry', 'entries')]).toEqual(['1 call', '0 calls', '2 entries'])
})
