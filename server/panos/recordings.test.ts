/** Answers of real devices, recorded by other projects, through this client's parsers. They are found by SEISMOGRAPH_CORPORA (a folder that holds `panos/`). */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readAddressGroup } from '../tools/address-group.ts'
import { readAddressObject } from '../tools/address-object.ts'
import { readLogState } from '../tools/log-query.ts'
import { readRoutes } from '../tools/routes.ts'
import { readSecurityRule } from '../tools/security-rule.ts'
import { readInterfaces } from '../tools/show-interfaces.ts'
import { type PanosAnswer, parseAnswer } from './envelope.ts'
import { child, children, parseXml, textAt, writeXml, type XmlNode } from './xml.ts'

const corpora = process.env.SEISMOGRAPH_CORPORA
const folder = join(corpora ?? '', 'panos')
const missing = corpora === undefined || !existsSync(folder)
const WHY = 'SEISMOGRAPH_CORPORA names no folder that holds panos/'

/** What was recorded does not change. */
const COUNTS = { interfaces: [11, 5, 11], routes: [3, 3, 'connected'], groups: [['static', 3]] }

const text = (file: string): string => readFileSync(join(folder, file), 'utf8')
const answer = (file: string): PanosAnswer => parseAnswer(text(file), 200)
const entries = (file: string): readonly XmlNode[] => children(answer(file).result, 'entry')

function count(node: XmlNode): number {
  return 1 + node.children.reduce((sum, part) => sum + count(part), 0)
}
const leafTexts = (node: XmlNode): string[] => (node.children.length === 0 ? [node.text] : node.children.flatMap(leafTexts))

describe('recorded answers', () => {
  beforeEach(context => context.skip(missing, WHY))

  it('parses every recording: the number of elements is that of its start tags', () => {
    const files = ['insightconnect', 'napalm-panos'].flatMap(name => readdirSync(join(folder, name)).map(file => join(name, file)))
    expect(files).toHaveLength(23)
    for (const file of files) {
      const source = text(file)
      const root = parseXml(source)
      expect(count(root), file).toBe(source.match(/<[A-Za-z_]/g)?.length)
      expect(parseXml(writeXml(root)), file).toEqual(root)
    }
  })

  it('parses what any other set of recordings holds, without an error', () => {
    const sets = readdirSync(folder, { withFileTypes: true }).filter(each => each.isDirectory())
    const files = sets.flatMap(({ name }) =>
      readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).map(file => join(name, file)),
    )
    const documents = files.filter(file => file.endsWith('.xml'))
    expect(documents.length).toBeGreaterThanOrEqual(23)
    for (const file of documents) {
      const root = parseXml(text(file))
      expect(count(root), file).toBeGreaterThan(0)
      if (root.name === 'response' && root.attributes.status === 'success') expect(parseAnswer(text(file), 200), file).toBeDefined()
    }
  })

  it('reads interfaces, routes, groups and logs with the readers of the tools', () => {
    const interfaces = readInterfaces(answer('napalm-panos/show-interface-all.xml').result)
    expect([interfaces.length, interfaces.filter(({ ip }) => ip !== '').length, new Set(interfaces.map(({ name }) => name)).size]).toEqual(
      COUNTS.interfaces,
    )
    const routes = readRoutes(answer('napalm-panos/show-routing-route-bgp.xml').result)
    expect([routes.length, routes.filter(({ active }) => active).length, routes[0]?.protocol]).toEqual(COUNTS.routes)
    const groups = entries('insightconnect/get_objects_from_group.xml').map(node => readAddressGroup(node, 'vsys1'))
    expect(groups.map(({ type, members }) => [type, members.length])).toEqual(COUNTS.groups)
    const states = ['config', 'system', 'threat', 'traffic'].map(kind => readLogState(answer(`insightconnect/get_${kind}_logs.xml`).result))
    expect(states.map(({ finished, entries: logs }) => [finished, logs.length])).toEqual([
      [true, 1],
      [true, 1],
      [true, 1],
      [true, 0],
    ])
    expect(states[2]?.entries[0]).toMatchObject({
      serial: '000000000000003',
      action: 'reset-both',
      threatid: 'User Login Brute Force Attempt',
    })
  })

  it('reads address objects', () => {
    const read = ['ipv4', 'ipv6', 'domain'].flatMap(kind =>
      entries(`insightconnect/get_object_${kind}.xml`).map(node => readAddressObject(node, 'vsys1')),
    )
    const common = { location: 'vsys1', description: 'Example Description', tags: [] }
    expect(read).toEqual([
      { name: '1.1.1.1', type: 'ip-netmask', value: '1.1.1.1', ...common },
      { name: 'IPv6', type: 'ip-netmask', value: 'abcd:123::1', ...common },
      { name: 'test.com', type: 'fqdn', value: 'test.com', ...common },
    ])
  })

  it('reads rules, clean and with the attributes of uncommitted edits, alike', () => {
    const place = { location: 'vsys1', rulebase: 'local', position: 1 } as const
    const [clean, dirty] = ['get_policy', 'get_policy2'].map(file =>
      entries(`insightconnect/${file}.xml`).map(node => readSecurityRule(node, place)),
    )
    expect(clean).toMatchObject([
      {
        name: 'Test Policy',
        uuid: '290ba776-4bd0-49b2-8c20-a35467b22c11',
        services: ['application-default', 'any'],
        categories: ['adult', 'abused-drugs'],
        sourceUsers: ['Joe Smith'],
        action: 'drop',
        disabled: false,
      },
    ])
    expect(dirty).toMatchObject([
      { name: 'Test Rule', from: ['any'], to: ['any'], services: ['application-default'], categories: ['any'], action: 'drop' },
    ])
  })

  it('reads the envelopes', () => {
    expect(answer('insightconnect/successful.xml')).toMatchObject({ code: '20', message: 'command succeeded', empty: false })
    expect(answer('insightconnect/commit.xml').message).toBe('There are no changes to commit.')
    expect(textAt(answer('insightconnect/commit2.xml').result, 'job')).toBe('10')
    expect(() => answer('insightconnect/invalid_rule_name.xml')).toThrow('No such node')
  })

  it('keeps log fields as text: serials with their zeros', () => {
    const logs = child(answer('insightconnect/get_config_logs.xml').result, 'log', 'logs')
    expect(textAt(children(logs, 'entry')[0], 'serial')).toBe('0000000000000001')
    expect(children(child(answer('insightconnect/get_traffic_logs.xml').result, 'log', 'logs'), 'entry')).toEqual([])
  })

  it('reads system information, interfaces and a whole configuration', () => {
    const system = child(answer('napalm-panos/show-system-info.xml').result, 'system')
    expect(system?.children).toHaveLength(41)
    expect(textAt(system, 'url-filtering-version')).toBe('0000.00.00.000')
    const interfaces = answer('napalm-panos/show-interface-all.xml').result
    expect([children(child(interfaces, 'hw'), 'entry').length, children(child(interfaces, 'ifnet'), 'entry').length]).toEqual([7, 9])
    const config = child(answer('napalm-panos/running-config.xml').result, 'config')
    expect(config && leafTexts(config).length).toBe(98)
    expect(textAt(config, 'devices', 'entry', 'deviceconfig', 'system', 'hostname')).toBe('PA-VM')
  })
})
