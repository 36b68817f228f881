/**
 * The resources of the PAN-OS server: `panos://{device}/…`. Promise: a resource reads what the tool of the same matter reads, through the same
 * snapshots; names complete from what is there.
 */
import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js'
import { PanosError } from '../panos/panos-error.ts'
import { listLocations } from '../tools/list-locations.ts'
import { readAll } from '../tools/listing.ts'
import { mapOf } from '../tools/locations.ts'
import type { PanosTool, ToolContext } from '../tools/panos-tool.ts'
import { ADDRESSES } from '../tools/retrieve-address-objects.ts'
import { SECURITY_RULES } from '../tools/retrieve-security-policies.ts'
import { readRules } from '../tools/rules.ts'
import { showSystemInfo } from '../tools/show-system-info.ts'
import { PLAYBOOK } from './playbook.ts'

type MakeContext = (signal: AbortSignal) => ToolContext
type Variables = Readonly<Record<string, string | readonly string[] | undefined>>

const MAX_COMPLETIONS = 100
const JSON_TYPE = 'application/json'

const decoded = (value: string | readonly string[] | undefined): string => {
  const text = typeof value === 'string' ? value : (value?.[0] ?? '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function sameDevice(context: ToolContext, variables: Variables): void {
  const wanted = decoded(variables.device)
  if (wanted !== context.client().device)
    throw new PanosError({
      kind: 'bad-request',
      message: `This server reads ${context.client().device}, not ${wanted}.`,
      hint: 'Use the device that resources/list names.',
    })
}

const everywhere = { config: 'running', location: 'all', refresh: false } as const

type Named = { readonly name: string; readonly location: string }
type Kind = readonly [kind: string, title: string, read: (context: ToolContext) => Promise<readonly Named[]>]

const KINDS: readonly Kind[] = [
  ['address', 'An address object', async context => (await readAll(context, ADDRESSES, everywhere)).items],
  [
    'security-rule',
    'A security rule',
    async context => (await readRules(context, SECURITY_RULES, { ...everywhere, rulebase: 'effective' })).items,
  ],
]

const patient = (): AbortSignal => AbortSignal.timeout(10_000)

/** Names to complete; a device that does not answer completes nothing. */
async function completing(make: MakeContext, value: string, read: (context: ToolContext) => Promise<readonly string[]>): Promise<string[]> {
  try {
    const names = await read(make(patient()))
    return [...new Set(names.filter(name => name.toLowerCase().startsWith(value.toLowerCase())))].slice(0, MAX_COMPLETIONS)
  } catch {
    return []
  }
}

function registerWhole(server: McpServer, make: MakeContext, path: string, tool: PanosTool): void {
  const uriOf = (context: ToolContext): string => `panos://${encodeURIComponent(context.client().device)}/${path}`
  const template = new ResourceTemplate(`panos://{device}/${path}`, {
    list: async ({ signal }) => {
      try {
        return { resources: [{ uri: uriOf(make(signal)), name: path, title: tool.title, mimeType: JSON_TYPE }] }
      } catch {
        // Nothing is configured: there is nothing to list.
        return { resources: [] }
      }
    },
    complete: { device: value => completing(make, value, async context => [context.client().device]) },
  })
  server.registerResource(
    path,
    template,
    { title: tool.title, description: tool.description, mimeType: JSON_TYPE },
    async (uri, variables, { signal }) => {
      const context = make(signal)
      sameDevice(context, variables)
      const { items } = await tool.run(tool.input.parse({}), context)
      return { contents: [{ uri: uri.href, mimeType: JSON_TYPE, text: JSON.stringify(items, null, 2) }] }
    },
  )
}

function registerNamed(server: McpServer, make: MakeContext, [kind, title, read]: Kind): void {
  const template = new ResourceTemplate(`panos://{device}/{location}/${kind}/{name}`, {
    list: undefined,
    complete: {
      device: value => completing(make, value, async context => [context.client().device]),
      location: value => completing(make, value, async context => (await mapOf(context)).locations.map(({ name }) => name)),
      name: (value, known) =>
        completing(make, value, async context => {
          const place = known?.arguments?.location
          return (await read(context)).filter(({ location }) => place === undefined || location === place).map(({ name }) => name)
        }),
    },
  })
  server.registerResource(kind, template, { title, mimeType: JSON_TYPE }, async (uri, variables, { signal }) => {
    const context = make(signal)
    sameDevice(context, variables)
    const [name, location] = [decoded(variables.name), decoded(variables.location)]
    const found = (await read(context)).filter(item => item.name === name && item.location === location)
    if (found.length === 0)
      throw new PanosError({
        kind: 'absent',
        message: `There is no ${kind} "${name}" in ${location}.`,
        hint: 'Complete the name to see what is there.',
      })
    return { contents: [{ uri: uri.href, mimeType: JSON_TYPE, text: JSON.stringify(found.length === 1 ? found[0] : found, null, 2) }] }
  })
}

/** `make` gives what a tool is given, for a signal. */
export function registerResources(server: McpServer, make: MakeContext): void {
  registerWhole(server, make, 'system', showSystemInfo as unknown as PanosTool)
  registerWhole(server, make, 'locations', listLocations as unknown as PanosTool)
  for (const kind of KINDS) registerNamed(server, make, kind)
  server.registerResource(
    'playbook',
    'panos://playbook',
    {
      title: 'How to work with this firewall',
      description: 'Which tool answers which question, and in which order.',
      mimeType: 'text/markdown',
    },
    uri => ({ contents: [{ uri: uri.href, mimeType: 'text/markdown', text: PLAYBOOK }] }),
  )
}
