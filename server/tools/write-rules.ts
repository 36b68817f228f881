/** `move_security_rule` and `set_rule_disabled`: changes of a rule that leave what it says alone. Promise: the order or the switch changes, nothing else. */
import { z } from 'zod'
import { PanosError } from '../panos/panos-error.ts'
import { entry } from '../panos/xpath.ts'
import type { PanosTool } from './panos-tool.ts'
import { containerIn, RULES_PATH, rulebaseInput } from './rulebase-path.ts'
import {
  CHANGES,
  candidateEntry,
  carryOut,
  missing,
  nameIn,
  shown,
  tag,
  targetInputs,
  targetOf,
  type Written,
  withParts,
  written,
} from './write-tool.ts'

const moveInput = z.object({
  name: nameIn,
  where: z.enum(['top', 'bottom', 'before', 'after']),
  destination: nameIn.optional().describe('With before and after: the other rule.'),
  rulebase: rulebaseInput,
  ...targetInputs,
})

export const moveSecurityRule: PanosTool<typeof moveInput, Written> = {
  name: 'move_security_rule',
  title: 'Move a security rule',
  description:
    'Moves one security rule within its rulebase, in the candidate configuration. The first rule that matches decides, so the order matters.',
  toolset: 'write',
  annotations: CHANGES,
  input: moveInput,
  item: written,
  async run(input, context) {
    const { name, where, destination } = input
    const relative = where === 'before' || where === 'after'
    if (relative !== (destination !== undefined))
      throw new PanosError({
        kind: 'bad-request',
        message: `"${where}" ${relative ? 'needs' : 'takes no'} destination.`,
        hint: 'Give destination with before and after, and only then.',
      })
    const location = await targetOf(context, input.location)
    const xpath = `${await containerIn(context, location, RULES_PATH, input)}/${entry(name)}`
    const before = await candidateEntry(context, xpath)
    if (!before) throw missing('security rule', name, location.name)
    const edit = { action: 'move', xpath, where, ...(destination !== undefined && { dst: destination }) } as const
    const says = `Security rule "${name}" moved ${relative ? `${where} "${destination}"` : `to the ${where}`}`
    return carryOut(
      context,
      { name, location: location.name, xpath, before, edit, afterXpath: xpath, expected: shown(before), says },
      input.dry_run,
    )
  },
}

const disableInput = z.object({ name: nameIn, disabled: z.boolean(), rulebase: rulebaseInput, ...targetInputs })

export const setRuleDisabled: PanosTool<typeof disableInput, Written> = {
  name: 'set_rule_disabled',
  title: 'Disable or enable a security rule',
  description:
    'Switches one security rule off or on, in the candidate configuration. Disabling is the safe way to try whether a rule is still needed.',
  toolset: 'write',
  annotations: CHANGES,
  input: disableInput,
  item: written,
  async run(input, context) {
    const { name, disabled } = input
    const location = await targetOf(context, input.location)
    const xpath = `${await containerIn(context, location, RULES_PATH, input)}/${entry(name)}`
    const before = await candidateEntry(context, xpath)
    if (!before) throw missing('security rule', name, location.name)
    const element = tag('disabled', disabled ? 'yes' : 'no')
    const edit = { action: 'set', xpath, element } as const
    const expected = withParts(before, name, { disabled: element })
    const says = `Security rule "${name}" ${disabled ? 'disabled' : 'enabled'}`
    return carryOut(context, { name, location: location.name, xpath, before, edit, afterXpath: xpath, expected, says }, input.dry_run)
  },
}
