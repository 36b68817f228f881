/** Peers that begin and never finish: given up with words, while others are served. In a file of its own, side by side: they have to wait. */
import type { AddressInfo } from 'node:net'
import { describe, test } from 'vitest'
import { type RawPeer, RawServer, rawClient, stage } from './forward/raw-peers.ts'
import { createDashboardServer } from './inspector/router.ts'

const drips = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX: `
const whole = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`

/** Lets `dripping` drip until all have been given up; `served` asks all the while. Resolves with how many answers it is due. */
async function dripUntilGivenUp(dripping: readonly RawPeer[], served: RawPeer, host: string): Promise<number> {
  for (const client of dripping) client.write(drips(host))
  let asked = 0
  const drip = setInterval(() => {
    for (const { socket } of dripping) if (socket.writable) socket.write('x')
    served.write(whole(host))
    asked++
  }, 250)
  await Promise.all(dripping.map(client => client.until(({ finish, closed }) => finish !== 'open' || closed, 20_000)))
  clearInterval(drip)
  return asked
}

describe.concurrent('given up is', () => {
  test('a head that drips at the proxy', { timeout: 40_000 }, async ({ expect, onTestFinished }) => {
    const server = await RawServer.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    const proxy = await stage(server.url)
    onTestFinished(() => proxy.stop().then(() => server.stop()))
    const ahead = await proxy.client()
    const dripping = await Promise.all(Array.from({ length: 200 }, () => proxy.client()))
    const served = await proxy.client()
    const asked = await dripUntilGivenUp(dripping, served, proxy.host)
    for (const { text } of dripping) expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*"ERR_HTTP_REQUEST_TIMEOUT"/s)
    expect(asked).toBeGreaterThan(10)
    await served.until(({ text }) => text.split('ok').length - 1 === asked)
    // Only the one that finished its heads reached the server.
    expect(server.peers.length).toBe(1)
    await proxy.recorded(journal => journal.of('close').length === 200)
    expect(new Set(proxy.journal.of('close').map(({ leg, how, by }) => `${leg}: ${how} by ${by}`))).toEqual(
      new Set(['client: timeout by client']),
    )
    expect(proxy.journal.of('change').map(({ what, replacement }) => `${what} ${replacement}`)).toEqual(
      Array.from({ length: 200 }, () => 'rejected 408 ERR_HTTP_REQUEST_TIMEOUT'),
    )
    // Who connected before all of them and has not begun to speak, as browsers do, is served when it does.
    ahead.write(whole(proxy.host))
    await ahead.until(({ text }) => text.endsWith('ok'))
  })

  test('a head that drips at the dashboard, and connections beyond its limit are closed', { timeout: 40_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const file = { type: 'text/plain', bytes: Buffer.from('page'), etag: '"1"', immutable: false }
    const hosts = new Set<string>()
    const server = createDashboardServer({ routes: [], files: new Map([['/', file]]), token: 'x'.repeat(43), hosts: () => hosts })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const host = `127.0.0.1:${port}`
    hosts.add(host)
    const served = await rawClient(port)
    const dripping = await Promise.all(Array.from({ length: 63 }, () => rawClient(port)))
    const beyond = await rawClient(port)
    await beyond.untilFinish()
    const asked = await dripUntilGivenUp(dripping, served, host)
    for (const { text } of dripping) expect(text).toMatch(/^HTTP\/1\.1 408 /)
    await served.until(({ text }) => text.split('\r\n\r\npage').length - 1 === asked)
    const later = await rawClient(port)
    later.write(whole(host))
    await later.untilText('page')
    for (const { socket } of [served, later, ...dripping]) socket.destroy()
  })

  test('a TLS handshake that never comes, also when the client has gone meanwhile', { timeout: 40_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const silent = await RawServer.start()
    const proxy = await stage(`https://127.0.0.1:${silent.port}`)
    onTestFinished(() => proxy.stop().then(() => silent.stop()))
    const [patient, impatient] = [await proxy.client(), await proxy.client()]
    for (const client of [patient, impatient]) client.write(whole(proxy.host))
    for (const peer of [await silent.peer(0), await silent.peer(1)]) await peer.until(({ size }) => size > 0)
    impatient.socket.destroy()
    await patient.until(({ finish }) => finish !== 'open', 20_000)
    expect(patient.text).toMatch(/^HTTP\/1\.1 502 .*"ERR_TLS_HANDSHAKE_TIMEOUT".*Does the server speak TLS on this port/s)
    for (const peer of silent.peers) await peer.until(({ finish }) => finish !== 'open', 20_000)
    await proxy.recorded(journal => journal.of('close').length === 4)
    const ends = proxy.journal.of('close').filter(({ leg }) => leg === 'server')
    expect(ends.map(({ how, by }) => `${how} by ${by}`)).toEqual(['tls by server', 'tls by server'])
    expect(proxy.forwarder.connections).toBe(0)
  })
})
