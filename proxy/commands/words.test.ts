import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duration, moment, plain, plainLines, plural, table } from './words.ts'

describe('words for terminals', () => {
  it.each([
    [0, '0 ms'],
    [0.44, '0.4 ms'],
    [417.4, '417 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1420, '1.42 s'],
    [17_240, '17.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 m 00 s'],
    [93_000, '1 m 33 s'],
    [3_599_400, '59 m 59 s'],
    [7_500_000, '2 h 05 m'],
  ])('%d ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words)
  })
  it('give moments and counts', () => {
    expect([moment(60_000.4), plural(1, 'call'), plural(2, 'call')]).toEqual(['+60.000 s', '1 call', '2 calls'])
  })
  it('never hold what moves a cursor or turns the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
        expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
      }),
    )
    expect(plain('a\u001b[31mb\u0007\n\tc')).toBe('a\\u001b[31mb\\u0007 c')
  })
  it('keep their lines and indents where a message has several', () => {
    expect(plainLines('one \u009b2J\n  two\r\u202e')).toBe('one \\u009b2J\n  two\\u000d\\u202e')
  })
  it('stand in columns, numbers to the right', () => {
    const text = table(
      ['ID', 'NAME'],
      [
        ['7', 'short'],
        ['1234', 'ä€😀'],
        ['5', ''],
      ],
      new Set([0]),
    )
    expect(text).toBe('  ID  NAME\n   7  short\n1234  ä€😀\n   5\n')
  })
})
