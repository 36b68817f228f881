/** Which routing engine answers: the one that runs, however the other says that it does not. */
import { describe, expect, it } from 'vitest'
import { parseAnswer } from '../panos/envelope.ts'
import type { PanosClient } from '../panos/panos-client.ts'
import { showRoutes } from './routes.ts'
import { Snapshots } from './snapshots.ts'

const ok = (inside: string): string => `<response status="success"><result>${inside}</result></response>`
const UNKNOWN = '<response status="error" code="17"><msg><line>show -> routing is unexpected</line></msg></response>'
const NONE = ok('<flags>flags: A:active</flags>')
const LEGACY = ok(
  '<entry><virtual-router>default</virtual-router><destination>0.0.0.0/0</destination><nexthop>192.0.2.1</nexthop><flags>A S   </flags></entry>',
)
const ADVANCED = ok('<json>{"lr1":{"0.0.0.0/0":[{"protocol":"static","selected":true,"nexthops":[{"ip":"192.0.2.2"}]}]}}</json>')

/** The next hops that are listed when the engines answer so. */
async function hops(legacy: string, advanced: string): Promise<string[]> {
  const op = async (command: string) => parseAnswer(command.includes('advanced') ? advanced : legacy, 200)
  const client = { op, device: 'fw' } as Partial<PanosClient> as PanosClient
  const { signal } = new AbortController()
  const context = { client: () => client, snapshots: new Snapshots(), signal, budgetMs: 20_000, progress: () => {} }
  return (await showRoutes.run(showRoutes.input.parse({}), context)).items.map(({ nexthop }) => nexthop)
}

describe('show_routes', () => {
  it.each([
    ['the legacy engine', LEGACY, UNKNOWN, ['192.0.2.1']],
    ['the advanced engine beside an empty legacy one', NONE, ADVANCED, ['192.0.2.2']],
    ['the advanced engine where the legacy command is refused', UNKNOWN, ADVANCED, ['192.0.2.2']],
    ['neither, where there are no routes', NONE, UNKNOWN, []],
  ])('takes %s', async (_, legacy, advanced, expected) => {
    expect(await hops(legacy, advanced)).toEqual(expected)
  })

  it('says so when the device knows neither command, and when either fails', async () => {
    await expect(hops(UNKNOWN, UNKNOWN)).rejects.toMatchObject({ kind: 'bad-request' })
    const denied = '<response status="error" code="403"><result><msg>Type [op] not authorized for user role.</msg></result></response>'
    await expect(hops(denied, ADVANCED)).rejects.toMatchObject({ kind: 'authorization' })
    await expect(hops(UNKNOWN, denied)).rejects.toMatchObject({ kind: 'authorization' })
  })
})
