/** `show_ha_status`, `show_resources`, `show_licenses`: the state of the device. Promise: what one release does not know is a warning, and the rest is told. */
import { z } from 'zod'
import { asPanosError } from '../panos/panos-error.ts'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { joined } from './listing.ts'
import type { PanosTool } from './panos-tool.ts'

const none = z.object({})

/** Leaf fields of a node as text, with a prefix for those of its parts. */
function flat(node: XmlNode | undefined, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const field of node?.children ?? []) {
    if (field.children.length === 0) found[prefix + field.name] = field.text.trim()
    else Object.assign(found, flat(field, `${prefix}${field.name}.`))
  }
  return found
}

const ha = z.object({
  enabled: z.boolean(),
  mode: z.string().optional(),
  localState: z.string().optional(),
  peerState: z.string().optional(),
  peerConnection: z.string().optional(),
  configSync: z.string().optional(),
  details: z.record(z.string(), z.string()).describe('All that the device says, by path.'),
})

export const showHaStatus: PanosTool<typeof none, z.infer<typeof ha>> = {
  name: 'show_ha_status',
  title: 'Show high availability',
  description: 'Whether the device is one of a pair, which of them is active, and whether their configurations are in step.',
  toolset: 'core',
  input: none,
  item: ha,
  async run(_, { client, signal }) {
    const { result } = await client().op('<show><high-availability><state></state></high-availability></show>', signal)
    const enabled = textAt(result, 'enabled') === 'yes'
    const of = (...path: readonly string[]): string | undefined => textAt(result, 'group', ...path) ?? textAt(result, ...path)
    const facts = {
      mode: of('mode'),
      localState: of('local-info', 'state'),
      peerState: of('peer-info', 'state'),
      peerConnection: of('peer-info', 'conn-status'),
      configSync: of('running-sync'),
    }
    const item = { enabled, ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)), details: flat(result) }
    return {
      scope: 'show high-availability state',
      items: [item],
      warnings: [],
      summary: enabled
        ? `High availability is on: this device is ${facts.localState ?? 'unknown'}, its peer ${facts.peerState ?? 'unknown'}, configuration ${facts.configSync ?? 'unknown'}.`
        : `High availability is off on ${client().device}.`,
      line: found =>
        Object.entries(found.details)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\n'),
    }
  },
}

const resources = z.object({
  loadAverage: z.array(z.number()).describe('Over 1, 5 and 15 minutes.'),
  cpuIdlePercent: z.number().optional(),
  memoryTotalMiB: z.number().optional(),
  memoryUsedMiB: z.number().optional(),
  disks: z.array(z.object({ mount: z.string(), size: z.string(), used: z.string(), usedPercent: z.number() })),
  sessions: z.record(z.string(), z.string()).describe('Counters of the session table.'),
})
type Resources = z.infer<typeof resources>

/** The two answers that are plain text for people. */
export function readResources(top: string, disk: string): Omit<Resources, 'sessions'> {
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(top)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  // Older releases write `Mem: 3862316k total`.
  const scale = /^KiB Mem|^Mem\s*:\s*\d+k/m.test(top) ? 1024 : 1
  const optional = {
    cpuIdlePercent: number(/([\d.]+)\s*%?\s*id\b/),
    memoryTotalMiB: number(/Mem\s*:\s*([\d.]+)\s*[kK+]*\s*total/),
    memoryUsedMiB: number(/Mem\s*:.*?([\d.]+)\s*[kK+]*\s*used/),
  }
  for (const name of ['memoryTotalMiB', 'memoryUsedMiB'] as const)
    if (optional[name] !== undefined) optional[name] = Math.round(optional[name] / scale)
  return {
    loadAverage: (/load average: ([\d., ]+)/.exec(top)?.[1] ?? '').split(',').filter(Boolean).map(Number),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Resources>),
    disks: [...disk.matchAll(/^(\S+)\s+(\S+)\s+(\S+)\s+\S+\s+(\d+)%\s+(\S+)\s*$/gm)].map(
      ([, , size = '', used = '', percent = '', mount = '']) => ({
        mount,
        size,
        used,
        usedPercent: Number(percent),
      }),
    ),
  }
}

export const showResources: PanosTool<typeof none, Resources> = {
  name: 'show_resources',
  title: 'Show resources',
  description: 'Load, memory and disks of the management plane, and how full the session table is.',
  toolset: 'core',
  input: none,
  item: resources,
  async run(_, { client, signal }) {
    const warnings: string[] = []
    const ask = async (words: readonly string[]): Promise<XmlNode | undefined> => {
      const command = `${words.map(word => `<${word}>`).join('')}${words
        .toReversed()
        .map(word => `</${word}>`)
        .join('')}`
      try {
        return (await client().op(command, signal)).result
      } catch (error) {
        const { kind, message } = asPanosError(error)
        // A Panorama has no sessions, a small release no such counter; being refused or cut off is another matter.
        if (kind !== 'bad-request' && kind !== 'device') throw error
        warnings.push(`${words.join(' ')}: ${message}`)
        return undefined
      }
    }
    const [top, disk, sessions] = await Promise.all([
      ask(['show', 'system', 'resources']),
      ask(['show', 'system', 'disk-space']),
      ask(['show', 'session', 'info']),
    ])
    const item: Resources = { ...readResources(top?.text ?? '', disk?.text ?? ''), sessions: flat(sessions) }
    const full = item.disks.filter(({ usedPercent }) => usedPercent >= 90)
    return {
      scope: 'resources of the management plane, session table',
      items: [item],
      warnings: [...warnings, ...full.map(({ mount, usedPercent }) => `${mount} is ${usedPercent} % full.`)],
      summary: `Load ${item.loadAverage.join(', ') || 'unknown'}; memory ${item.memoryUsedMiB ?? '?'} of ${item.memoryTotalMiB ?? '?'} MiB${sessions ? `; sessions ${item.sessions['num-active'] ?? '?'} of ${item.sessions['num-max'] ?? '?'}` : ''}.`,
      line: found => found.disks.map(({ mount, used, size, usedPercent }) => `${mount}  ${used} of ${size}  ${usedPercent} %`).join('\n'),
    }
  },
}

const licence = z.object({ feature: z.string(), description: z.string(), issued: z.string(), expires: z.string(), expired: z.boolean() })
type Licence = z.infer<typeof licence>

export const showLicenses: PanosTool<typeof none, Licence> = {
  name: 'show_licenses',
  title: 'Show licenses',
  description: 'Lists licences with their expiry. A feature without a valid licence does not protect.',
  toolset: 'core',
  input: none,
  item: licence,
  async run(_, { client, signal }) {
    const { result } = await client().op('<request><license><info></info></license></request>', signal)
    const items = children(child(result, 'licenses'), 'entry').map(entry => {
      const of = (name: string): string => textAt(entry, name) ?? ''
      return {
        feature: of('feature'),
        description: of('description'),
        issued: of('issued'),
        expires: of('expires'),
        expired: of('expired') === 'yes',
      }
    })
    const dead = items.filter(({ expired }) => expired)
    return {
      scope: 'request license info',
      items,
      warnings: dead.map(({ feature, expires }) => `The licence for ${feature} expired on ${expires}.`),
      summary: `${items.length} licences on ${client().device}${dead.length > 0 ? `, ${dead.length} of them expired` : ''}.`,
      line: found => joined(found.feature, found.expired ? 'EXPIRED' : 'valid', `until ${found.expires}`),
    }
  },
}
