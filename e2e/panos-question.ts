/**
 * A client that works as a model does: it takes the prompt `why_is_traffic_blocked` and goes through the tools that it names, in its order, with
 * arguments made of what earlier answers said. Promise: it knows the firewall from those answers alone, and calls no tool that the prompt does not name.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'

export interface Question {
  readonly source: string
  readonly destination: string
  readonly port: number
  readonly protocol: string
}

export interface Answer {
  readonly blocked: boolean
  readonly rule: string
  readonly action: string
  readonly zones: readonly [from: string, to: string]
  /** Rule and time of the newest log entry of this flow; undefined when there is none. */
  readonly seen: { readonly rule: string; readonly at: string } | undefined
  /** The rule that comes closest to allowing it, and where it misses. */
  readonly closest: { readonly rule: string; readonly misses: readonly string[] } | undefined
  /** Tools in the order in which they were called. */
  readonly steps: readonly string[]
  readonly says: string
}

type Item = Readonly<Record<string, unknown>>
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(each => typeof each === 'string') : [])

/** What the answers so far have said. */
interface Facts {
  readonly logs: Item[]
  readonly ways: Item[]
  readonly nat: Item[]
  readonly matches: Item[]
  readonly rules: Item[]
  /** Names of what an address is, by address. */
  readonly names: Map<string, string[]>
}

const zoneOf = (facts: Facts, ip: string): string => text(facts.ways.find(way => way.destination === ip)?.zone)

/** What each tool is asked, and which facts its items become. */
function plans({ source, destination, port, protocol }: Question, facts: Facts): Record<string, () => [object, (items: Item[]) => void][]> {
  const flow = () => ({
    source_ip: source,
    destination_ip: destination,
    destination_port: port,
    protocol,
    from_zone: zoneOf(facts, source),
    to_zone: zoneOf(facts, destination),
  })
  const seen = () => facts.logs.map(entry => text(entry.app)).find(app => app !== '' && app !== 'not-applicable')
  return {
    query_logs: () => [[{ type: 'traffic', source, destination, destination_port: port, limit: 5 }, items => facts.logs.push(...items)]],
    test_route_lookup: () =>
      [source, destination].map(ip => [{ destination_ip: ip }, items => facts.ways.push(...items.filter(way => way.found === true))]),
    test_nat_policy_match: () => [[flow(), items => facts.nat.push(...items)]],
    test_security_policy_match: () => {
      const application = seen()
      return [[{ ...flow(), ...(application !== undefined && { application }) }, items => facts.matches.push(...items)]]
    },
    retrieve_security_policies: () => [
      [{ name_contains: text(facts.matches[0]?.rule) }, items => facts.rules.push(...items)],
      [{ zone: zoneOf(facts, source), action: 'allow', disabled: false }, items => facts.rules.push(...items)],
    ],
    find_object_by_ip: () =>
      [source, destination].map(ip => [{ ip }, items => facts.names.set(ip, [ip, 'any', ...items.map(({ name }) => text(name))])]),
  }
}

/** The rules that allow traffic between these zones, each with the sides that leave this flow out. */
function closest(facts: Facts, { source, destination }: Question): Answer['closest'] {
  const among = (rule: Item, side: string, names: readonly string[]): boolean =>
    list(rule[side]).length === 0 || list(rule[side]).some(name => name === 'any' || names.includes(name))
  const found = facts.rules
    .filter(
      rule => rule.action === 'allow' && among(rule, 'from', [zoneOf(facts, source)]) && among(rule, 'to', [zoneOf(facts, destination)]),
    )
    .map(rule => ({
      rule: text(rule.name),
      misses: [
        ...(among(rule, 'source', facts.names.get(source) ?? []) ? [] : ['source']),
        ...(among(rule, 'destination', facts.names.get(destination) ?? []) ? [] : ['destination']),
      ],
    }))
  return found.toSorted((one, other) => one.misses.length - other.misses.length)[0]
}

function conclude(question: Question, facts: Facts, steps: readonly string[]): Answer {
  const [match] = facts.matches
  const [rule, action] = [text(match?.rule), text(match?.action)]
  const zones = [zoneOf(facts, question.source), zoneOf(facts, question.destination)] as const
  const [entry] = facts.logs
  const seen = entry && { rule: text(entry.rule), at: text(entry.receive_time) }
  const blocked = action !== 'allow'
  const near = blocked ? closest(facts, question) : undefined
  const says = [
    `${question.protocol} from ${question.source} (${zones[0]}) to ${question.destination}:${question.port} (${zones[1]}) is ${blocked ? 'blocked' : 'allowed'} by rule ${rule} (${action}).`,
    seen ? `The log says so too: ${seen.at}, rule ${seen.rule}.` : 'The log has no such traffic.',
    facts.nat[0] ? `NAT rule ${text(facts.nat[0].rule)} translates it.` : 'No NAT rule translates it.',
    ...(near
      ? [
          `Closest is ${near.rule}, which ${near.misses.length > 0 ? `does not name it as ${near.misses.join(' and ')}` : 'is for other applications'}.`,
        ]
      : []),
  ].join(' ')
  return { blocked, rule, action, zones, seen, closest: near, steps, says }
}

/** Throws when a tool that the prompt names is not there, is not understood or fails. */
export async function whyIsTrafficBlocked(client: Client, question: Question): Promise<Answer> {
  const known = (await client.listTools()).tools.map(({ name }) => name)
  const { source, destination, port, protocol } = question
  const prompt = await client.getPrompt({
    name: 'why_is_traffic_blocked',
    arguments: { source, destination, port: String(port), protocol },
  })
  const words = prompt.messages.map(({ content }) => (content.type === 'text' ? content.text : '')).join('\n')
  const facts: Facts = { logs: [], ways: [], nat: [], matches: [], rules: [], names: new Map() }
  const planned = plans(question, facts)
  const steps: string[] = []
  for (const name of words.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? []) {
    if (!known.includes(name)) continue
    const plan = planned[name]
    if (!plan) throw new Error(`the prompt names ${name}, and nobody knows what to ask it`)
    for (const [input, learn] of plan()) {
      steps.push(name)
      const result = await client.callTool({ name, arguments: { ...input } })
      if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`)
      learn((result.structuredContent as { items: Item[] }).items)
    }
  }
  return conclude(question, facts, steps)
}
