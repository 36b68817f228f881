import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WriteWatch } from './write-watch.ts'

/** Far beyond the patience of a test. */
const FOR_EVER_MS = 600_000

function folder(): { dir: string; watch: WriteWatch } {
  const dir = mkdtempSync(join(tmpdir(), 'seismograph-watch-'))
  const watch = new WriteWatch(dir)
  onTestFinished(() => {
    watch.disarm()
    rmSync(dir, { recursive: true, force: true })
  })
  return { dir, watch }
}

describe('a watch on a recording', () => {
  it('ends the waiting when a segment is written, and when the next one begins', async () => {
    const { dir, watch } = folder()
    writeFileSync(join(dir, '000001.sgj'), 'a')
    watch.arm()
    let waiting = watch.wait(FOR_EVER_MS)
    appendFileSync(join(dir, '000001.sgj'), 'b')
    await waiting
    watch.disarm()
    watch.arm()
    waiting = watch.wait(FOR_EVER_MS)
    writeFileSync(join(dir, '000002.sgj'), 'a')
    await waiting
  })

  it('lets nothing pass that was written before the waiting began', async () => {
    const { dir, watch } = folder()
    watch.arm()
    writeFileSync(join(dir, '000001.sgj'), 'a')
    await watch.wait(FOR_EVER_MS)
  })

  it('does not mind the index and the lock, which lie beside', async () => {
    const { dir, watch } = folder()
    watch.arm()
    const waiting = watch.wait(FOR_EVER_MS).then(() => 'rung')
    for (let round = 0; round < 20; round++) {
      appendFileSync(join(dir, 'index.sqlite-wal'), 'x')
      appendFileSync(join(dir, 'lock'), 'x')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    expect(await Promise.race([waiting, 'still waiting'])).toBe('still waiting')
    watch.ring()
    expect(await waiting).toBe('rung')
  })

  it('waits no longer than its limit where nothing can be watched, nor after it was disarmed', async () => {
    const watch = new WriteWatch(join(tmpdir(), 'seismograph-nowhere'))
    watch.arm()
    await watch.wait(1)
    watch.disarm()
    await watch.wait(1)
  })

  it('rings for one waiting alone', async () => {
    const { watch } = folder()
    watch.ring()
    await watch.wait(FOR_EVER_MS)
    const waiting = watch.wait(FOR_EVER_MS).then(() => 'rung')
    expect(await Promise.race([waiting, new Promise(resolve => setTimeout(resolve, 20, 'still waiting'))])).toBe('still waiting')
    watch.ring()
    await waiting
  })
})
