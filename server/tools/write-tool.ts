/**
 * What the tools that change the candidate configuration share. Promise: nothing outside the candidate is touched; every change is shown as what
 * was before and what is after, and a dry run shows the same without changing anything.
 */
import { z } from 'zod'
import type { ConfigEdit } from '../panos/panos-client.ts'
import { PanosError } from '../panos/panos-error.ts'
import { children, escapeXml, writeXml, type XmlNode } from '../panos/xml.ts'
import { type Location, locationsFor, mapOf } from './locations.ts'
import type { Finding, ToolContext } from './panos-tool.ts'
import { redacted } from './redact.ts'

export const CREATES = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true }
export const CHANGES = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true }

export const nameIn = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[A-Za-z0-9_][\w .-]*$/, 'letters, digits, spaces, dots, dashes and underscores, beginning with a letter, digit or underscore')
export const targetInputs = {
  location: z
    .string()
    .max(63)
    .optional()
    .describe(
      'Where: shared, a virtual system or a device group. The first virtual system of a firewall by default; needed on a Panorama.',
    ),
  dry_run: z.boolean().default(false).describe('Only show what would be sent and how it would look; change nothing.'),
}

export const written = z.object({
  action: z.string(),
  name: z.string(),
  location: z.string(),
  xpath: z.string(),
  element: z.string().optional().describe('The XML that is sent.'),
  before: z.string().optional().describe('The entry in the candidate before; absent when there was none.'),
  after: z.string().optional().describe('The entry after; absent when there is none.'),
  changed: z.boolean().describe('Whether the candidate was changed by this call.'),
  dryRun: z.boolean(),
})
export type Written = z.infer<typeof written>

export const tag = (name: string, text: string): string => `<${name}>${escapeXml(text)}</${name}>`
export const members = (name: string, list: readonly string[]): string =>
  `<${name}>${list.map(member => tag('member', member)).join('')}</${name}>`

/** The one place that a change is for. */
export async function targetOf(context: ToolContext, wanted: string | undefined): Promise<Location> {
  const map = await mapOf(context)
  const given = wanted ?? context.client().vsys
  if (given === undefined && map.kind === 'panorama') {
    throw new PanosError({
      kind: 'bad-request',
      message: 'On a Panorama a change needs a location.',
      hint: 'Give shared or a device group; list_locations names them.',
    })
  }
  const [found] = given === undefined ? map.locations.filter(({ kind }) => kind === 'vsys') : await locationsFor(context, given)
  if (!found || given === 'all')
    throw new PanosError({ kind: 'bad-request', message: 'A change needs one location.', hint: 'list_locations names them.' })
  return found
}

const clean = (node: XmlNode): XmlNode => ({
  ...node,
  attributes: Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !['admin', 'dirtyId', 'time'].includes(name))),
  children: node.children.map(clean),
})

/** The entry at an XPath, without the marks of uncommitted edits. */
export async function candidateEntry({ client, signal }: ToolContext, xpath: string): Promise<XmlNode | undefined> {
  const [found] = children((await client().read('candidate', xpath, signal)).result, 'entry')
  return found && clean(found)
}

/** An entry as text, without the marks of uncommitted edits and without secrets. */
export const shown = (node: XmlNode | undefined): string | undefined => node && writeXml(redacted(clean(node)))

export interface Plan {
  readonly name: string
  readonly location: string
  /** Of the entry. */
  readonly xpath: string
  readonly before: XmlNode | undefined
  readonly edit: ConfigEdit
  /** Where the entry is afterwards, when it is elsewhere; undefined when it is gone. */
  readonly afterXpath?: string | undefined
  /** How it would look, for a dry run. */
  readonly expected: string | undefined
  /** Sentence for the summary: `Created address object "x"`. */
  readonly says: string
  readonly warnings?: readonly string[]
}

/** Does what was planned, or only shows it. */
export async function carryOut(context: ToolContext, plan: Plan, dryRun: boolean): Promise<Finding<Written>> {
  if (!dryRun) {
    await context.client().change(plan.edit, context.signal)
    context.snapshots.forget()
  }
  const after = dryRun ? plan.expected : plan.afterXpath === undefined ? undefined : shown(await candidateEntry(context, plan.afterXpath))
  const before = shown(plan.before)
  const { action, element } = plan.edit
  const item: Written = {
    action,
    name: plan.name,
    location: plan.location,
    xpath: plan.edit.xpath,
    ...(element !== undefined && { element }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    changed: !dryRun,
    dryRun,
  }
  return {
    scope: `candidate configuration, ${plan.location}`,
    config: 'candidate',
    items: [item],
    warnings: plan.warnings ?? [],
    summary: dryRun
      ? `Dry run, nothing was changed. ${plan.says} would be the outcome.`
      : `${plan.says} in the candidate configuration; it takes effect with a commit.`,
    line: each => [`before: ${each.before ?? 'nothing'}`, `after: ${each.after ?? 'nothing'}`].join('\n'),
  }
}

export const taken = (what: string, name: string, location: string): PanosError =>
  new PanosError({
    kind: 'conflict',
    message: `${what} "${name}" is there already in ${location}.`,
    hint: 'Use the update tool to change it, or choose another name.',
  })
export const missing = (what: string, name: string, location: string): PanosError =>
  new PanosError({
    kind: 'absent',
    message: `There is no ${what} "${name}" in ${location}.`,
    hint: 'Look where it is with the retrieve tool; location chooses the place.',
  })

/** An entry with some parts replaced: those that were given; a part of undefined text stays, one of an empty text goes. */
export function withParts(
  entry: XmlNode | undefined,
  name: string,
  parts: Readonly<Record<string, string | undefined>>,
  gone: readonly string[] = [],
): string {
  const kept = (entry?.children ?? []).filter(part => parts[part.name] === undefined && !gone.includes(part.name))
  const uuid = entry?.attributes.uuid
  const own = uuid === undefined ? '' : ` uuid="${escapeXml(uuid)}"`
  return `<entry name="${escapeXml(name)}"${own}>${kept.map(writeXml).join('')}${Object.values(parts).filter(Boolean).join('')}</entry>`
}
