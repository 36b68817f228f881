/** Where the security rules of a place lie. Promise: on a Panorama they are in the rulebase before or after those of the firewalls. */
import { z } from 'zod'

export const RULES_PATH: readonly string[] = ['rulebase', 'security', 'rules']

export const rulebaseInput = z.enum(['pre', 'post']).default('pre').describe('On a Panorama: before or after the rules of the firewalls.')

/** Rules of a Panorama are in one of two rulebases. */
export function pathOf(container: readonly string[], kind: string, given: Readonly<Record<string, unknown>>): readonly string[] {
  const [first = '', ...rest] = container
  return first === 'rulebase' && kind !== 'vsys' ? [`${given.rulebase ?? 'pre'}-rulebase`, ...rest] : container
}
