/** The simulated device as a state machine: what an edit does to the candidate, what a commit does to the running configuration, and what is refused. The clock is the test's own. */
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { child, children, parseXml, textAt, writeXml, type XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { parseLogFilter } from './log-filter.ts'
import { createDevice, type ProfileOptions } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const keyOf = (user: string): string => accounts.find(account => account.user === user)?.apiKey ?? ''
const START = Date.parse('2026-11-20T06:00:00Z')
const VSYS = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"
const ADDRESS = `${VSYS}/address/entry[@name='web']`

let device: Device
let now = START
const make = (options: Partial<ProfileOptions> = {}): Device =>
  createDevice({
    profile: 'firewall',
    dialect: '11.1',
    seed: 3,
    objects: 30,
    rules: 6,
    deviceGroups: 4,
    accounts,
    bootedAt: START - 86_400_000,
    commitMs: 10_000,
    logMs: 1000,
    ...options,
  })
beforeEach(() => {
  device = make()
  now = START
})

function ask(parameters: Record<string, string>, key = KEY): XmlNode {
  return parseXml(answerApi(device, new URLSearchParams(parameters), key, now).body)
}
const config = (action: string, xpath: string, more: Record<string, string> = {}, key?: string): XmlNode =>
  ask({ type: 'config', action, xpath, ...more }, key)
const op = (cmd: string, key?: string): XmlNode => ask({ type: 'op', cmd }, key)
const set = (xpath: string, element: string, key?: string): XmlNode => config('set', xpath, { element }, key)
const verdict = (answer: XmlNode): string => `${answer.attributes.status} ${answer.attributes.code ?? '-'}`
const words = (answer: XmlNode): string =>
  writeXml(answer)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
const get = (xpath: string): string => writeXml(child(config('get', xpath), 'result') ?? parseXml('<none/>'))
const show = (xpath: string): string => writeXml(config('show', xpath))
const job = (id: string): XmlNode | undefined => child(op(`<show><jobs><id>${id}</id></jobs></show>`), 'result', 'job')
const commit = (inside = '', key?: string): XmlNode => ask({ type: 'commit', cmd: `<commit>${inside}</commit>` }, key)
const committed = (inside = '', key?: string): XmlNode | undefined => {
  const id = textAt(commit(inside, key), 'result', 'job') ?? ''
  now += 60_000
  return job(id)
}
const RULE =
  '<from><member>users</member></from><to><member>untrust</member></to><source><member>any</member></source><destination><member>any</member></destination>' +
  '<application><member>ssl</member></application><service><member>application-default</member></service><action>allow</action>'

describe('edits', () => {
  it('change the candidate alone, mark what is new, and are gone from the marks after a commit', () => {
    expect(verdict(set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>'))).toBe('success 20')
    expect(get(ADDRESS)).toMatch(
      /<entry name="web" admin="admin" dirtyId="2" time="2026\/11\/20 06:00:00"><ip-netmask admin="admin" dirtyId="2" time="[^"]+">192\.0\.2\.1</,
    )
    expect(show(ADDRESS)).toContain('No such node')
    expect(words(op('<check><pending-changes></pending-changes></check>'))).toBe('yes')
    expect(textAt(committed(), 'result')).toBe('OK')
    expect(show(ADDRESS)).toContain('<entry name="web"><ip-netmask>192.0.2.1</ip-netmask></entry>')
    expect(get(ADDRESS)).not.toContain('dirtyId')
    expect(get(`${VSYS}/address`)).not.toContain('dirtyId')
    expect(words(op('<check><pending-changes></pending-changes></check>'))).toBe('no')
  })

  it('merge with set, replace with edit, and one choice takes the other away', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask><tag><member>pci</member></tag>')
    set(`${VSYS}/address`, '<entry name="web"><fqdn>web.example.net</fqdn><tag><member>production</member></tag></entry>')
    committed()
    expect(show(ADDRESS)).toContain('<tag><member>pci</member><member>production</member></tag><fqdn>web.example.net</fqdn></entry>')
    expect(verdict(config('edit', ADDRESS, { element: '<entry name="web"><fqdn>b.example.net</fqdn></entry>' }))).toBe('success 20')
    expect(verdict(config('edit', ADDRESS, { element: '<entry name="other"><fqdn>b.example.net</fqdn></entry>' }))).toBe('error 12')
    committed()
    expect(show(ADDRESS)).toContain('<entry name="web"><fqdn>b.example.net</fqdn></entry>')
    // What is there already is no change.
    set(ADDRESS, '<fqdn>b.example.net</fqdn>')
    expect(words(commit())).toBe('There are no changes to commit.')
  })

  it('delete, and say so when there was nothing', () => {
    const before = writeXml(device.running)
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    expect(verdict(config('delete', ADDRESS))).toBe('success 20')
    const again = config('delete', ADDRESS)
    expect([verdict(again), textAt(again, 'msg')]).toEqual(['success 7', "Object doesn't exist"])
    committed()
    expect(writeXml(device.running)).toBe(before)
  })

  it('refuse to delete what is in use, and name who uses it', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    set(`${VSYS}/rulebase/security/rules/entry[@name='r1']`, RULE.replace('<source><member>any</member>', '<source><member>web</member>'))
    set(`${VSYS}/address-group/entry[@name='g1']`, '<static><member>web</member></static>')
    const refused = config('delete', ADDRESS)
    expect(verdict(refused)).toBe('error 10')
    expect(words(refused)).toBe(
      'web cannot be deleted because of references from: vsys -&gt; vsys1 -&gt; address-group -&gt; g1 -&gt; static vsys -&gt; vsys1 -&gt; rulebase -&gt; security -&gt; rules -&gt; r1 -&gt; source',
    )
    // A shared object of the same name takes its place.
    set("/config/shared/address/entry[@name='web']", '<ip-netmask>192.0.2.2</ip-netmask>')
    expect(verdict(config('delete', ADDRESS))).toBe('success 20')
    expect(verdict(config('delete', "/config/shared/address/entry[@name='web']"))).toBe('error 10')
  })

  it('delete everything that one expression names, or nothing of it', () => {
    const at = (...names: readonly string[]): string => `${VSYS}/address-group/entry[${names.map(name => `@name='${name}'`).join(' or ')}]`
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    for (const [name, member] of Object.entries({ g1: 'web', g2: 'g1', g3: 'web', g4: 'g3' }))
      set(at(name), `<static><member>${member}</member></static>`)
    const before = device.candidate
    const refused = config('delete', at('g1', 'g2', 'g3'))
    expect([verdict(refused), words(refused)]).toEqual([
      'error 10',
      'g3 cannot be deleted because of references from: vsys -&gt; vsys1 -&gt; address-group -&gt; g4 -&gt; static',
    ])
    expect(device.candidate).toBe(before)
    // What refers to the one may go with it; what is not there is not missed.
    committed()
    expect(verdict(config('delete', at('g1', 'g2', 'nobody')))).toBe('success 20')
    const journal = children(child(op('<show><config><list><changes/></list></config></show>'), 'result', 'journal'), 'entry')
    expect(journal.map(entry => [textAt(entry, 'action'), textAt(entry, 'xpath')])).toEqual([
      ['DELETE', at('g1')],
      ['DELETE', at('g2')],
    ])
    op('<revert><config/></revert>')
    expect(device.candidate).toBe(device.running)
    config('delete', at('g1', 'g2'))
    committed('<partial><admin><member>admin</member></admin></partial>')
    expect(show(at('g2'))).toContain('No such node')
    expect(verdict(config('delete', `${VSYS}/address-group/entry[@name='g4']/static/member[text()='g3' or text()='web']`))).toBe(
      'success 20',
    )
    // Other verbs are for one node.
    expect(verdict(config('rename', at('g3', 'g4'), { newname: 'g5' }))).toBe('error 8')
  })

  it('rename an object together with its references', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    set(
      `${VSYS}/rulebase/security/rules/entry[@name='r1']`,
      RULE.replace('<destination><member>any</member>', '<destination><member>web</member>'),
    )
    expect(verdict(config('rename', ADDRESS, { newname: 'www' }))).toBe('success 20')
    committed()
    expect(show(`${VSYS}/rulebase/security/rules/entry[@name='r1']/destination`)).toContain('<member>www</member>')
    expect(show(`${VSYS}/address/entry[@name='www']`)).toContain('192.0.2.1')
    expect(show(ADDRESS)).toContain('No such node')
    expect(verdict(config('rename', `${VSYS}/address/entry[@name='www']`, { newname: 'users-laptop-001' }))).toMatch(
      /^(error 8|success 20)$/,
    )
  })

  it.each([
    ['source-translation', '<dynamic-ip-and-port><translated-address><member>web</member></translated-address></dynamic-ip-and-port>'],
    ['source-translation', '<dynamic-ip><fallback><translated-address><member>web</member></translated-address></fallback></dynamic-ip>'],
    ['source-translation', '<static-ip><translated-address>web</translated-address></static-ip>'],
    ['destination-translation', '<translated-address>web</translated-address><translated-port>443</translated-port>'],
    ['dynamic-destination-translation', '<translated-address>web</translated-address>'],
  ])('know the object that the %s %s of a NAT rule names', (part, inside) => {
    const nat = `${VSYS}/rulebase/nat/rules/entry[@name='n']`
    const rule = `${RULE.replace(/<(application|action)>.*?<\/\1>/g, '').replace(/<service>.*<\/service>/, '<service>any</service>')}<${part}>${inside}</${part}>`
    expect(verdict(set(nat, rule))).toBe('error 12')
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    expect(verdict(set(nat, rule))).toBe('success 20')
    const refused = config('delete', ADDRESS)
    expect([verdict(refused), words(refused)]).toEqual([
      'error 10',
      expect.stringMatching(
        new RegExp(`from: vsys -&gt; vsys1 -&gt; rulebase -&gt; nat -&gt; rules -&gt; n -&gt; ${part} .*translated-address$`),
      ),
    ])
    expect(verdict(config('rename', ADDRESS, { newname: 'www' }))).toBe('success 20')
    expect(textAt(committed(), 'result')).toBe('OK')
    expect(show(`${nat}/${part}`)).toContain(inside.replace('web', 'www'))
  })

  it('move and clone rules', () => {
    const order = (): (string | undefined)[] =>
      children(child(config('get', `${VSYS}/rulebase/security/rules`), 'result', 'rules'), 'entry').map(rule => rule.attributes.name)
    const rule = (name: string): string => `${VSYS}/rulebase/security/rules/entry[@name='${name}']`
    for (const name of ['a', 'b', 'c']) set(rule(name), RULE)
    const rest = order().slice(0, -3)
    expect(verdict(config('move', rule('c'), { where: 'top' }))).toBe('success 20')
    expect(order()).toEqual(['c', ...rest, 'a', 'b'])
    expect(verdict(config('move', rule('c'), { where: 'top' }))).toBe('error 14')
    expect(verdict(config('move', rule('c'), { where: 'after', dst: 'a' }))).toBe('success 20')
    expect(verdict(config('move', rule('b'), { where: 'before', dst: 'a' }))).toBe('success 20')
    expect(order()).toEqual([...rest, 'b', 'a', 'c'])
    expect(verdict(config('move', rule('c'), { where: 'before', dst: 'nobody' }))).toBe('error 13')
    expect(verdict(config('move', rule('nobody'), { where: 'top' }))).toBe('error 7')
    expect(verdict(config('clone', `${VSYS}/rulebase/security/rules`, { from: rule('a'), newname: 'd' }))).toBe('success 20')
    expect(order().at(-1)).toBe('d')
    expect(verdict(config('clone', `${VSYS}/rulebase/security/rules`, { from: rule('a'), newname: 'd' }))).toBe('error 8')
  })

  it.each([
    ['a value', ADDRESS, '<ip-netmask>x</ip-netmask>', /web -> ip-netmask 'x' is invalid/],
    ['an element', ADDRESS, '<ip-netmaks>192.0.2.1</ip-netmaks>', /web -> ip-netmaks unexpected here/],
    ['a name', `${VSYS}/address/entry[@name='-x']`, '<fqdn>a.b</fqdn>', /not a valid name/],
    ['a long name', `${VSYS}/address/entry[@name='${'x'.repeat(64)}']`, '<fqdn>a.b</fqdn>', /too long/],
    ['a tag that is not there', ADDRESS, '<fqdn>a.b</fqdn><tag><member>nobody</member></tag>', /tag 'nobody' is not a valid reference/],
    [
      'a member that is not there',
      `${VSYS}/address-group/entry[@name='g']`,
      '<static><member>nobody</member></static>',
      /not a valid reference/,
    ],
    [
      'mixed services',
      `${VSYS}/rulebase/security/rules/entry[@name='r']`,
      '<service><member>application-default</member><member>tcp-8443</member></service>',
      /cannot be mixed/,
    ],
    ['an action', `${VSYS}/rulebase/security/rules/entry[@name='r']`, '<action>permit</action>', /action 'permit' is invalid/],
    ['a port', `${VSYS}/service/entry[@name='s']`, '<protocol><tcp><port>70000</port></tcp></protocol>', /port '70000' is invalid/],
    [
      'a zone that is not there',
      `${VSYS}/rulebase/security/rules/entry[@name='r']`,
      '<from><member>moon</member></from>',
      /from 'moon' is not a valid reference/,
    ],
  ])('refuse %s with code 12 and change nothing', (_, xpath, element, message) => {
    const before = device.candidate
    const refused = set(xpath, element)
    expect(verdict(refused)).toBe('error 12')
    expect(
      children(child(refused, 'msg'), 'line')
        .map(line => line.text)
        .join('\n'),
    ).toMatch(message)
    expect(device.candidate).toBe(before)
  })

  it.each([
    ['set', '/config/shared/pre-rulebase/security/rules', `<entry name="r">${RULE}</entry>`, 6, 'Could not find schema node for xpath'],
    ['edit', `${VSYS}/post-rulebase`, '<post-rulebase/>', 6, 'Could not find schema node for xpath'],
    ['set', '/config/shared', '<post-rulebase/>', 12, 'shared -&gt; post-rulebase unexpected here shared is invalid'],
    ['edit', '/config/shared', '<shared><pre-rulebase/></shared>', 12, 'shared -&gt; pre-rulebase unexpected here shared is invalid'],
  ])('refuse to %s at %s of a firewall the rules that only a Panorama has', (action, xpath, element, code, message) => {
    const before = device.candidate
    const refused = config(action, xpath, { element })
    expect([verdict(refused), words(refused)]).toEqual([`error ${code}`, expect.stringContaining(message)])
    expect(device.candidate).toBe(before)
    expect(verdict(config('get', xpath))).toBe(xpath.endsWith('shared') ? 'success 19' : 'success 7')
    device = make({ profile: 'panorama' })
    if (xpath.startsWith('/config/shared/'))
      expect(verdict(config(action, xpath, { element: element.replaceAll('users', 'any') }))).toBe('success 20')
  })

  it('come all or not at all in a multi-config', () => {
    const request = (second: string): XmlNode =>
      config('multi-config', '', {
        element: `<multi-configure-request><set id="1" xpath="${ADDRESS}"><ip-netmask>192.0.2.1</ip-netmask></set>${second}</multi-configure-request>`,
      })
    const bad = request(`<edit id="2" xpath="${ADDRESS}"><entry name="web"><fqdn>!</fqdn></entry></edit>`)
    expect([verdict(bad), children(bad, 'response').map(part => `${part.attributes.id} ${verdict(part)}`)]).toEqual([
      'error 13',
      ['1 success 20', '2 error 12'],
    ])
    expect([words(op('<check><pending-changes/></check>')), device.candidate === device.running]).toEqual(['no', true])
    const good = request(`<rename id="2" xpath="${ADDRESS}" newname="www"/>`)
    expect([verdict(good), children(good, 'response').length]).toEqual(['success 20', 2])
    expect(verdict(config('multi-config', '', { element: '%3Cx%3E' }))).toBe('error 17')
    device = make({ dialect: '10.1' })
    expect(verdict(request(''))).toBe('error 400')
  })

  it('keep running and candidate whole whatever is written in whatever order', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'users-laptop-001')
    const step = fc.record({
      action: fc.constantFrom('set', 'edit', 'delete', 'rename', 'clone', 'commit', 'revert'),
      name: names,
      other: names,
      octet: fc.nat(255),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), steps => {
        device = make({ objects: 4, rules: 2 })
        now = START
        const started = writeXml(device.running)
        for (const { action, name, other, octet } of steps) {
          const xpath = `${VSYS}/address/entry[@name='${name}']`
          const value = `<ip-netmask>192.0.2.${octet}</ip-netmask>`
          if (action === 'commit') committed()
          else if (action === 'revert') op('<revert><config></config></revert>')
          else if (action === 'set') set(xpath, value)
          else if (action === 'edit') config('edit', xpath, { element: `<entry name="${name}">${value}</entry>` })
          else if (action === 'clone') config('clone', `${VSYS}/address`, { from: xpath, newname: other })
          else config(action, xpath, { newname: other })
          const entries = children(child(config('get', `${VSYS}/address`), 'result', 'address'), 'entry').map(
            entry => entry.attributes.name,
          )
          expect(new Set(entries).size).toBe(entries.length)
          expect(writeXml(device.running)).not.toContain('dirtyId')
          if (device.pending.length === 0) expect(writeXml(device.candidate)).toBe(writeXml(device.running))
        }
        if (!steps.some(({ action }) => action === 'commit')) expect(writeXml(device.running)).toBe(started)
      }),
      { numRuns: 50 },
    )
  })
})

describe('completion', () => {
  it('names what is below a path: entries by name, else the parts', () => {
    const values = (xpath: string): (string | undefined)[] =>
      children(child(config('complete', xpath), 'completions'), 'completion').map(({ attributes }) => attributes.value)
    expect(values(`${VSYS}/tag`)).toContain('owner-netops')
    expect(values(VSYS)).toEqual(expect.arrayContaining(['zone', 'address', 'rulebase']))
    expect(values('/config/nowhere')).toEqual([])
    expect(verdict(config('complete', '/config['))).toBe('error 6')
  })
})

describe('commits', () => {
  it('are jobs: pending, active with progress, finished; one at a time', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    const answer = commit('<description>first</description>')
    const id = textAt(answer, 'result', 'job') ?? ''
    expect([verdict(answer), textAt(answer, 'result', 'msg', 'line')]).toEqual(['success 19', `Commit job enqueued with jobid ${id}`])
    const facts = (): (string | undefined)[] => ['status', 'result', 'progress', 'tfin', 'description'].map(name => textAt(job(id), name))
    expect(facts()).toEqual(['PEND', 'PEND', '0', 'Still Active', 'first'])
    now += 6000
    expect(facts().slice(0, 3)).toEqual(['ACT', 'PEND', '50'])
    expect(words(commit())).toContain('Another commit/validate is in progress')
    expect(show(ADDRESS)).toContain('No such node')
    now += 6000
    expect(facts().slice(0, 3)).toEqual(['FIN', 'OK', '100'])
    expect(show(ADDRESS)).toContain('192.0.2.1')
  })

  it('carry what was there when they were enqueued', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    commit()
    now += 3000
    set(ADDRESS, '<ip-netmask>192.0.2.9</ip-netmask>')
    now += 60_000
    expect(show(ADDRESS)).toContain('192.0.2.1<')
    expect(get(ADDRESS)).toContain('192.0.2.9<')
    expect(words(op('<check><pending-changes/></check>'))).toBe('yes')
  })

  it('fail as jobs when the configuration is not valid as a whole', () => {
    set(`${VSYS}/rulebase/security/rules/entry[@name='r1']`, RULE.replace(/<service>.*<\/service>/, ''))
    const validation = op('<validate><full></full></validate>')
    now += 60_000
    expect(textAt(job(textAt(validation, 'result', 'job') ?? ''), 'result')).toBe('FAIL')
    const failed = committed()
    expect(textAt(failed, 'result')).toBe('FAIL')
    expect(
      children(child(failed, 'details'), 'line')
        .map(line => line.text)
        .join(),
    ).toMatch(/r1 is missing 'service'/)
    expect(words(op('<check><pending-changes/></check>'))).toBe('yes')
  })

  it('can be of one administrator alone, and so can a revert', () => {
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    set(`${VSYS}/address/entry[@name='other']`, '<ip-netmask>192.0.2.2</ip-netmask>', keyOf('second'))
    const changes = children(child(op('<show><config><list><changes></changes></list></config></show>'), 'result', 'journal'), 'entry')
    expect(changes.map(entry => textAt(entry, 'owner'))).toEqual(['admin', 'second'])
    committed('<partial><admin><member>second</member></admin></partial>')
    expect([show(ADDRESS), show(`${VSYS}/address/entry[@name='other']`)]).toEqual([
      expect.stringContaining('No such node'),
      expect.stringContaining('192.0.2.2'),
    ])
    expect(get(ADDRESS)).toContain('dirtyId')
    op('<revert><config><partial><admin><member>admin</member></admin></partial></config></revert>')
    expect(device.candidate).toBe(device.running)
  })

  it('are stopped by the locks of others, and give the own ones back', () => {
    expect(verdict(op('<request><config-lock><add><comment>mine</comment></add></config-lock></request>'))).toBe('success -')
    const refused = set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>', keyOf('second'))
    expect(words(refused)).toBe('Configuration is locked by admin')
    op('<request><commit-lock><add/></commit-lock></request>', keyOf('second'))
    set(ADDRESS, '<ip-netmask>192.0.2.1</ip-netmask>')
    expect(words(commit())).toBe('Configuration is locked by second')
    op('<request><commit-lock><remove/></commit-lock></request>', keyOf('second'))
    expect(textAt(committed(), 'result')).toBe('OK')
    expect(words(op('<request><config-lock><remove/></config-lock></request>'))).toContain('is not currently locked')
  })
})

describe('roles', () => {
  it('have keys that a form carries as they are, as clients send them', () => {
    for (let number = 0; number < 50; number += 1) {
      const keys = makeAccounts({ user: 'admin', password: 'pw', apiKey: `key-${number}` }).map(({ apiKey }) => apiKey)
      for (const key of keys) expect(new URLSearchParams(`key=${key}`).get('key')).toBe(key)
    }
  })

  it.each([
    ['auditor', { type: 'op', cmd: '<show><clock/></show>' }, 'op'],
    ['auditor', { type: 'commit', cmd: '<commit/>' }, 'commit'],
    ['reader', { type: 'config', action: 'set', xpath: ADDRESS, element: '<fqdn>a.b</fqdn>' }, 'config'],
    ['reader', { type: 'commit', cmd: '<commit/>' }, 'commit'],
  ])('%s may not %j', (user, parameters, area) => {
    const answer = answerApi(device, new URLSearchParams(parameters), keyOf(user), now)
    expect([answer.httpStatus, words(parseXml(answer.body))]).toEqual([403, `Type [${area}] not authorized for user role.`])
  })
})

describe('logs', () => {
  const query = (more: Record<string, string>): XmlNode => ask({ type: 'log', 'log-type': 'traffic', ...more })
  const fetch = (id: string, action = 'get'): XmlNode => ask({ type: 'log', action, 'job-id': id })
  const logs = (more: Record<string, string>): readonly XmlNode[] => {
    const id = textAt(query(more), 'result', 'job') ?? ''
    now += 2000
    return children(child(fetch(id), 'result', 'log', 'logs'), 'entry')
  }

  it('are queried by jobs that run, answer once and are gone', () => {
    const id = textAt(query({ nlogs: '5' }), 'result', 'job') ?? ''
    expect(textAt(fetch(id), 'result', 'job', 'status')).toBe('ACT')
    now += 2000
    const done = fetch(id)
    expect([textAt(done, 'result', 'job', 'status'), child(done, 'result', 'log', 'logs')?.attributes.count]).toEqual(['FIN', '5'])
    expect([verdict(fetch(id)), words(fetch(id))]).toEqual(['error -', 'No such query job'])
    const other = textAt(query({}), 'result', 'job') ?? ''
    expect([verdict(fetch(other, 'finish')), verdict(fetch(other)), device.logJobs.open]).toEqual(['success -', 'error -', 0])
  })

  it('of the configuration tell what was really done, by whom', () => {
    set(ADDRESS, '<fqdn>a.example.net</fqdn>', keyOf('second'))
    now += 1000
    committed()
    const id = textAt(query({ 'log-type': 'config', nlogs: '2' }), 'result', 'job') ?? ''
    now += 2000
    const entries = children(child(fetch(id), 'result', 'log', 'logs'), 'entry')
    expect(entries.map(entry => ['admin', 'cmd', 'path'].map(part => textAt(entry, part)))).toEqual([
      ['admin', 'commit', undefined],
      ['second', 'set', 'vsys  vsys1 address  web'],
    ])
  })

  it('are the same for the same seed', () => {
    const everything = (): string =>
      ['traffic', 'threat', 'url', 'system', 'config']
        .map(type => {
          const id = textAt(query({ 'log-type': type, nlogs: '50' }), 'result', 'job') ?? ''
          now += 2000
          return writeXml(child(fetch(id), 'result', 'log') ?? parseXml('<none/>'))
        })
        .join('')
    const of = (seed: number): string => {
      device = make({ seed })
      now = START
      return everything()
    }
    expect(of(3)).toBe(of(3))
    expect(of(3)).not.toBe(of(4))
  })

  it('filter, skip and go either way', () => {
    const denied = logs({
      query: "( action neq allow ) and ( addr.src in 10.0.0.0/8 ) and ( receive_time leq '2026/11/20 06:00:00' )",
      nlogs: '100',
    })
    expect(denied.length).toBeGreaterThan(3)
    for (const entry of denied) expect(textAt(entry, 'action')).not.toBe('allow')
    const [newest] = logs({ nlogs: '1' })
    const [second] = logs({ nlogs: '1', skip: '1' })
    const [oldest] = logs({ nlogs: '1', dir: 'forward' })
    const number = (entry: XmlNode | undefined): number => Number(textAt(entry, 'seqno'))
    expect([number(newest) - number(second), number(oldest)]).toEqual([1, 1000])
    set(ADDRESS, '<fqdn>a.example.net</fqdn>')
    const path = ADDRESS.replaceAll("'", String.raw`\'`)
    const written = logs({ 'log-type': 'config', query: `(full-path contains '${path}') and (cmd eq set)` })
    expect(written.map(entry => textAt(entry, 'full-path'))).toEqual([ADDRESS])
    // A backslash elsewhere is itself.
    const filter = parseLogFilter(String.raw`(srcuser eq 'corp\alice') and (dstuser eq "o\"neil")`)
    expect(filter({ srcuser: String.raw`corp\alice`, dstuser: 'o"neil' })).toBe(true)
    for (const bad of ['( action eq', 'action is allow', ')(']) expect(verdict(query({ query: bad }))).toBe('error 17')
    expect(verdict(query({ nlogs: '5001' }))).toBe('error 400')
  })

  it('say what the policy says', () => {
    device = make({ rules: 60 })
    const entry = logs({ query: '(action eq allow) and (port.dst eq 443)', nlogs: '1' })[0]
    const flow = ['from', 'to'].map(part => `<${part}>${textAt(entry, part)}</${part}>`).join('')
    const match = op(
      `<test><security-policy-match>${flow}<source>${textAt(entry, 'src')}</source><destination>${textAt(entry, 'dst')}</destination>` +
        '<protocol>6</protocol><destination-port>443</destination-port><application>ssl</application></security-policy-match></test>',
    )
    expect(child(match, 'result', 'rules', 'entry')?.attributes.name).toBe(textAt(entry, 'rule'))
  })
})

describe('profiles', () => {
  it('plays several virtual systems', () => {
    device = make({ profile: 'multi-vsys', objects: 90 })
    expect(get("/config/devices/entry[@name='localhost.localdomain']/vsys/entry/@name")).toContain(
      '<entry name="vsys1"/><entry name="vsys2"/><entry name="vsys3"/>',
    )
    expect(textAt(op('<show><system><info/></system></show>'), 'result', 'system', 'multi-vsys')).toBe('on')
    expect(show("/config/devices/entry[@name='localhost.localdomain']/vsys/entry/zone")).toContain('No such node')
  })

  it('plays a Panorama that reaches its firewalls by target and pushes to them', () => {
    device = make({ profile: 'panorama', objects: 60 })
    const serial = [...device.managed.keys()][0] ?? ''
    expect(serial).toMatch(/^0\d{11}$/)
    expect(words(op('<show><dg-hierarchy/></show>'))).toBe('')
    const top = child(op('<show><dg-hierarchy/></show>'), 'result', 'dg-hierarchy', 'dg')
    expect([top?.attributes.name, top?.children.map(dg => dg.attributes.name)]).toEqual(['all-sites', ['site-001', 'site-002']])
    expect(words(ask({ type: 'op', cmd: '<show><system><info/></system></show>', target: serial }))).toContain('fw-all-sites')
    expect(verdict(ask({ type: 'version', target: '0' }))).toBe('error 13')
    const rules = "/config/panorama/vsys/entry[@name='vsys1']/pre-rulebase/security/rules"
    const before = ask({ type: 'config', action: 'show', xpath: rules, target: serial })
    expect(children(child(before, 'result', 'rules'), 'entry').length).toBeGreaterThan(3)
    const xpath =
      "/config/devices/entry[@name='localhost.localdomain']/device-group/entry[@name='all-sites']/pre-rulebase/security/rules/entry[@name='fresh']"
    set(xpath, RULE)
    expect(writeXml(op('<show><config><list><changes/></list></config></show>'))).toContain('<component-type>policy<')
    expect(textAt(committed(), 'result')).toBe('OK')
    const push = ask({
      type: 'commit',
      action: 'all',
      cmd: '<commit-all><shared-policy><device-group><entry name="all-sites"/></device-group></shared-policy></commit-all>',
    })
    const id = textAt(push, 'result', 'job') ?? ''
    now += 11_100
    // The job says 100 before its devices do.
    expect([textAt(job(id), 'progress'), textAt(job(id), 'devices', 'entry', 'result')]).toEqual(['100', 'PEND'])
    now += 60_000
    expect(textAt(job(id), 'devices', 'entry', 'result')).toBe('OK')
    expect(writeXml(ask({ type: 'config', action: 'show', xpath: rules, target: serial }))).toContain('name="fresh"')
  })

  it('speaks the dialects of its releases', () => {
    const match =
      '<test><security-policy-match><source>10.20.0.9</source><destination>198.51.100.1</destination><protocol>6</protocol></security-policy-match></test>'
    const shape = (): string[] =>
      children(child(op(match), 'result', 'rules'), 'entry').map(entry => (entry.attributes.name ? 'name' : 'text'))
    device = make({ dialect: '10.1' })
    expect([shape(), writeXml(op('<show><system><info/></system></show>')).match(/<ZTP>/g)?.length]).toEqual([['text'], 2])
    device = make({ dialect: '11.2' })
    expect(shape()).toEqual(['name'])
    const json = textAt(op('<show><advanced-routing><route></route></advanced-routing></show>'), 'result', 'json') ?? ''
    expect(Object.keys(JSON.parse(json).default)).toContain('0.0.0.0/0')
  })
})
