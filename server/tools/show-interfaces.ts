/** `show_interfaces`: interfaces with state, addresses and zone. Promise: one request; hardware and logical facts are joined by name. */
import { z } from 'zod'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { joined } from './listing.ts'
import { cursorInput, limitInput, named, nameInput, type PanosTool } from './panos-tool.ts'

const item = z.object({
  name: z.string(),
  zone: z.string(),
  vsys: z.string(),
  ip: z.string().describe('Empty where there is none.'),
  forwarding: z.string().describe('What it belongs to, for example vr:default.'),
  vlanTag: z.string(),
  state: z.string().describe('up or down; of a subinterface, that of its port.'),
  speed: z.string(),
  mac: z.string(),
})
export type Interface = z.infer<typeof item>

export function readInterfaces(result: XmlNode | undefined): Interface[] {
  const ports = new Map(children(child(result, 'hw'), 'entry').map(entry => [textAt(entry, 'name') ?? '', entry]))
  const logical = children(child(result, 'ifnet'), 'entry').map(entry => {
    const text = (name: string): string => textAt(entry, name) ?? ''
    const name = text('name')
    const port = ports.get(name) ?? ports.get(name.replace(/\.\d+$/, ''))
    return {
      name,
      zone: text('zone'),
      vsys: text('vsys'),
      ip: text('ip') === 'N/A' ? '' : text('ip'),
      forwarding: text('fwd') === 'N/A' ? '' : text('fwd'),
      vlanTag: text('tag') === '0' ? '' : text('tag'),
      state: textAt(port, 'state') ?? '',
      speed: textAt(port, 'speed') ?? '',
      mac: textAt(port, 'mac') ?? '',
    }
  })
  const known = new Set(logical.map(({ name }) => name))
  const bare = [...ports].filter(([name]) => !known.has(name))
  const unused = bare.map(([name, port]) => {
    const text = (part: string): string => textAt(port, part) ?? ''
    return { name, zone: '', vsys: '', ip: '', forwarding: '', vlanTag: '', state: text('state'), speed: text('speed'), mac: text('mac') }
  })
  return [...logical, ...unused]
}

const input = z.object({
  name_contains: nameInput,
  zone: z.string().max(63).optional().describe('Only interfaces of this zone.'),
  state: z.enum(['up', 'down']).optional(),
  limit: limitInput,
  cursor: cursorInput,
})

export const showInterfaces: PanosTool<typeof input, Interface> = {
  name: 'show_interfaces',
  title: 'Show interfaces',
  description: 'Lists interfaces with state, IP address, zone and router.',
  toolset: 'network',
  input,
  item,
  async run({ name_contains, zone, state }, { client, signal }) {
    const { result } = await client().op('<show><interface>all</interface></show>', signal)
    const items = readInterfaces(result).filter(
      each =>
        named(each.name, name_contains) && (zone === undefined || each.zone === zone) && (state === undefined || each.state === state),
    )
    return {
      scope: 'show interface all',
      items,
      warnings: [],
      summary: `${items.length} interfaces on ${client().device}.`,
      line: each => joined(each.name, each.state, each.ip || 'no address', each.zone && `zone ${each.zone}`, each.forwarding, each.speed),
    }
  },
}
