import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LineCutter, LogFollower } from './server-log.ts'

const cut = (pieces: Uint8Array[]): string[] => {
  const lines: string[] = []
  const cutter = new LineCutter(line => lines.push(line))
  for (const piece of pieces) cutter.push(piece)
  cutter.end()
  return lines
}

describe('LineCutter', () => {
  it('cuts alike whole, byte by byte and at random places', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(40)), (parts, sizes) => {
        const bytes = Buffer.from(parts.join('\r\n'))
        const whole = cut([bytes])
        expect(cut([...bytes].map(byte => Uint8Array.of(byte)))).toEqual(whole)
        const random: Uint8Array[] = []
        let at = 0
        for (const size of sizes) {
          random.push(bytes.subarray(at, at + size))
          at += size
        }
        random.push(bytes.subarray(at))
        expect(cut(random)).toEqual(whole)
      }),
    )
  })

  it('cuts a line without end and says how much is missing', () => {
    const lines = cut([Buffer.from(`${'x'.repeat(70_000)}\nnext\n`)])
    expect(lines[0]).toMatch(/^x{65536} … 4464 characters cut$/)
    expect(lines[1]).toBe('next')
  })
})

describe('LogFollower', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seismograph-log-'))
  const path = join(folder, 'server.log')
  const rotated = join(folder, 'server.log.1')
  afterEach(() => {
    rmSync(path, { force: true })
    rmSync(rotated, { force: true })
  })
  const until = (lines: string[], last: string) => vi.waitFor(() => expect(lines.at(-1)).toBe(last), { timeout: 20_000 })

  it('begins at the end, follows rotation, truncation and a file that comes late', async () => {
    writeFileSync(path, 'old\n')
    const lines: string[] = []
    const follower = new LogFollower(path, line => lines.push(line))
    appendFileSync(path, 'one\ntwo\n')
    await until(lines, 'two')
    appendFileSync(path, 'three\n')
    renameSync(path, rotated)
    writeFileSync(path, 'four\n')
    await until(lines, 'four')
    truncateSync(path)
    await new Promise(done => setTimeout(done, 120))
    appendFileSync(path, 'five')
    follower.stop()
    expect(lines).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('reads a long log that comes at once in steps, and all of it before it lets go of a rotated file', async () => {
    const lines: string[] = []
    const follower = new LogFollower(path, line => lines.push(line))
    const many = Array.from({ length: 60_000 }, (_, index) => `line ${String(index).padStart(60, '0')}`)
    writeFileSync(path, `${many.join('\n')}\n`)
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(0), { timeout: 20_000 })
    expect(lines.length).toBeLessThan(many.length)
    renameSync(path, rotated)
    writeFileSync(path, 'new\n')
    await until(lines, 'new')
    follower.stop()
    expect(lines).toEqual([...many, 'new'])
  })

  it('neither waits for nor reads a pipe that stands where the file should', async ({ skip }) => {
    if (process.platform === 'win32') skip('mkfifo is of POSIX systems')
    execFileSync('mkfifo', [path])
    const lines: string[] = []
    const follower = new LogFollower(path, line => lines.push(line))
    rmSync(path)
    writeFileSync(path, 'a file\n')
    await until(lines, 'a file')
    follower.stop()
  })

  it('waits for a file that is not there yet and reads it from its beginning', async () => {
    const lines: string[] = []
    const follower = new LogFollower(path, line => lines.push(line))
    writeFileSync(path, 'first\nsecond\n')
    await until(lines, 'second')
    follower.stop()
    expect(lines).toEqual(['first', 'second'])
  })
})
