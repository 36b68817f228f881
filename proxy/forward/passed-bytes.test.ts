import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** In a process of its own, where nothing else asks for memory: dead blocks as a socket's reads leave them; V8 frees them beside us. */
const PROGRAM = `
  const { passed } = await import(process.argv[1])
  passed(2 ** 30)
  const before = process.memoryUsage().arrayBuffers
  for (let block = 0; block < 60; block++) new Uint8Array(65536).fill(1)
  passed(2 ** 22)
  let left
  const end = performance.now() + 10_000
  do {
    await new Promise(resolve => setTimeout(resolve, 20))
    left = process.memoryUsage().arrayBuffers - before
  } while (left > 2 ** 20 && performance.now() < end)
  console.log(JSON.stringify({ left, isHidden: !('gc' in globalThis) }))`

test('what has passed is let go, though nobody asks for memory; nobody else is given the collector', () => {
  const file = new URL('./passed-bytes.ts', import.meta.url).href
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, file], { encoding: 'utf8' })
  const { left, isHidden } = JSON.parse(output) as { left: number; isHidden: boolean }
  expect(left).toBeLessThan(1 << 20)
  expect(isHidden).toBe(true)
})
