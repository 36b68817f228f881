/** What of a configuration is a secret and what is not, and that no XPath leads around it. */
import { afterEach, describe, expect, it } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { parseXml, writeXml } from '../panos/xml.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { getConfigXpath, runShowCommand } from './expert-tools.ts'
import type { PanosTool } from './panos-tool.ts'
import { REDACTED, redacted } from './redact.ts'
import { Snapshots } from './snapshots.ts'

const shown = (xml: string): string => writeXml(redacted(parseXml(xml)))

describe('redacted', () => {
  it.each([
    'secret-access-key',
    'agent-user-override-key',
    'authentication-key',
    'encryption-key',
    'shared-key',
    'access-key',
    'api-key',
    'private-key',
    'auth-pwd',
    'priv-pwd',
    'authpwd',
    'community-string',
    'snmp-community-string',
    'community',
    'pre-shared-key',
    'client-secret',
    'ntlm-password',
    'phash',
  ])('hides what is in <%s>', name => {
    expect(shown(`<entry name="x"><${name}>S</${name}><${name}><key>S</key></${name}></entry>`)).toBe(
      `<entry name="x">${`<${name}>${REDACTED}</${name}>`.repeat(2)}</entry>`,
    )
  })

  it.each([
    ['<value>-AQ==2jmj7l5rSw0yVb/vlWAYkK/YBwk=dGVzdA==</value>', `<value>${REDACTED}</value>`],
    ['<line>$5$rounds=5000$salt$Nzc3Nzc3Nzc3</line>', `<line>${REDACTED}</line>`],
    ['<r>set users admin phash $1$salt$Nzc3Nzc3;\nset x y</r>', `<r>set users admin phash ${REDACTED};\nset x y</r>`],
    ['<pem>a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb</pem>', `<pem>a\n${REDACTED}\nb</pem>`],
  ])('hides what looks like a secret under any name: %s', (xml, expected) => {
    expect(shown(xml)).toBe(expected)
  })

  it.each([
    '<public-key>-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----</public-key>',
    '<ipsec><entry name="t"><auto-key><ike-gateway><entry name="g"/></ike-gateway></auto-key></entry></ipsec>',
    '<ike><hash><member>sha1</member></hash><lifetime><hours>8</hours></lifetime></ike>',
    '<a><access-key-id>AKIA</access-key-id><key-lifetime>1</key-lifetime><password-profile>p</password-profile><entry name="token"/></a>',
    '<bgp><send-community>all</send-community><extended-community><none/></extended-community></bgp>',
    '<description>costs $5$ or $1</description>',
  ])('leaves what is no secret: %s', xml => {
    expect(shown(xml)).toBe(xml)
  })
})

describe('an XPath', () => {
  const undo: (() => unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  const USERS = '/config/mgt-config/users'
  const USER = `${USERS}/entry[@name='admin']`

  /** As crypt wrote them once: nothing in it tells what it is. */
  const HASH = 'fnRLG5lXVMugQ'

  async function device() {
    const config = parseXml(
      `<config><mgt-config><users><entry name="admin"><phash>${HASH}</phash></entry></users></mgt-config><shared/><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1"/></vsys></entry></devices></config>`,
    )
    const simulator = await startSimulator({ apiKey: 'redact-test-key', config })
    undo.push(() => simulator.close())
    const client = createPanosClient({ PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: 'redact-test-key' })
    const context = { client: () => client, snapshots: new Snapshots(), signal: new AbortController().signal, budgetMs: 20_000 }
    const run = async (tool: PanosTool, input: object): Promise<string> =>
      JSON.stringify(await tool.run(tool.input.parse(input), { ...context, progress: () => {} }))
    return run
  }

  it.each([`${USER}/phash`, `${USER}/phash/text()`, `${USERS}/entry[starts-with(phash, '$')]`, `${USER}/*/text()`])(
    'that would tell a secret is refused: %s',
    async xpath => {
      const run = await device()
      const command = `<show><config><running><xpath>${xpath.replace('/config/', '')}</xpath></running></config></show>`
      await expect(run(getConfigXpath, { xpath })).rejects.toMatchObject({ kind: 'bad-request' })
      const others = [() => run(getConfigXpath, { xpath, config: 'candidate' }), () => run(runShowCommand, { command })]
      for (const other of others) expect(await other().catch((error: Error) => error.message)).not.toContain(HASH)
    },
  )

  it('to what holds a secret gives the rest, and a name or value in quotes is no step', async () => {
    const run = await device()
    for (const xpath of [USER, `${USERS}/entry[@name='admin' or @name='api-key']`]) {
      const found = await run(getConfigXpath, { xpath })
      expect(found).toContain(`<phash>${REDACTED}</phash>`)
      expect(found).not.toContain(HASH)
    }
    expect(await run(runShowCommand, { command: 'show clock' })).toMatch(/UTC \d{4}/)
  })
})
