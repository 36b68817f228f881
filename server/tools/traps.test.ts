/** Answers that trip naive readers, served as a device sends them: one per trap that users of other clients fell into. */
import { describe, expect, it } from 'vitest'
import { parseXml } from '../panos/xml.ts'
import { readResources } from './device-state.ts'
import { device, ok, type Script } from './scripted-device.fixture.ts'
import { readInterfaces } from './show-interfaces.ts'

const VSYS = ok('<entry name="vsys1"/><entry name="vsys2"/>')

describe('get and show', () => {
  it('finds a virtual system that only a template made: it is in the candidate and not in the running configuration', async () => {
    const { call, asked } = await device([
      [/action=get .*vsys\/entry\/@name/, VSYS],
      [/action=show .*vsys2/, '<response status="error"><msg><line>No such node</line></msg></response>'],
      [/action=show .*vsys1.*\/zone/, ok('<zone><entry name="a"/></zone>')],
    ])
    expect((await call('retrieve_security_zones')).items).toMatchObject([{ name: 'a', location: 'vsys1' }])
    expect(asked.some(form => form.includes("vsys/entry[@name='vsys2']/zone"))).toBe(true)
  })

  it('reads one entry and many alike, and text through the marks of uncommitted edits', async () => {
    const mark = 'admin="a" dirtyId="5" time="2026/11/20 06:00:00"'
    const one = `<address ${mark}><entry name="x" ${mark}><ip-netmask ${mark}>192.0.2.1</ip-netmask><tag ${mark}><member ${mark}>t</member></tag></entry></address>`
    const { call } = await device([
      [/vsys\/entry\/@name/, ok('<entry name="vsys1"/>')],
      [/vsys1.*\/address/, `<response status="success" code="19"><result total-count="1" count="1">${one}</result></response>`],
    ])
    expect((await call('retrieve_address_objects', { config: 'candidate' })).items).toEqual([
      { name: 'x', location: 'vsys1', type: 'ip-netmask', value: '192.0.2.1', tags: ['t'] },
    ])
  })

  it('never asks with show for what can match several nodes, nor for a whole branch', async () => {
    const { call, asked } = await device([[/vsys\/entry\/@name/, VSYS]])
    for (const name of [
      'retrieve_address_objects',
      'retrieve_security_policies',
      'retrieve_security_zones',
      'analyze_security_policies',
      'find_references',
    ])
      await call(name, name === 'find_references' ? { name: 'x' } : {})
    const shown = asked.flatMap(form => /action=show xpath=(.*)/.exec(form)?.[1] ?? [])
    expect(shown.length).toBeGreaterThan(10)
    for (const xpath of shown) {
      expect(xpath).not.toMatch(/\/\/|\/entry(?!\[)|\*/)
      expect(xpath).toMatch(/\/(address|address-group|service|service-group|zone|rules)$/)
    }
  })
})

describe('rules', () => {
  const rules = (section: string, inside: string): Script => [
    [/vsys\/entry\/@name/, ok('<entry name="vsys1"/>')],
    [new RegExp(`vsys1.*/rulebase/${section}/rules`), ok(`<rules>${inside}</rules>`)],
  ]
  const rule = (name: string, more: string): string =>
    `<entry name="${name}">${more}<action>allow</action><service><member>any</member></service><to><member>any</member></to><from><member>any</member></from><destination><member>any</member></destination><source><member>any</member></source><application><member>any</member></application></entry>`

  it('that some firewalls, users or devices alone get do not hide those after them', async () => {
    const bound = [
      '<target><devices><entry name="001"/></devices><negate>no</negate></target>',
      '<target><tags><member>branch</member></tags><negate>yes</negate></target>',
      '<source-hip><member>managed</member></source-hip>',
      '<hip-profiles><member>managed</member></hip-profiles>',
      '<source-user><member>corp\\alice</member></source-user>',
      '<category><member>gambling</member></category>',
      '<schedule>nights</schedule>',
    ]
    for (const restriction of bound) {
      const { call } = await device(rules('security', rule('first', restriction) + rule('second', '')))
      const { items } = await call('analyze_security_policies', { checks: ['shadowed', 'duplicate'] })
      expect([restriction, items]).toEqual([restriction, []])
      const [line = ''] = (await call('retrieve_security_policies')).text.split('\n').filter(each => each.includes('first'))
      expect(line, restriction).toMatch(/only on|not on|HIP managed|alice|gambling|nights/)
    }
    const open =
      '<target><negate>no</negate></target><source-hip><member>any</member></source-hip><source-user><member>any</member></source-user>'
    const { call } = await device(rules('security', rule('first', open) + rule('second', '')))
    expect((await call('analyze_security_policies', { checks: ['duplicate'] })).items).toMatchObject([{ rule: 'second', by: 'first' }])
  })

  it('whose count a Panorama does not say are not called unused', async () => {
    const entry = (name: string, inside: string): string => `<entry name="${name}">${inside}</entry>`
    const counts =
      entry('a', '<rule-state>Unused</rule-state>') +
      entry('b', '<rule-state>Partially Used</rule-state>') +
      entry('c', '<hit-count>0</hit-count>') +
      entry('d', '')
    const { call } = await device([
      [/dg-hierarchy/, ok('<dg-hierarchy><dg name="G"/></dg-hierarchy>')],
      [
        /device-group\/entry\[@name='G'\]\/pre-rulebase\/security\/rules/,
        ok(`<rules>${['a', 'b', 'c', 'd', 'e'].map(name => rule(name, '')).join('')}</rules>`),
      ],
      [
        /rule-hit-count.*"G"><pre/,
        ok(
          `<rule-hit-count><device-group><entry name="G"><rule-base><entry name="security"><rules>${counts}</rules></entry></rule-base></entry></device-group></rule-hit-count>`,
        ),
      ],
    ])
    expect((await call('retrieve_security_policies', { unused: true })).items.map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it('of NAT have their service as a text, and translations of every kind', async () => {
    const nat = (name: string, more: string): string =>
      `<entry name="${name}">${more}<from><member>a</member></from><to/><source/><destination/></entry>`
    const { call } = await device(
      rules(
        'nat',
        nat(
          'text',
          '<service>service-https</service><destination-translation><translated-address>web</translated-address><translated-port>8443</translated-port></destination-translation>',
        ) +
          nat(
            'marked',
            '<service admin="a" dirtyId="2" time="t">tcp-9</service><source-translation><static-ip><translated-address>192.0.2.9</translated-address></static-ip></source-translation>',
          ) +
          nat('none', ''),
      ),
    )
    const { items } = await call('retrieve_nat_policies')
    expect(items).toMatchObject([
      { name: 'text', service: 'service-https', destinationTranslation: 'web port 8443', to: [] },
      { name: 'marked', service: 'tcp-9', sourceTranslation: expect.stringContaining('192.0.2.9') },
      { name: 'none', service: 'any' },
    ])
  })
})

describe('names from a client', () => {
  it('never end a literal: one kind of quote is quoted by the other, both are refused, and nothing of it is sent', async () => {
    const { call, asked } = await device([
      [/vsys\/entry\/@name/, VSYS],
      [/predefined/, ok('<application/>')],
    ])
    const evil = "x')] | //phash | a[contains(b,'"
    await call('retrieve_applications', { name_contains: evil })
    expect(asked.filter(form => form.includes('predefined'))).toEqual([expect.stringContaining(`contains(@name, "${evil}")`)])
    const before = asked.length
    expect((await call('retrieve_applications', { name_contains: `a'b"c` })).error).toMatchObject({ kind: 'bad-request' })
    expect(asked.slice(before).some(form => form.includes(`a'b"c`))).toBe(false)
    expect((await call('retrieve_address_objects', { location: "vsys1'] | //*['" })).error).toMatchObject({ kind: 'bad-request' })
  })
})

describe('operational answers', () => {
  it('keeps serial numbers, versions and values as text, and takes a field that comes twice', async () => {
    const { call } = await device([
      [
        /system.*info/,
        ok(
          '<system><hostname>fw</hostname><serial>001234567890</serial><sw-version>10.10</sw-version><time>Fri Nov 20 06:00:00 2026\n</time><ZTP>Disabled</ZTP><ZTP>Disabled</ZTP><plugin_versions><entry name="p"><pkginfo>1</pkginfo></entry></plugin_versions></system>',
        ),
      ],
    ])
    expect((await call('show_system_info')).items).toEqual([
      { hostname: 'fw', serial: '001234567890', 'sw-version': '10.10', time: 'Fri Nov 20 06:00:00 2026', ZTP: 'Disabled' },
    ])
  })

  it('asks the virtual system of the source, and none by guess where two know the address', async () => {
    const face = (name: string, zone: string, vsys: number): string =>
      `<entry><name>${name}</name><zone>${zone}</zone><vsys>${vsys}</vsys><fwd>vr:vr${vsys}</fwd><ip>10.0.0.1/8</ip></entry>`
    const way = (name: string): string => ok(`<nh>interface</nh><interface>${name}</interface>`)
    const nowhere = ok('<nh>none</nh>')
    const { call, asked } = await device([
      [
        /<interface>all/,
        ok(
          `<hw/><ifnet>${face('ae1.1', 'in-1', 1)}${face('ae1.2', 'in-2', 2)}${face('ae2.1', 'out', 1)}${face('ae2.2', 'out', 2)}</ifnet>`,
        ),
      ],
      [/vr1<.*<ip>10\.2\./, nowhere],
      [/vr2<.*<ip>10\.2\./, way('ae1.2')],
      [/vr1<.*<ip>10\.9\./, way('ae1.1')],
      [/vr2<.*<ip>10\.9\./, way('ae1.2')],
      [/vr1<.*<ip>8\./, way('ae2.1')],
      [/vr2<.*<ip>8\./, way('ae2.2')],
      [/policy-match/, ok('<rules><entry name="r"><index>1</index><action>allow</action></entry></rules>')],
    ])
    const match = async (source_ip: string, more: object = {}): Promise<[string | undefined, string[]]> => {
      const { warnings } = await call('test_security_policy_match', {
        source_ip,
        destination_ip: '8.8.8.8',
        destination_port: 443,
        ...more,
      })
      return [asked.findLast(form => form.includes('policy-match')), warnings]
    }
    const [only] = await match('10.2.0.1')
    expect(only).toMatch(/vsys=vsys2/)
    expect(only).toContain('<from>in-2</from><to>out</to>')
    const [open, warnings] = await match('10.9.0.1')
    expect(open).not.toContain('vsys=')
    expect(open).not.toContain('<from>')
    expect(warnings.join()).toContain('from_zone and to_zone could not be found by route')
    const [given] = await match('10.9.0.1', { vsys: 'vsys1' })
    expect(given).toMatch(/vsys=vsys1/)
    expect(given).toContain('<from>in-1</from><to>out</to>')
  })

  it('reads the booleans of sessions, which are written True and False', async () => {
    const { call } = await device([
      [/session/, ok('<entry><idx>7</idx><source>192.0.2.1</source><nat>True</nat></entry><entry><idx>8</idx><nat>False</nat></entry>')],
    ])
    expect((await call('find_sessions', { source: '192.0.2.1' })).items).toMatchObject([{ nat: true }, { nat: false }])
  })

  it('reads high availability, on and off', async () => {
    const on =
      '<enabled>yes</enabled><group><mode>Active-Passive</mode><local-info><state>active</state></local-info><peer-info><state>passive</state><conn-status>up</conn-status></peer-info><running-sync>synchronized</running-sync></group>'
    const { call } = await device([[/high-availability/, [ok(on), ok('<enabled>no</enabled>')]]])
    expect((await call('show_ha_status')).items).toMatchObject([
      { enabled: true, localState: 'active', peerState: 'passive', peerConnection: 'up', configSync: 'synchronized' },
    ])
    expect((await call('show_ha_status')).text).toContain('is off')
  })

  it('reads the plain text of resources and disks, in all units', () => {
    const memory: Readonly<Record<string, string>> = {
      KiB: 'KiB Mem :  8123596 total,   627507 free,  4200448 used',
      MiB: 'MiB Mem :   7933.2 total,    612.8 free,   4102.0 used',
      k: 'Mem:   8123596k total,  4200448k used,   627507k free',
    }
    const top = (unit: string): string =>
      `top - 06:00:00 up 3 days, 11:22,  0 users,  load average: 1.31, 0.28, 0.26\n%Cpu(s):  4.1 us, 93.8 id\n${memory[unit]}, 1 buff/cache`
    const disk =
      'Filesystem      Size  Used Avail Use% Mounted on\n/dev/root       6.9G  4.4G  2.2G  67% /\nnone            1.9G   92K  1.9G   1% /dev\n'
    for (const unit of Object.keys(memory)) {
      expect(readResources(top(unit), disk)).toMatchObject({
        loadAverage: [1.31, 0.28, 0.26],
        cpuIdlePercent: 93.8,
        memoryTotalMiB: 7933,
        memoryUsedMiB: 4102,
        disks: [{ mount: '/', usedPercent: 67 }, { mount: '/dev' }],
      })
    }
    expect(readResources('', '')).toEqual({ loadAverage: [], disks: [] })
  })

  it('joins logical interfaces with their ports, subinterfaces included', () => {
    const xml =
      '<result><hw><entry><name>ethernet1/1</name><state>up</state><speed>1000</speed></entry><entry><name>ethernet1/2</name><state>down</state></entry></hw><ifnet><entry><name>ethernet1/1.10</name><zone>z</zone><ip>N/A</ip><tag>10</tag><fwd>N/A</fwd></entry></ifnet></result>'
    expect(readInterfaces(parseXml(xml))).toMatchObject([
      { name: 'ethernet1/1.10', state: 'up', zone: 'z', ip: '', vlanTag: '10', forwarding: '' },
      { name: 'ethernet1/1' },
      { name: 'ethernet1/2', state: 'down' },
    ])
  })

  it('asks the other routing engine when the first knows nothing, and only then', async () => {
    const unknown = '<response status="error" code="17"><msg><line>show -> routing is unexpected</line></msg></response>'
    const { call, asked } = await device([
      [/<routing>.*fib-lookup/, unknown],
      [
        /advanced-routing.*fib-lookup/,
        ok('<nh>ip</nh><src>192.0.2.1</src><ip>192.0.2.254</ip><metric>10</metric><interface>ae1</interface>'),
      ],
    ])
    expect((await call('test_route_lookup', { destination_ip: '198.51.100.1' })).items).toMatchObject([
      { found: true, interface: 'ae1', nexthop: '192.0.2.254' },
    ])
    // The interfaces tell the routers and the zone.
    expect(asked).toHaveLength(3)
    expect(asked[0]).toContain('<interface>all')
  })
})

describe('logs and jobs', () => {
  it('waits for a log query whose answer has no log while it runs', async () => {
    const job = (status: string): string => `<job><tenq>06:00:00</tenq><status>${status}</status><id>9</id></job>`
    const { call } = await device([
      [
        /log-type=/,
        '<response status="success" code="19"><result><msg><line>query job enqueued with jobid 9</line></msg><job>9</job></result></response>',
      ],
      [
        /type=log action=get/,
        [
          ok(job('ACT')),
          ok(`${job('ACT')}<log><logs count="0" progress="20"/></log>`),
          ok(
            `${job('FIN')}<log><logs count="1" progress="100"><entry logid="1"><receive_time>t</receive_time><src>192.0.2.1</src><serial>0012</serial></entry></logs></log>`,
          ),
        ],
      ],
    ])
    expect((await call('query_logs', { detail: 'full' })).items).toEqual([
      { logid: '1', receive_time: 't', src: '192.0.2.1', serial: '0012' },
    ])
  })

  it.each([
    '<msg>There are no changes to commit.</msg>',
    '<result><msg>There are no changes to commit.</msg></result>',
    '<result><msg><line>There are no changes to commit.</line></msg></result>',
  ])('understands %s', async inside => {
    const { call } = await device([[/type=commit/, `<response status="success" code="19">${inside}</response>`]])
    expect(await call('commit')).toMatchObject({ error: undefined, text: 'There are no changes to commit.' })
  })

  it('takes code 13 with success, which some administrators get, for nothing to commit', async () => {
    const words = 'The result of this commit would be the same as the previous commit queued/processed. No edits have been made.'
    const { call } = await device([[/type=commit/, `<response status="success" code="13"><msg>${words}</msg></response>`]])
    expect(await call('commit')).toMatchObject({ error: undefined, text: words })
  })

  it('says of a commit of some administrators that it is partial, and of a whole one not', async () => {
    const { call, asked } = await device([])
    await call('commit', { admins: ['alice'] })
    await call('commit')
    expect(asked.filter(form => form.includes('type=commit'))).toEqual([
      'type=commit action=partial cmd=<commit><partial><admin><member>alice</member></admin></partial></commit>',
      'type=commit cmd=<commit></commit>',
    ])
  })

  it('holds a push for finished only when its devices have said so', async () => {
    const push = (result: string, more = ''): string =>
      ok(
        `<job><id>5</id><type>CommitAll</type><status>FIN</status><result>OK</result><progress>100</progress><devices><entry><serial-no>001</serial-no><devicename>fw</devicename><result>${result}</result><details>${more}</details></entry></devices></job>`,
      )
    const { call } = await device([
      [
        /type=commit action=all/,
        '<response status="success" code="19"><result><msg><line>Job enqueued with jobid 5</line></msg><job>5</job></result></response>',
      ],
      [/jobs/, [push('PEND'), push('FAIL', '<msg><errors><line>zone x is not there</line></errors></msg>')]],
    ])
    expect((await call('push_to_devices', { device_group: 'DG' })).error).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('fw: zone x is not there'),
    })
  })

  it.each([
    ['Another commit/validate is in progress. Please try again later', 'busy'],
    ['Configuration is locked by alice', 'busy'],
    ['Config for scope shared is currently locked by alice', 'busy'],
    ['A commit is pending. Please try again later.', 'busy'],
    ['Other administrators are holding device wide commit locks.', 'busy'],
    ['You cannot commit while an install is in progress. Please try again later.', 'busy'],
    ['Failed to synchronize running configuration with HA peer', 'busy'],
  ])('tells "%s" from a failure', async (line, kind) => {
    const { call } = await device([[/type=commit/, `<response status="error"><msg><line>${line}</line></msg></response>`]])
    expect((await call('commit')).error).toMatchObject({ kind, retryable: true, message: line })
  })
})
