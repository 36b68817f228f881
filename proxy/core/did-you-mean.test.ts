import { describe, expect, it } from 'vitest'
import { didYouMean, nearestWords } from './did-you-mean.ts'

const RULES = ['wrong-worker', 'wrong-endpoint', 'idle-cut', 'client-closed-early', 'client-timeout-shorter-than-tool', 'sse-buffered']

describe('the word that was meant', () => {
  it.each([
    ['wrong-workr', 'wrong-worker'],
    ['worng-worker', 'wrong-worker'],
    ['Wrong-Worker', 'wrong-worker'],
    ['idlecut', 'idle-cut'],
    ['buffered', 'sse-buffered'],
  ])('is found for %s', (word, meant) => expect(nearestWords(word, RULES)).toEqual([meant]))

  it('is one of several where one word begins them', () => {
    expect(didYouMean('client', RULES)).toBe(' Did you mean client-closed-early or client-timeout-shorter-than-tool?')
  })

  it.each(['', 'x', 'redirect', 'a'.repeat(1000)])('is not guessed for %j', word => expect(didYouMean(word, RULES)).toBe(''))

  it('counts a swap of neighbours as one edit', () => expect(nearestWords('jnuit', ['junit', 'sarif'])).toEqual(['junit']))
})
