/** The mono face is for recorded text. Promise: it never joins letters, whatever a shorthand resets. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Words of the page's own, which ligatures cannot falsify. */
const OWN_WORDS = ['timeline/tools.module.css']

test('wherever the mono face is set as a whole, ligatures are off', () => {
  const sheets = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.css') && !OWN_WORDS.includes(file),
  )
  expect(sheets.length).toBeGreaterThan(10)
  const joined = sheets.flatMap(file =>
    [...readFileSync(`${import.meta.dirname}/${file}`, 'utf8').matchAll(/([^{}]*)\{([^{}]*)\}/g)]
      .filter(([, , body = '']) => /font:[^;]*--font-mono/.test(body) && !/font:[^;]*;\s*font-variant-ligatures: none/.test(body))
      .map(([, selector = '']) => `${file}: ${selector.trim()}`),
  )
  expect(joined).toEqual([])
})
