/** The question that the PAN-OS server is for, asked by a client that works as a model does, through the proxy: the answer is the firewall's own, and the recording is without fault. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, type Question, whyIsTrafficBlocked } from './panos-question.ts'
import { type Product, scratch, startProduct } from './product.ts'

const { folder, clean } = scratch()
let product: Product
beforeAll(async () => {
  product = await startProduct(['--server-port', '0'], folder)
}, 60_000)
afterAll(async () => {
  await product.stop()
  clean()
})

type Entry = Readonly<Record<string, string>>
const flowOf = ({ src = '', dst = '', dport = '', proto = '' }: Entry): Question => ({
  source: src,
  destination: dst,
  port: Number(dport),
  protocol: proto,
})

it('why traffic is blocked: the zones, the rule and the log agree, and the closest rule is named', async () => {
  const client = new Client({ name: 'panos-question', version: '1.0.0' })
  await client.connect(new SSEClientTransport(new URL('/sse', product.ready.proxy)))
  const entries = async (action: string): Promise<Entry[]> => {
    const { structuredContent } = await client.callTool({ name: 'query_logs', arguments: { action, limit: 3 } })
    return (structuredContent as { items: Entry[] }).items
  }
  const agrees = (answer: Answer, entry: Entry): void => {
    expect(answer).toMatchObject({ rule: entry.rule, zones: [entry.from, entry.to], seen: { rule: entry.rule, at: entry.receive_time } })
    expect(answer.says).toContain(`by rule ${entry.rule}`)
  }
  for (const entry of await entries('blocked')) {
    const answer = await whyIsTrafficBlocked(client, flowOf(entry))
    agrees(answer, entry)
    expect(answer.blocked).toBe(true)
    // The order of the prompt, and nothing else.
    expect([...new Set(answer.steps)]).toEqual([
      'query_logs',
      'test_route_lookup',
      'test_nat_policy_match',
      'test_security_policy_match',
      'retrieve_security_policies',
      'find_object_by_ip',
    ])
  }
  const [fine] = await entries('allow')
  const answer = await whyIsTrafficBlocked(client, flowOf(fine ?? {}))
  agrees(answer, fine ?? {})
  expect(answer.blocked).toBe(false)
  await client.close()

  const calls = await product.rows('call')
  expect(calls.filter(({ method }) => method === 'tools/call').length).toBeGreaterThan(30)
  expect(calls.filter(({ kind, delivery }) => kind === 'request' && delivery !== 'delivered')).toEqual([])
  expect((await product.rows('finding')).filter(({ severity }) => severity !== 'info')).toEqual([])
}, 120_000)
