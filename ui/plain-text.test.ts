import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainJson, plainText } from './plain-text.ts'

test('a name cannot be turned around', () => {
  expect(plainText('\u202eevil\u202c')).toBe('\u27e8U+202E\u27e9evil\u27e8U+202C\u27e9')
  expect(plainJson<{ name: string }>(JSON.stringify({ name: 'a\u2066b' }))).toEqual({ name: 'a\u27e8U+2066\u27e9b' })
})

test('right-to-left words, emoji and marks stay as they are', () => {
  for (const text of ['שלום', 'مرحبا', '\u{1f468}\u200d\u{1f469}', 'a\u200eb', '']) expect(plainText(text)).toBe(text)
})

test('whatever comes, nothing turns, and JSON stays JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.oneof(fc.string(), fc.constantFrom('\u202a', '\u202e', '\u2066', '\u2069', '"', '\\')) }), text => {
      expect(plainText(text)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
      expect(plainJson(JSON.stringify({ text }))).toEqual({ text: plainText(text) })
    }),
  )
})
