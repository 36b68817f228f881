import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type { Draft, Journal } from './core/event.ts'
import { startServer } from './server-process.ts'

function collect(): { journal: Journal; lines: string[] } {
  const lines: string[] = []
  const append = (draft: Draft): number => (draft.kind === 'log' ? lines.push(`${draft.source}: ${draft.text}`) : 0)
  return { journal: { append, flush: () => {}, now: () => 0 }, lines }
}

/** A process that has ended and that nobody has asked about yet still has a number, and no name to run by. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const state = process.platform === 'linux' ? /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] : undefined
  return state !== 'Z'
}

describe('startServer', () => {
  it('records both outputs, an unfinished last line and the exit code', async () => {
    const { journal, lines } = collect()
    const echoed: string[] = []
    const script = "console.log('ready'); console.error('warn'); process.stdout.write('no end'); process.exitCode = 3"
    const server = startServer([process.execPath, '-e', script], journal, 'mcp', bytes => echoed.push(Buffer.from(bytes).toString()))
    expect(await server.ended).toBe('ended with exit code 3')
    expect(lines[0]).toMatch(/^process: started: .* \(pid \d+\)$/)
    expect([...lines.slice(1)].sort()).toEqual(['process: ended with exit code 3', 'stderr: warn', 'stdout: no end', 'stdout: ready'])
    expect(lines.at(-1)).toBe('process: ended with exit code 3')
    expect(echoed.join('')).toContain('ready')
  })

  it.each([
    ['our own cache of a checkout', '1', 'undefined'],
    ['what the user has set', undefined, '/dev/null/of-the-user'],
  ])('gives the server our environment: %s', async (_, ours, seen) => {
    vi.stubEnv('NODE_COMPILE_CACHE', '/dev/null/of-the-user')
    vi.stubEnv('SEISMOGRAPH_COMPILED', ours)
    const { journal, lines } = collect()
    const script = 'console.log(process.env.NODE_COMPILE_CACHE, process.env.SEISMOGRAPH_COMPILED, process.env.PATH !== undefined)'
    await startServer([process.execPath, '-e', script], journal, 'mcp', () => {}).ended
    vi.unstubAllEnvs()
    expect(lines).toContain(`stdout: ${seen} undefined true`)
  })

  it('ends the server with us', async () => {
    const { journal, lines } = collect()
    const server = startServer([process.execPath, '-e', 'setInterval(() => {}, 1000)'], journal, 'mcp', () => {})
    await server.stop()
    expect(lines.at(-1)).toBe('process: ended by signal SIGTERM')
  })

  it('tells its end at once, and ends what it started, also where that keeps its output open', async () => {
    const { journal, lines } = collect()
    const heir = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.pid)`
    const script = `const heir = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(heir)}], { stdio: ['ignore', 'pipe', 'inherit'] })
      heir.stdout.once('data', pid => { process.stdout.write(pid); process.exit(0) })`
    const server = startServer([process.execPath, '-e', script], journal, 'mcp', () => {})
    expect(await server.ended).toBe('ended with exit code 0')
    const heirPid = Number(/^stdout: (\d+)$/m.exec(lines.join('\n'))?.[1])
    expect(() => process.kill(heirPid, 0)).not.toThrow()
    await server.stop()
    await vi.waitFor(() => expect(isRunning(heirPid)).toBe(false), { timeout: 20_000 })
  }, 60_000)

  it('says so when there is no such program', async () => {
    const { journal, lines } = collect()
    const server = startServer(['/no/such/program'], journal, 'mcp', () => {})
    await expect(server.started).rejects.toThrow('ENOENT')
    expect(await server.ended).toMatch(/^could not be started: .*ENOENT/)
    expect(lines.at(-1)).toMatch(/^process: could not be started/)
  })
})
