import { describe, expect, it } from 'vitest'
import type { Draft, Journal } from './core/event.ts'
import { startServer } from './server-process.ts'

function collect(): { journal: Journal; lines: string[] } {
  const lines: string[] = []
  const append = (draft: Draft): number => (draft.kind === 'log' ? lines.push(`${draft.source}: ${draft.text}`) : 0)
  return { journal: { append, flush: () => {}, now: () => 0 }, lines }
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

  it('ends the server with us', async () => {
    const { journal, lines } = collect()
    const server = startServer([process.execPath, '-e', 'setInterval(() => {}, 1000)'], journal, 'mcp', () => {})
    await server.stop()
    expect(lines.at(-1)).toBe('process: ended by signal SIGTERM')
  })

  it('says so when there is no such program', async () => {
    const { journal, lines } = collect()
    const server = startServer(['/no/such/program'], journal, 'mcp', () => {})
    await expect(server.started).rejects.toThrow('ENOENT')
    expect(await server.ended).toMatch(/^could not be started: .*ENOENT/)
    expect(lines.at(-1)).toMatch(/^process: could not be started/)
  })
})
