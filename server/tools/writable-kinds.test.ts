/** What each kind of object keeps, refuses and replaces when it is written, against the simulator. */
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { inVsys } from '../panos/xpath.ts'
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { WRITING } from './catalogue.ts'
import { Snapshots } from './snapshots.ts'
import type { Written } from './write-tool.ts'

const KEY = 'kinds-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function device(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ apiKey: KEY, objects: 30, rules: 4, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: KEY })
  const { signal } = new AbortController()
  const context = { client: () => client, snapshots: new Snapshots(), signal, budgetMs: 20_000, progress: () => {} }
  const call = async (name: string, input: Record<string, unknown>): Promise<Written> => {
    const tool = WRITING.find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const [written] = (await tool.run(tool.input.parse(input), context)).items
    return written as Written
  }
  const set = (container: string, element: string) => client.change({ action: 'set', xpath: inVsys('vsys1', container), element }, signal)
  return { simulator, call, set }
}

describe('a service', () => {
  const OVERRIDE = '<override><yes><timeout>100</timeout></yes></override>'

  it('keeps its source ports, and its timeouts as long as the protocol stays', async () => {
    const { call, set } = await device()
    const tcp = `<tcp><port>8443</port><source-port>1024-65535</source-port>${OVERRIDE}</tcp>`
    await set('service', `<entry name="s1"><protocol>${tcp}</protocol></entry>`)
    const moved = await call('update_service', { name: 's1', port: '9443' })
    expect(moved.element).toBe(`<entry name="s1"><protocol>${tcp.replace('8443', '9443')}</protocol></entry>`)
    expect(moved.after).toBe(moved.element)
    const udp = await call('update_service', { name: 's1', protocol: 'udp' })
    expect(udp.after).toBe(
      '<entry name="s1"><protocol><udp><port>9443</port><source-port>1024-65535</source-port></udp></protocol></entry>',
    )
  })
})
