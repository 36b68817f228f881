/** Where an object is referred to, in the forms that are easily missed: names with spaces in translations, filters without single quotes. */
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { parseXml } from '../panos/xml.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { referencesTo } from './find-references.ts'
import { Snapshots } from './snapshots.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function device(inVsys: string) {
  const config = parseXml(
    `<config><shared/><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">${inVsys}</entry></vsys></entry></devices></config>`,
  )
  const simulator = await startSimulator({ apiKey: 'references-test-key', config })
  undo.push(() => simulator.close())
  const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: 'references-test-key' })
  const { signal } = new AbortController()
  const context = { client: () => client, snapshots: new Snapshots(), signal, budgetMs: 20_000, progress: () => {} }
  return async (name: string): Promise<string[]> => {
    const { direct, indirect } = await referencesTo(context, name, 'running', false)
    return [...direct, ...indirect].map(each => [each.kind, each.name, each.field, each.through].filter(Boolean).join(' '))
  }
}

describe('references', () => {
  it('in translations of NAT are whole names, with their spaces', async () => {
    const rule = (name: string, translation: string): string =>
      `<entry name="${name}"><source><member>any</member></source><destination><member>any</member></destination><service>any</service>${translation}</entry>`
    const rules = [
      rule(
        'in',
        '<destination-translation><translated-address>web server 1</translated-address><translated-port>8443</translated-port></destination-translation>',
      ),
      rule(
        'spread',
        '<dynamic-destination-translation><translated-address>web server 1</translated-address><distribution>round-robin</distribution></dynamic-destination-translation>',
      ),
      rule(
        'out',
        '<source-translation><dynamic-ip-and-port><translated-address><member>pool a</member><member>pool b</member></translated-address></dynamic-ip-and-port></source-translation>',
      ),
      rule(
        'fall',
        '<source-translation><dynamic-ip><translated-address><member>x</member></translated-address><fallback><translated-address><member>pool b</member></translated-address></fallback></dynamic-ip></source-translation>',
      ),
      rule(
        'face',
        '<source-translation><dynamic-ip-and-port><interface-address><interface>ethernet1/1</interface><ip>own</ip></interface-address></dynamic-ip-and-port></source-translation>',
      ),
    ]
    const find = await device(`<rulebase><nat><rules>${rules.join('')}</rules></nat></rulebase>`)
    expect(await find('web server 1')).toEqual(['nat-rule in destination-translation', 'nat-rule spread destination-translation'])
    expect(await find('pool b')).toEqual(['nat-rule out source-translation', 'nat-rule fall source-translation'])
    expect(await find('own')).toEqual(['nat-rule face source-translation'])
    for (const part of ['web', '1', 'pool', '8443', 'round-robin', 'ethernet1/1']) expect(await find(part), part).toEqual([])
  })

  it('in filters of dynamic groups are tags in either kind of quotes or in none, and whole ones', async () => {
    const group = (name: string, filter: string): string => `<entry name="${name}"><dynamic><filter>${filter}</filter></dynamic></entry>`
    const groups = [
      group('plain', 'prod or web'),
      group('double', '(&quot;data center&quot; and not web)'),
      group('odd', "prod and and 'x y'"),
    ]
    const find = await device(
      `<address-group>${groups.join('')}</address-group><rulebase><security><rules><entry name="r"><source><member>double</member></source></entry></rules></security></rulebase>`,
    )
    expect(await find('prod')).toEqual(['address-group plain dynamic', 'address-group odd dynamic'])
    expect(await find('data center')).toEqual(['address-group double dynamic', 'security-rule r source double'])
    expect(await find('x y')).toEqual(['address-group odd dynamic'])
    for (const part of ['data', 'and', 'not', 'we']) expect(await find(part), part).toEqual([])
  })
})
