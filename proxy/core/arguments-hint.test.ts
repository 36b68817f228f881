import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { argumentsHint } from './arguments-hint.ts'
import { createMasker } from './redact.ts'

const masker = createMasker({ fingerprint: () => '7f3a91c2' })
const hint = (args: unknown) => argumentsHint(args, text => masker.text(text))

describe('the hint of a call’s arguments', () => {
  it('is one line of names and values', () => {
    expect(hint({ log_type: 'traffic', source: '10.1.1.5' })).toBe('log_type=traffic, source=10.1.1.5')
    expect(hint({ limit: 5, tags: ['a', 'b'], dry_run: false, text: 'two\n lines' })).toBe(
      'limit=5, tags=["a","b"], dry_run=false, text=two lines',
    )
  })

  it('is absent where there is nothing to say', () => {
    for (const args of [undefined, null, {}, [], ['a'], 'text', 5]) expect(hint(args)).toBeUndefined()
  })

  it('masks secrets by name, by shape, and as pairs of name and value', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'
    for (const args of [
      { password: 'hunter2-hunter2' },
      { user: 'a', nested: { api_key: 'hunter2-hunter2' } },
      { body: '{"password":"hunter2-hunter2"}' },
      { header: `Bearer ${jwt}` },
      { token: jwt },
      { name: 'password', value: 'hunter2-hunter2' },
    ]) {
      expect(hint(args)).toContain('[REDACTED')
      expect(hint(args)).not.toMatch(/hunter2|dozjgNry/)
    }
  })

  it('masks before it cuts, and leaves out what is too long to be masked whole', () => {
    const long = hint({ note: 'x'.repeat(90), password: `p${'q'.repeat(200)}` })
    expect(long).toHaveLength(120)
    expect(long).toContain('password=[REDACTED')
    expect(hint({ key: `-----BEGIN PRIVATE KEY-----${'A'.repeat(5000)}`, user: 'a' })).toBe('key=…, user=a')
  })

  it('is bounded by 120 characters and never fails', () => {
    fc.assert(
      fc.property(fc.jsonValue(), args => {
        expect((hint(args) ?? '').length).toBeLessThanOrEqual(120)
      }),
    )
    const nested = JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) as unknown
    expect(hint(nested)).toBe('a=[[["…"]]]')
    expect(hint({ text: `${'x'.repeat(113)}😀😀` })?.isWellFormed()).toBe(true)
  })
})
