/** `find_sessions`: active sessions that fit a filter. Promise: never without a filter: a session table holds hundreds of thousands. */
import { z } from 'zod'
import { children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import { joined } from './listing.ts'
import { cursorInput, limitInput, type PanosTool } from './panos-tool.ts'

const FILTERS = {
  source: 'source',
  destination: 'destination',
  destination_port: 'destination-port',
  application: 'application',
  from_zone: 'from',
  to_zone: 'to',
  rule: 'rule',
} as const

const text = z.string().max(127).optional()
const input = z
  .object({
    source: text.describe('Source IP address.'),
    destination: text.describe('Destination IP address.'),
    destination_port: z.number().int().min(1).max(65_535).optional(),
    application: text,
    from_zone: text,
    to_zone: text,
    rule: text.describe('Security rule that allowed it.'),
    limit: limitInput,
    cursor: cursorInput,
  })
  .refine(given => given.cursor !== undefined || Object.keys(FILTERS).some(name => given[name as keyof typeof FILTERS] !== undefined), {
    message: `give at least one of ${Object.keys(FILTERS).join(', ')}: a session table is too large to list`,
  })

const item = z.object({
  id: z.string(),
  application: z.string(),
  state: z.string(),
  source: z.string(),
  destination: z.string(),
  protocol: z.string(),
  fromZone: z.string(),
  toZone: z.string(),
  rule: z.string(),
  ingress: z.string(),
  egress: z.string(),
  nat: z.boolean(),
  bytes: z.string(),
  startedAt: z.string().describe('As the device writes it.'),
})
export type Session = z.infer<typeof item>

const readSessions = (result: XmlNode | undefined): Session[] =>
  children(result, 'entry').map(entry => {
    const of = (name: string): string => textAt(entry, name) ?? ''
    return {
      id: of('idx'),
      application: of('application'),
      state: of('state'),
      source: `${of('source')}:${of('sport')}`,
      destination: `${of('dst')}:${of('dport')}`,
      protocol: of('proto'),
      fromZone: of('from'),
      toZone: of('to'),
      rule: of('security-rule'),
      ingress: of('ingress'),
      egress: of('egress'),
      nat: /^true$/i.test(of('nat')),
      bytes: of('total-byte-count'),
      startedAt: of('start-time'),
    }
  })

export const findSessions: PanosTool<typeof input, Session> = {
  name: 'find_sessions',
  title: 'Find active sessions',
  description: 'Lists active sessions that fit a filter; at least one filter is needed.',
  toolset: 'network',
  input,
  item,
  async run(given, { client, signal }) {
    const parts = Object.entries(FILTERS).flatMap(([name, tag]) => {
      const value = given[name as keyof typeof FILTERS]
      return value === undefined ? [] : [`<${tag}>${escapeXml(String(value))}</${tag}>`]
    })
    const { result } = await client().op(`<show><session><all><filter>${parts.join('')}</filter></all></session></show>`, signal)
    const items = readSessions(result)
    return {
      scope: 'active sessions',
      items,
      warnings: [],
      summary: `${items.length} active sessions on ${client().device} fit the filter.`,
      line: each =>
        joined(
          each.id,
          each.application,
          `${each.fromZone} ${each.source} -> ${each.toZone} ${each.destination}`,
          `rule ${each.rule}`,
          `${each.bytes} bytes`,
        ),
    }
  },
}
