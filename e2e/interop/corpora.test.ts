/**
 * The traffic of the conformance suites, judged. Promise: nothing is found at warning or above that the suite did not provoke on purpose;
 * each finding that remains is explained here, and one that no longer comes is missed.
 */
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { check, scratch, startProduct } from '../product.ts'
import { root, startServer } from '../program.ts'
import { type Line, serverScenarios } from './conformance.ts'

interface Corpus {
  readonly line: Line
  readonly server: string
  readonly args: readonly string[]
  /** Rules that speak, and what the suite did to deserve it. */
  readonly provoked: Readonly<Record<string, string>>
}
/** Every suite does this. */
const FOREIGN_HOST = {
  'host-or-origin-rejected': 'It sends a foreign Host, to see it refused; here the proxy refuses it before the server can.',
}
const CORPORA: readonly Corpus[] = [
  {
    line: '0.1.16',
    server: 'everything-v1.ts',
    args: ['--suite', 'all'],
    provoked: {
      ...FOREIGN_HOST,
      'protocol-version-mismatch':
        'It agrees on 2025-11-25 and then sends the header of 2025-03-26, to see that streams close as they used to.',
    },
  },
  {
    line: '0.2.0-alpha.12',
    server: 'everything-v1.ts',
    args: ['--requirements', '2025-11-25'],
    provoked: { ...FOREIGN_HOST, 'session-unknown-or-expired': 'It uses a session after its DELETE, to see the 404.' },
  },
  {
    line: '0.2.0-alpha.12',
    server: 'everything-v2.ts',
    args: ['--requirements', '2026-07-28'],
    provoked: {
      ...FOREIGN_HOST,
      'header-body-mismatch': 'It sends headers that contradict the body, to see the 400.',
    },
  },
]

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

describe.each(CORPORA)('conformance $line, $args', ({ line, server, args, provoked }) => {
  it('is left in peace, but for what the suite does on purpose', async () => {
    const upstream = await startServer(process.execPath, [join(root, 'e2e', 'interop', server)])
    stops.push(() => upstream.stop('SIGKILL'))
    const { folder, clean } = scratch()
    stops.push(clean)
    const product = await startProduct(['--target', `http://127.0.0.1:${upstream.port}/mcp`], folder)
    stops.push(() => product.stop())
    await serverScenarios(line, `${new URL(product.ready.proxy).origin}/mcp`, args)
    await product.stop()
    const report = await check(folder)
    expect(report.sessions.length).toBeGreaterThan(0)
    const loud = report.findings.filter(({ severity }) => severity !== 'info')
    const strangers = loud.filter(({ rule }) => !Object.hasOwn(provoked, rule))
    expect(strangers.map(({ rule, title, says }) => `${rule}: ${title} ${says}`)).toEqual([])
    expect([...new Set(loud.map(({ rule }) => rule))].sort()).toEqual(Object.keys(provoked).sort())
  })
})
