/** Bodies in the journal: whole below the cap; head, tail, length and SHA-256 beyond it, however they were cut. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryJournal } from './forward/raw-peers.ts'
import { BodyTap, TAIL_BYTES } from './tap.ts'

function record(body: Buffer, cuts: readonly number[], cap: number, expected?: number) {
  const journal = new MemoryJournal()
  const tap = new BodyTap(journal, 1, 1, 'response', cap, expected)
  const at = [0, ...new Set(cuts.map(cut => cut % (body.length + 1)))].sort((a, b) => a - b)
  for (const [i, from] of at.entries()) tap.take(body.subarray(from, at[i + 1] ?? body.length))
  journal.flush()
  return { journal, rest: tap.rest(), total: tap.total }
}

test('kept bytes, tail and hash are those of the body, however it was cut', () => {
  const body = fc
    .integer({ min: 0, max: 300_000 })
    .map(size => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255)))
  fc.assert(
    fc.property(body, fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom(0, 10, 1000, 100_000, 1_000_000), (bytes, cuts, cap) => {
      const { journal, rest, total } = record(bytes, cuts, cap)
      expect(total).toBe(bytes.length)
      expect(journal.of('chunk').reduce((sum, chunk) => sum + chunk.size, 0)).toBe(bytes.length)
      expect(journal.body('response').equals(bytes.subarray(0, cap))).toBe(true)
      if (bytes.length <= cap) expect(rest).toEqual({})
      else {
        expect(rest.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
        const beyond = bytes.subarray(cap)
        expect(Buffer.from(rest.tail as Uint8Array).equals(beyond.subarray(Math.max(0, beyond.length - TAIL_BYTES)))).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test('an announced length beyond the cap is hashed too', () => {
  expect(record(Buffer.from('abcdef'), [2], 3, 6).rest.sha256).toBe(createHash('sha256').update('abcdef').digest('hex'))
})
