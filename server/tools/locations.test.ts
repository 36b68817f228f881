/** Which places a tool looks at when PANOS_VSYS, a location or neither says so. */
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { locationsFor } from './locations.ts'
import { Snapshots } from './snapshots.ts'
import { targetOf } from './write-tool.ts'

const KEY = 'locations-test-key'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function contextOf(options: SimulatorOptions, vsys: string) {
  const simulator = await startSimulator({ apiKey: KEY, objects: 10, ...options })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: KEY, PANOS_VSYS: vsys })
  const { signal } = new AbortController()
  return { client: () => client, snapshots: new Snapshots(), signal, budgetMs: 20_000, progress: () => {} }
}

describe('PANOS_VSYS', () => {
  it('that is not on the firewall is refused by name, with what is there, and a given location goes before it', async () => {
    const context = await contextOf({ profile: 'multi-vsys' }, 'vsys9')
    const refusal = {
      kind: 'bad-request',
      message: 'PANOS_VSYS names "vsys9", which is not on this device.',
      hint: 'Use one of: shared, vsys1, vsys2, vsys3.',
    }
    await expect(locationsFor(context, undefined)).rejects.toMatchObject(refusal)
    await expect(targetOf(context, undefined)).rejects.toMatchObject(refusal)
    await expect(locationsFor(context, 'vsys8')).rejects.toMatchObject({ message: 'There is no location "vsys8" on this device.' })
    expect((await locationsFor(context, 'vsys2')).map(({ name }) => name)).toEqual(['vsys2'])
    expect(await locationsFor(context, 'all')).toHaveLength(4)
  })

  it('narrows a firewall to itself and what it sees', async () => {
    const context = await contextOf({ profile: 'multi-vsys' }, 'vsys2')
    expect((await locationsFor(context, undefined)).map(({ name }) => name)).toEqual(['shared', 'vsys2'])
  })
})
