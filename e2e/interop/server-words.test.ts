/**
 * The server's own words beside the wire. Promise: each access line of a real uvicorn is given to the one exchange that it is about,
 * whether the log is followed as a file or heard from a server that we started on a port of our choice.
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Product, scratch, startProduct } from '../product.ts'
import { finish, root, startServer, until } from '../program.ts'
import { preparePython } from './python.ts'

const here = (file: string): string => join(root, 'e2e', 'interop', file)
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const ACCESS = /"(?<method>[A-Z]+) (?<target>\S+) HTTP\/1\.1" (?<status>\d{3})/

/** Two sessions of the Python client on two transports; then every exchange has its line and every line its exchange. */
async function expectMatched(product: Product, python: string): Promise<void> {
  const { origin } = new URL(product.ready.proxy)
  for (const path of ['/sse', '/mcp']) {
    const client = await finish(python, [here('stack_client.py'), `${origin}${path}`, 'healthy'])
    expect(client.code, client.stderr).toBe(0)
  }
  const answered = (await product.rows('exchange')).filter(({ status }) => status !== undefined)
  expect(answered.length).toBeGreaterThan(8)
  // Asking whether the server is there did not cross the proxy: its line belongs to nobody.
  const isOurs = (text: string): boolean => !text.includes('"HEAD / ')
  const lines = await until('a line for each exchange', async () => {
    const access = (await product.rows('log')).filter(({ text }) => ACCESS.test(text) && isOurs(text))
    return access.length >= answered.length ? access : undefined
  })
  expect(lines.map(({ exchange }) => exchange).sort()).toEqual(answered.map(({ id }) => id).sort())
  for (const line of lines) {
    const exchange = answered.find(({ id }) => id === line.exchange)
    const { method, target, status } = ACCESS.exec(line.text)?.groups ?? {}
    expect(exchange).toMatchObject({ method, path: target?.split('?')[0], status: Number(status) })
  }
}

it('are matched line by line when they are followed in a file', async context => {
  const prepared = await preparePython('mcp-1-29')
  if (prepared.missing !== undefined) return context.skip(prepared.missing)
  const { folder, clean } = scratch()
  stops.push(clean)
  const log = join(folder, 'server.log')
  const file = openSync(log, 'a')
  const server = await startServer(prepared.python, [here('stack_server.py'), '--plain-log'], { stderrFd: file })
  closeSync(file)
  stops.push(() => server.stop('SIGKILL'))
  const product = await startProduct(['--target', `http://127.0.0.1:${server.port}/sse`, '--server-log', log], join(folder, 'data'))
  stops.push(() => product.stop())
  await expectMatched(product, prepared.python)
})

it('are matched line by line when we started the server', async context => {
  const prepared = await preparePython('mcp-1-29')
  if (prepared.missing !== undefined) return context.skip(prepared.missing)
  const { folder, clean } = scratch()
  stops.push(clean)
  const command = ['--', prepared.python, here('stack_server.py'), '--port', '{port}']
  const product = await startProduct(['--target', 'http://127.0.0.1:0/sse', ...command], folder)
  stops.push(() => product.stop())
  await until('the server to be ready', () => product.stderr().includes('"port"') || undefined)
  await expectMatched(product, prepared.python)
})
