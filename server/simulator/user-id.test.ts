/** Users, registered addresses and the dynamic groups that they are in: what messages bring, what is refused, what times out, and what the policy makes of it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { child, children, parseXml, writeXml, type XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { createDevice } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const START = Date.parse('2026-11-20T06:00:00Z')
const POLICY = `<config><shared/><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1">
  <address><entry name="host"><ip-netmask>192.0.2.7</ip-netmask><tag><member>bad</member></tag></entry></address>
  <address-group><entry name="quarantine"><dynamic><filter>'bad' and not 'cured'</filter></dynamic></entry></address-group>
  <rulebase><security><rules><entry name="stop"><from><member>any</member></from><to><member>any</member></to><source><member>quarantine</member></source><destination><member>any</member></destination><application><member>any</member></application><service><member>any</member></service><action>deny</action></entry></rules></security></rulebase>
</entry></vsys></entry></devices></config>`

let device: Device
let now = START
beforeEach(() => {
  now = START
  const common = { profile: 'firewall', dialect: '11.1', seed: 3, objects: 0, rules: 0, deviceGroups: 0, commitMs: 0, logMs: 0 } as const
  device = createDevice({ ...common, accounts, bootedAt: START - 3_600_000, config: parseXml(POLICY) })
})

const ask = (parameters: Record<string, string>, file?: { name: string; text: string }): XmlNode =>
  parseXml(answerApi(device, new URLSearchParams(parameters), KEY, now, file).body)
const tell = (payload: string, more: Record<string, string> = {}): XmlNode =>
  ask({
    type: 'user-id',
    cmd: `<uid-message><version>2.0</version><type>update</type><payload>${payload}</payload></uid-message>`,
    ...more,
  })
const op = (cmd: string, more: Record<string, string> = {}): XmlNode | undefined => child(ask({ type: 'op', cmd, ...more }), 'result')
const tag = (ip: string, name: string, timeout = ''): string =>
  `<entry ip="${ip}"><tag><member${timeout && ` timeout="${timeout}"`}>${name}</member></tag></entry>`
const registered = (inside = '<all/>', vsys = 'vsys1'): unknown[] =>
  children(op(`<show><object><registered-ip>${inside}</registered-ip></object></show>`, { vsys }), 'entry').map(entry => [
    entry.attributes.ip,
    ...children(child(entry, 'tag'), 'member').map(({ text }) => text),
  ])
const faults = (answer: XmlNode): unknown[] =>
  ['register', 'unregister', 'login', 'logout'].flatMap(part =>
    children(child(answer, 'msg', 'line', 'uid-response', 'payload', part), 'entry').map(({ attributes }) => attributes.message),
  )
const decides = (source: string): unknown =>
  children(
    child(
      op(
        `<test><security-policy-match><source>${source}</source><destination>198.51.100.1</destination><destination-port>443</destination-port><protocol>6</protocol></security-policy-match></test>`,
      ),
      'rules',
    ),
    'entry',
  )[0]?.attributes.name

describe('registered addresses', () => {
  it('are listed, found by tag and address, and gone when unregistered', () => {
    expect(tell(`<register>${tag('192.0.2.1', 'bad')}${tag('192.0.2.2', 'good')}</register>`).attributes.status).toBe('success')
    expect(registered()).toEqual([
      ['192.0.2.1', 'bad'],
      ['192.0.2.2', 'good'],
    ])
    expect(registered('<tag><entry name="good"/></tag>')).toEqual([['192.0.2.2', 'good']])
    expect(registered('<ip>192.0.2.1</ip>')).toEqual([['192.0.2.1', 'bad']])
    // Each virtual system has its own.
    expect(registered('<all/>', 'vsys2')).toEqual([])
    tell(`<unregister>${tag('192.0.2.1', 'bad')}</unregister>`)
    expect(registered()).toEqual([['192.0.2.2', 'good']])
  })

  it('take the good entries of a message and name the others', () => {
    tell(`<register>${tag('192.0.2.1', 'bad')}</register>`)
    const answer = tell(
      `<register>${tag('192.0.2.1', 'bad')}${tag('nonsense', 'x')}${tag('192.0.2.9', 'new')}</register><unregister>${tag('192.0.2.50', 'x')}</unregister>`,
    )
    expect(answer.attributes.status).toBe('error')
    expect(faults(answer)).toEqual(['tag bad already exists, ignore', 'Invalid ip nonsense', 'ip 192.0.2.50 does not exist, ignore unreg'])
    expect(registered()).toEqual([
      ['192.0.2.1', 'bad'],
      ['192.0.2.9', 'new'],
    ])
  })

  it('come in pages of 500 at most, and time out', () => {
    const many = Array.from({ length: 620 }, (_, index) => tag(`10.0.${index >> 8}.${index & 255}`, 'bad', '60'))
    tell(`<register>${many.join('')}</register>`)
    expect([registered().length, registered('<limit>500</limit><start-point>501</start-point>').length]).toEqual([500, 120])
    expect(
      writeXml(op('<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>') ?? parseXml('<x/>')),
    ).toContain('<count>620</count>')
    now += 61_000
    expect(registered()).toEqual([])
  })

  it('are members of dynamic groups, for the policy at once', () => {
    expect([decides('192.0.2.1'), decides('192.0.2.7')]).toEqual(['interzone-default', 'stop'])
    tell(`<register>${tag('192.0.2.1', 'bad')}</register>`)
    expect(decides('192.0.2.1')).toBe('stop')
    expect(
      writeXml(op('<show><object><dynamic-address-group><all/></dynamic-address-group></object></show>') ?? parseXml('<x/>')),
    ).toContain('<member-list><entry name="host" type="address-object"/><entry name="192.0.2.1" type="registered-ip"/></member-list>')
    tell(`<register>${tag('192.0.2.1', 'cured')}</register>`)
    expect(decides('192.0.2.1')).toBe('interzone-default')
  })
})

describe('users', () => {
  it('log in, time out and log out', () => {
    const users = (): unknown[] =>
      children(op('<show><user><ip-user-mapping><all/></ip-user-mapping></user></show>'), 'entry').map(entry =>
        ['ip', 'user'].map(part => child(entry, part)?.text),
      )
    tell('<login><entry name="corp\\Alice" ip="192.0.2.1" timeout="20"/><entry name="corp\\bob" ip="192.0.2.2"/></login>')
    expect(users()).toEqual([
      ['192.0.2.1', 'corp\\alice'],
      ['192.0.2.2', 'corp\\bob'],
    ])
    now += 21 * 60_000
    expect(users()).toEqual([['192.0.2.2', 'corp\\bob']])
    expect(tell('<logout><entry name="corp\\bob" ip="192.0.2.2"/></logout>').attributes.status).toBe('success')
    expect(faults(tell('<logout><entry name="corp\\bob" ip="192.0.2.2"/></logout>'))).toEqual(['Delete mapping failed'])
    expect(users()).toEqual([])
  })

  it('are grouped and tagged', () => {
    tell('<groups><entry name="g"><members><entry name="alice"/><entry name="bob"/></members></entry></groups>')
    tell('<register-user><entry user="alice"><tag><member>risky</member></tag></entry></register-user>')
    expect(op('<show><user><group><list/></group></user></show>')?.text).toContain('g \n\nTotal: 1')
    expect(op('<show><user><group><name>g</name></group></user></show>')?.text).toMatch(/\[1 {5}\] alice\n\[2 {5}\] bob/)
    expect(op('<show><user><group><name>h</name></group></user></show>')?.text).toContain('does not exist')
    expect(children(op('<show><object><registered-user><all/></registered-user></object></show>'), 'entry')[0]?.attributes.user).toBe(
      'alice',
    )
  })

  it.each([
    ['', '400'],
    ['<uid-message><payload>', '18'],
    ['<other/>', '17'],
    ['<uid-message><payload><dance/></payload></uid-message>', '17'],
  ])('are not changed by %j', (cmd, code) => {
    expect(ask({ type: 'user-id', cmd }).attributes).toMatchObject({ status: 'error', code })
  })

  it('come as an uploaded file, too', () => {
    const text = `<uid-message><payload><register>${tag('192.0.2.1', 'bad')}</register></payload></uid-message>`
    expect(ask({ type: 'user-id' }, { name: 'uid.xml', text }).attributes.status).toBe('success')
    expect(registered()).toHaveLength(1)
  })
})
