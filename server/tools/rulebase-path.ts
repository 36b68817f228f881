/** Where the security rules of a place lie. Promise: on a Panorama they are in the rulebase before or after those of the firewalls, on a firewall in a virtual system. */
import { z } from 'zod'
import { PanosError } from '../panos/panos-error.ts'
import { type Location, mapOf } from './locations.ts'
import type { ToolContext } from './panos-tool.ts'

export const RULES_PATH: readonly string[] = ['rulebase', 'security', 'rules']

export const rulebaseInput = z.enum(['pre', 'post']).default('pre').describe('On a Panorama: before or after the rules of the firewalls.')

/** The XPath of a container in a location. Throws PanosError for rules where none can lie: a firewall would keep them there and never apply them. */
export async function containerIn(
  context: ToolContext,
  location: Location,
  container: readonly string[],
  given: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [first = '', ...rest] = container
  if (first !== 'rulebase' || location.kind === 'vsys') return location.xpath(...container)
  if ((await mapOf(context)).kind === 'firewall')
    throw new PanosError({
      kind: 'bad-request',
      message: `The rules of a firewall lie in its virtual systems, not in ${location.name}.`,
      hint: 'Give a virtual system as location, or none for the first; list_locations names them.',
    })
  return location.xpath(`${given.rulebase ?? 'pre'}-rulebase`, ...rest)
}
