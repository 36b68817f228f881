/** A fault of ours at one exchange: its connection ends on both legs and the journal says why; the others go on. */
import { ServerResponse } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { RawServer, type Stage, stage } from './raw-peers.ts'

let server: RawServer
let proxy: Stage
afterEach(async () => {
  vi.restoreAllMocks()
  await proxy.stop()
  await server.stop()
})

const fault = () => Object.assign(new Error('a fault of ours'), { code: 'OURS' })
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test.each([
  [
    'settles',
    () => {
      const append = proxy.journal.append.bind(proxy.journal)
      let thrown = false
      vi.spyOn(proxy.journal, 'append').mockImplementation(draft => {
        if (thrown || draft.kind !== 'end') return append(draft)
        thrown = true
        throw fault()
      })
    },
  ],
  [
    'is released',
    () => {
      vi.spyOn(ServerResponse.prototype, 'writeHead').mockImplementationOnce(() => {
        throw fault()
      })
    },
  ],
] as const)('one that throws when it %s', async (_, plant) => {
  server = await RawServer.answering(() => answer)
  proxy = await stage(server.url)
  const clients = [await proxy.client(), await proxy.client()]
  plant()
  for (const client of clients) client.write(`GET / HTTP/1.1\r\nHost: ${proxy.host}\r\n\r\n`)
  for (const client of clients) await client.until(peer => peer.text === answer || peer.closed)
  expect(clients.map(({ text, finish }) => `${finish} ${text}`).sort()).toEqual([`open ${answer}`, 'reset '])
  const { journal } = proxy
  await proxy.recorded(() => journal.of('close').length === 2)
  const broken = journal.of('close')[0]?.conn
  expect(journal.of('close')).toMatchObject(
    ['client', 'server'].map(() => ({ conn: broken, how: 'closed', by: 'proxy', code: 'OURS', detail: 'a fault of ours' })),
  )
  expect(journal.of('end').filter(({ conn, leg, part }) => conn === broken && leg === 'client' && part === 'response')).toMatchObject([
    { how: 'closed', by: 'proxy', code: 'OURS', detail: 'a fault of ours' },
  ])
})
