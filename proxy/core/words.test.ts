import { describe, expect, it } from 'vitest'
import { bytesText, countText, errorWords, limitText, spanText } from './words.ts'

describe('words', () => {
  it('spell sizes with thousands', () => {
    expect([0, 999, 1000, 1_344_812, 1e9].map(bytesText)).toEqual(['0 B', '999 B', '1,000 B', '1,344,812 B', '1,000,000,000 B'])
  })

  it('spell spans in the unit a person would choose, without jumps at its edges', () => {
    const spans: [number, string][] = [
      [-5, '0.0 ms'],
      [0.42, '0.4 ms'],
      [0.949, '0.9 ms'],
      [0.951, '1 ms'],
      [4.2, '4 ms'],
      [999.4, '999 ms'],
      [999.6, '1.0 s'],
      [11_204, '11.2 s'],
      [60_000, '60.0 s'],
      [119_949, '119.9 s'],
      [119_960, '2 min'],
      [125_000, '2 min 5 s'],
      [300_000, '5 min'],
      [7_199_000, '119 min 59 s'],
      [7_200_000, '2 h'],
      [7_199_700, '2 h'],
      [9_000_000, '2 h 30 min'],
      [10_799_000, '3 h'],
    ]
    for (const [span, text] of spans) expect(spanText(span), String(span)).toBe(text)
  })

  it('spell a limit as a person set it, whatever was measured', () => {
    const limits: [number, string][] = [
      [498, '500 ms'],
      [949, '950 ms'],
      [999, '1 s'],
      [1_004, '1 s'],
      [1_502, '1.5 s'],
      [37_040, '37 s'],
      [37_400, '37.4 s'],
      [59_998, '60 s'],
      [300_190, '300 s'],
      [301_000, '301 s'],
    ]
    for (const [span, text] of limits) expect(limitText(span), String(span)).toBe(text)
  })

  it('count', () => {
    expect([countText(1, 'call'), countText(0, 'call'), countText(3, 'POST')]).toEqual(['1 call', '0 calls', '3 POSTs'])
  })

  it('find what an error body says', () => {
    expect(errorWords('Could not find session')).toBe('Could not find session')
    expect(errorWords('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session \\"x\\" not found"}}')).toBe('Session "x" not found')
    expect(errorWords('{"error":{"code":-1,"message":"cut of')).toBe('cut of')
  })
})
