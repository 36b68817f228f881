/**
 * The slash fault: a client that posts to `/messages` where the server mounted `/messages/`. Promise: the redirects are recorded, joined to
 * what followed them and attributed, and no redirect leads the client past the proxy.
 */
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { scratch, startProduct } from '../product.ts'
import { root, startServer, until } from '../program.ts'
import { preparePython } from './python.ts'
import { openRaw } from './raw-client.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } },
}

// The Location of the first is built from the Host that the client sent; rewriting Host makes the server name itself.
it.for([
  { hostHeader: 'preserve', flags: [] },
  { hostHeader: 'upstream', flags: ['--host-header', 'upstream'] },
])('records, joins and attributes every 307, and keeps the client on the proxy (Host: $hostHeader)', async ({ flags }, context) => {
  const prepared = await preparePython('first')
  if (prepared.missing !== undefined) return context.skip(prepared.missing)
  const server = await startServer(prepared.python, [join(root, 'e2e', 'interop', 'stack_server.py')])
  stops.push(() => server.stop('SIGKILL'))
  const { folder, clean } = scratch()
  stops.push(clean)
  const product = await startProduct(['--target', `http://127.0.0.1:${server.port}/sse`, ...flags], folder)
  stops.push(() => product.stop())

  const { origin } = new URL(product.ready.proxy)
  const session = await openRaw(origin)
  stops.push(() => session.close())
  expect(session.endpoint).toMatch(/^\/messages\/\?session_id=/)
  const wrong = session.endpoint.replace('/messages/', '/messages')
  const messages = [
    initialize,
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'retrieve_address_objects', arguments: {} } },
  ]
  for (const message of messages) {
    const hops = await session.post(message, wrong)
    expect(hops.map(hop => hop.status)).toEqual([307, 202])
    for (const hop of hops) expect(new URL(hop.url).origin).toBe(origin)
    if ('id' in message) await session.answer(message.id as number)
  }

  const exchanges = await product.rows('exchange')
  const redirects = exchanges.filter(({ status }) => status === 307)
  expect(redirects.map(({ path }) => path)).toEqual(['/messages', '/messages', '/messages'])
  for (const redirect of redirects) {
    const followUp = exchanges.find(({ id }) => id === redirect.followedBy)
    expect(followUp).toMatchObject({ path: '/messages/', status: 202, follows: redirect.id, session: redirect.session })
    expect(new URL(redirect.location ?? '').pathname).toBe('/messages/')
    if (flags.length > 0) {
      expect(new URL(redirect.location ?? '').port).toBe(String(server.port))
      expect(redirect.changes.map(({ what }) => what)).toContain('location')
    } else expect(redirect.changes).toEqual([])
  }
  // Noted once per connection, so that it does not drown what matters.
  const noted = exchanges.flatMap(({ changes }) => changes).filter(({ what }) => what === 'host')
  expect(noted.length > 0).toBe(flags.length > 0)
  const calls = await product.rows('call')
  expect(calls.find(({ name }) => name === 'retrieve_address_objects')).toMatchObject({ delivery: 'delivered' })

  // A session that goes on is judged now and then, not at once.
  const findings = await until('a verdict', async () => {
    const all = (await product.rows('finding')).filter(({ gone }) => !gone)
    return all.length > 0 ? all : undefined
  })
  expect(findings.map(({ rule }) => rule)).toEqual(['redirect-path-mismatch'])
  // The client posted elsewhere than the server's endpoint event told it to.
  expect(`${findings[0]?.says} ${findings[0]?.cause}`).toMatch(/client/i)
  expect(findings[0]?.evidence.map(({ seq }) => seq)).toEqual(
    expect.arrayContaining([expect.toSatisfy((seq: number) => redirects.some(row => row.requestSeq === seq || row.responseSeq === seq))]),
  )
})
