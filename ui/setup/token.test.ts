import { expect, test } from 'vitest'
import { tokenIn } from './token.ts'

const token = 'k5LHFMiBh6rqywD0hrPtsB4r0xN8tB58nteQ2JoL2Dw'

test('the token is found in an address, in a fragment, or alone', () => {
  expect(tokenIn(` http://127.0.0.1:8003/#t=${token}&session=4 `)).toBe(token)
  expect(tokenIn(`#t=${token}`)).toBe(token)
  expect(tokenIn(token)).toBe(token)
})

test('anything else has none', () => {
  for (const text of ['', 'http://127.0.0.1:8003/', '#session=4', 'short', 'two words that are long enough'])
    expect(tokenIn(text)).toBeUndefined()
})
