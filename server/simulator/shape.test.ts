/** The simulator's answers have the shape of recorded ones: the same element paths and attributes, but for a list of known differences between releases. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { parseXml, type XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import { createDevice } from './profiles.ts'

const corpora = process.env.SEISMOGRAPH_CORPORA
const folder = join(corpora ?? '', 'panos')
const missing = corpora === undefined || !existsSync(folder)
const WHY = 'SEISMOGRAPH_CORPORA names no folder that holds panos/'

const KEY = 'k'
const NOW = Date.parse('2026-11-20T06:00:00Z')
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const device = createDevice({
  profile: 'firewall',
  dialect: '11.1',
  seed: 1,
  objects: 40,
  rules: 20,
  deviceGroups: 1,
  accounts,
  bootedAt: NOW - 86_400_000,
  commitMs: 1000,
  logMs: 0,
})
const ask = (parameters: Record<string, string>, now = NOW): XmlNode =>
  parseXml(answerApi(device, new URLSearchParams(parameters), KEY, now).body)
const op = (cmd: string) => () => ask({ type: 'op', cmd })
const VSYS = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"
const set = (xpath: string, element: string): XmlNode => ask({ type: 'config', action: 'set', xpath, element })
function logs(type: string): XmlNode {
  const id = ask({ type: 'log', 'log-type': type, nlogs: '1' }).children[0]?.children.find(node => node.name === 'job')?.text ?? ''
  return ask({ type: 'log', action: 'get', 'job-id': id })
}

/** Paths of elements, and of attributes with an @; `text` says what kind of value a leaf holds. */
function shape(node: XmlNode, path = '', found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const here = `${path}/${node.name}`
  const text = node.text.trim()
  const kind =
    node.children.length > 0
      ? 'inner'
      : text === ''
        ? 'empty'
        : /^(yes|no)$/.test(text)
          ? 'yes/no'
          : /^\d+$/.test(text)
            ? 'number'
            : /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/.test(text)
              ? 'stamp'
              : 'text'
  found.set(here, (found.get(here) ?? new Set()).add(kind))
  for (const name of Object.keys(node.attributes)) found.set(`${here}@${name}`, new Set(['text']))
  for (const child of node.children) shape(child, here, found)
  return found
}

interface Pair {
  readonly file: string
  /** Without which the answer would be of no use. */
  readonly core: readonly string[]
  /** In the simulator's answer and not in the recording: what later releases or other kinds of entries have. */
  readonly more?: readonly string[]
  answer(): XmlNode
}

const SYSTEM = '/response/result/system'
const LOG = '/response/result/log/logs/entry'
const PAIRS: readonly Pair[] = [
  {
    file: 'napalm-panos/show-system-info.xml',
    answer: op('<show><system><info></info></system></show>'),
    core: ['hostname', 'model', 'serial', 'sw-version', 'uptime', 'multi-vsys', 'operational-mode', 'time'].map(
      name => `${SYSTEM}/${name}`,
    ),
    more: ['is-dhcp', 'cloud-mode', 'device-certificate-status', 'advanced-routing', 'public-ip-address', 'ipv6-link-local-address'].map(
      name => `${SYSTEM}/${name}`,
    ),
  },
  {
    file: 'napalm-panos/show-interface-all.xml',
    answer: op('<show><interface>all</interface></show>'),
    core: [
      '/response/result/hw/entry/name',
      '/response/result/hw/entry/state',
      '/response/result/ifnet/entry/zone',
      '/response/result/ifnet/entry/ip',
    ],
  },
  {
    file: 'napalm-panos/show-routing-route-bgp.xml',
    answer: op('<show><routing><route></route></routing></show>'),
    core: ['destination', 'nexthop', 'metric', 'flags', 'interface'].map(name => `/response/result/entry/${name}`),
    more: ['/response/result/entry/route-table'],
  },
  {
    file: 'napalm-panos/show-arp-all.xml',
    answer: op('<show><arp><entry name="all"/></arp></show>'),
    core: ['status', 'ip', 'mac', 'ttl', 'interface', 'port'].map(name => `/response/result/entries/entry/${name}`),
  },
  {
    file: 'insightconnect/successful.xml',
    answer: () => set(`${VSYS}/tag/entry[@name='t']`, '<color>color1</color>'),
    core: ['/response@status', '/response@code', '/response/msg'],
  },
  {
    file: 'insightconnect/commit2.xml',
    answer: () => ask({ type: 'commit', cmd: '<commit><force/></commit>' }),
    core: ['/response@code', '/response/result/msg/line', '/response/result/job'],
  },
  {
    file: 'insightconnect/commit.xml',
    answer: () => {
      ask({ type: 'version' }, NOW + 60_000)
      return ask({ type: 'commit', cmd: '<commit></commit>' }, NOW + 60_000)
    },
    core: ['/response/result/msg'],
  },
  {
    file: 'insightconnect/get_job_id.xml',
    answer: () => ask({ type: 'log', 'log-type': 'traffic' }),
    core: ['/response/result/job', '/response/result/msg/line'],
  },
  {
    file: 'insightconnect/invalid_rule_name.xml',
    answer: () => ask({ type: 'config', action: 'show', xpath: '/config/nowhere' }),
    core: ['/response/msg/line'],
  },
  {
    file: 'insightconnect/get_config_logs.xml',
    answer: () => logs('config'),
    core: ['receive_time', 'serial', 'admin', 'cmd', 'result', 'path', 'full-path'].map(name => `${LOG}/${name}`),
  },
  {
    file: 'insightconnect/get_system_logs.xml',
    answer: () => logs('system'),
    core: ['receive_time', 'eventid', 'severity', 'opaque'].map(name => `${LOG}/${name}`),
  },
  {
    file: 'insightconnect/get_threat_logs.xml',
    answer: () => logs('threat'),
    core: ['src', 'dst', 'rule', 'app', 'action', 'threatid', 'severity', 'from', 'to'].map(name => `${LOG}/${name}`),
    more: ['natsport', 'natdport', 'flags', 'proto'].map(name => `${LOG}/${name}`),
  },
  {
    file: 'insightconnect/get_policy2.xml',
    answer: () => {
      set(
        `${VSYS}/rulebase/security/rules/entry[@name='r']`,
        '<from><member>any</member></from><to><member>any</member></to><action>drop</action><service><member>any</member></service>',
      )
      return ask({ type: 'config', action: 'get', xpath: `${VSYS}/rulebase/security/rules/entry[@name='r']` })
    },
    core: [
      '/response/result@total-count',
      '/response/result@count',
      '/response/result/entry@dirtyId',
      '/response/result/entry/from@admin',
      '/response/result/entry/from/member@time',
    ],
  },
  {
    file: 'insightconnect/get_object_ipv4.xml',
    answer: () => {
      set(`${VSYS}/address/entry[@name='a']`, '<ip-netmask>192.0.2.1</ip-netmask><description>x</description>')
      return ask({ type: 'config', action: 'get', xpath: `${VSYS}/address/entry[@name='a']` })
    },
    core: ['/response@code', '/response/result/entry@name', '/response/result/entry/ip-netmask'],
    // The recording was made after a commit.
    more: ['', '/ip-netmask', '/description'].flatMap(part =>
      ['admin', 'dirtyId', 'time'].map(mark => `/response/result/entry${part}@${mark}`),
    ),
  },
]

describe('the shape of answers', () => {
  beforeEach(context => context.skip(missing, WHY))

  it.each(PAIRS)('$file', ({ file, answer, core, more = [] }) => {
    const recorded = shape(parseXml(readFileSync(join(folder, file), 'utf8')))
    const played = shape(answer())
    for (const path of core) expect([path, recorded.has(path), played.has(path)]).toEqual([path, true, true])
    expect([...played.keys()].filter(path => !recorded.has(path) && !more.includes(path))).toEqual([])
    // Where both have a value, it is of the same kind.
    for (const [path, kinds] of played) {
      const known = recorded.get(path)
      if (known?.has('stamp') || known?.has('yes/no'))
        expect([path, [...kinds].every(kind => known.has(kind) || kind === 'empty')]).toEqual([path, true])
    }
  })
})
