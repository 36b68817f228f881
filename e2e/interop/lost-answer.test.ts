/**
 * The fault this project grew from, on the stacks that have it: a Python server whose tool takes longer than its client stays.
 * Promise: the server fails through the proxy exactly as it does without, and the recording shows what the server's log cannot.
 */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { check, type Product, scratch, startProduct } from '../product.ts'
import { finish, type Program, root, startServer, until } from '../program.ts'
import { type EnvironmentName, preparePython } from './python.ts'

const here = (file: string): string => join(root, 'e2e', 'interop', file)
const LEAVE_SECONDS = 1.5

interface Era {
  readonly name: EnvironmentName
  /** What this era's server logs when it cannot deliver; undefined: nothing at all. */
  readonly exception?: string
}
const ERAS: readonly Era[] = [{ name: 'first', exception: 'BrokenResourceError' }, { name: 'last1' }, { name: 'newest' }]

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** A server whose standard error is a file, as under a service manager. Killed, because mcp 1.6 waits for its lost session for ever. */
async function serveWithLog(python: string): Promise<{ port: number; log: string; read: () => string; server: Program }> {
  const { folder, clean } = scratch()
  const log = join(folder, 'server-output.txt')
  const stderrFd = openSync(log, 'a')
  const server = await startServer(python, [here('stack_server.py')], { stderrFd })
  closeSync(stderrFd)
  stops.push(async () => {
    await server.stop('SIGKILL')
    clean()
  })
  return { port: server.port, log, read: () => readFileSync(log, 'utf8'), server }
}

async function leaveDuringCall(python: string, url: string): Promise<void> {
  const client = await finish(python, [here('mcp_client.py'), url, '--leave-after', String(LEAVE_SECONDS)])
  expect(client.stdout, client.stderr).toContain('"left"')
}

/** Waits until the tool would have answered and its failure would stand in the log. */
async function afterwards(era: Era, read: () => string): Promise<string> {
  const { exception } = era
  if (exception) await until(`${exception} in the server's log`, () => (read().includes(exception) ? true : undefined))
  // Nothing tells when a log stays silent: the tool's whole time again, and some more.
  else await new Promise(resolve => setTimeout(resolve, LEAVE_SECONDS * 2000 + 500))
  return read()
}

/** The last line of each traceback. */
const failures = (log: string): string[] => log.match(/\b\w*(?:Error|Exception)\b(?=:|$)/gm) ?? []

describe.each(ERAS)('a client that leaves during a call, Python environment "$name"', era => {
  it('leaves the same words in the server’s log with the proxy as without it, and a verdict beside them', {
    timeout: 120_000,
  }, async context => {
    const prepared = await preparePython(era.name)
    if (prepared.missing !== undefined) return context.skip(prepared.missing)
    const { python } = prepared

    const direct = await serveWithLog(python)
    await leaveDuringCall(python, `http://127.0.0.1:${direct.port}/sse`)
    const directLog = await afterwards(era, direct.read)

    const behind = await serveWithLog(python)
    const { folder, clean } = scratch()
    stops.push(clean)
    const product = await startProduct(['--target', `http://127.0.0.1:${behind.port}/sse`, '--server-log', behind.log], folder)
    stops.push(() => product.stop())
    await leaveDuringCall(python, `${new URL(product.ready.proxy).origin}/sse`)
    const proxiedLog = await afterwards(era, behind.read)

    expect(failures(proxiedLog)).toEqual(failures(directLog))
    if (era.exception) expect(failures(proxiedLog)).toContain(era.exception)
    else expect(failures(proxiedLog)).toEqual([])

    await expectStory(product, era)
    await product.stop()
    const report = await check(folder)
    expect(report.findings.map(finding => finding.rule)).toContain('undeliverable-response')
  })
})

async function expectStory(product: Product, era: Era): Promise<void> {
  const calls = await product.rows('call')
  const call = calls.find(({ method, name }) => method === 'tools/call' && name === 'slow')
  expect(call, JSON.stringify(calls.map(({ method, name }) => ({ method, name })))).toBeDefined()
  expect(call?.delivery).toBe('undeliverable')
  expect(call?.answeredAt).toBeUndefined()
  expect(calls.filter(({ method }) => method === 'tools/list').map(({ delivery }) => delivery)).toEqual(['delivered'])

  const stream = (await product.rows('exchange')).find(({ body }) => body === 'stream')
  expect(stream?.clientEnd?.by).toBe('client')
  expect(stream?.clientEnd?.seq ?? 0).toBeLessThan(stream?.serverEnd?.seq ?? 0)
  expect(call?.sentAt ?? 0).toBeLessThan(stream?.clientEnd?.at ?? 0)
  expect(call?.brokenAt).toBe(stream?.clientEnd?.at)

  const [session] = await product.rows('session')
  expect(session?.undelivered).toBe(1)
  expect(session?.ended?.by).toBe('client')

  const finding = await until('the verdict', async () =>
    (await product.rows('finding')).find(({ rule, gone }) => rule === 'undeliverable-response' && !gone),
  )
  expect(finding.call).toBe(call?.id)
  expect(finding.confidence).toBe('certain')
  expect(finding.evidence.map(({ seq }) => seq)).toContain(stream?.clientEnd?.seq)

  if (era.exception) {
    const traceback = await until('the traceback among the rows', async () =>
      (await product.rows('log')).find(({ exception }) => exception?.endsWith(era.exception ?? '')),
    )
    expect(traceback.lines).toBeGreaterThan(5)
    expect(traceback.level).toBe('error')
    expect(traceback.at).toBeGreaterThan(stream?.clientEnd?.at ?? Number.POSITIVE_INFINITY)
  } else expect((await product.rows('log')).filter(({ level }) => level === 'error')).toEqual([])
}
