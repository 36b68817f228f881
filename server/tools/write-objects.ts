/**
 * Tools that create, update and delete objects and rules. Promise: a create never overwrites, an update changes only what was given, a delete
 * says first what would be lost; all of them work on the candidate alone.
 */
import { z } from 'zod'
import { PanosError } from '../panos/panos-error.ts'
import { child, type XmlNode } from '../panos/xml.ts'
import { entry } from '../panos/xpath.ts'
import { referencesTo } from './find-references.ts'
import type { PanosTool, ToolContext } from './panos-tool.ts'
import { containerIn, rulebaseInput } from './rulebase-path.ts'
import type { Parts, Writable } from './writable-kinds.ts'
import {
  CHANGES,
  CREATES,
  candidateEntry,
  carryOut,
  missing,
  nameIn,
  taken,
  targetInputs,
  targetOf,
  type Written,
  withParts,
  written,
} from './write-tool.ts'

function inputOf(kind: Writable, required: readonly string[]): z.ZodObject {
  const fields = Object.fromEntries(
    Object.entries(kind.fields).map(([name, field]) => [name, required.includes(name) ? field : (field as z.ZodType).optional()]),
  )
  const rulebase = kind.container[0] === 'rulebase' ? { rulebase: rulebaseInput } : {}
  return z.object({ name: nameIn, ...fields, ...rulebase, ...targetInputs })
}

type WriteTool = PanosTool<z.ZodObject, Written>
/** What the input of each of these tools holds. */
interface Target extends Record<string, unknown> {
  readonly name: string
  readonly location?: string
  readonly dry_run: boolean
}

/** Parts without those that have nothing to say. */
const given = (parts: Parts): Parts => Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))

/** The parts that the input makes. Throws PanosError when the entry would not have exactly one of those that exclude each other. */
function partsOf(kind: Writable, input: Readonly<Record<string, unknown>>, before?: XmlNode): Parts {
  const parts = given(kind.parts(input, before))
  const { exclusive = [], exactlyOne } = kind
  const made = exclusive.filter(part => parts[part])
  const left = exclusive.filter(part => parts[part] === undefined && child(before, part))
  const touched = !before || exclusive.some(part => part in parts)
  if (exactlyOne !== undefined && touched && (made.length > 1 || made.length + left.length === 0))
    throw new PanosError({ kind: 'bad-request', message: exactlyOne, hint: 'Give one of the two and leave the other out.' })
  return parts
}

/** The entry that the input names, as it is in the candidate now. */
async function existing(kind: Writable, input: Readonly<Record<string, unknown>>, context: ToolContext) {
  const { name, location: wanted } = input as Target
  const location = await targetOf(context, wanted)
  const xpath = `${await containerIn(context, location, kind.container, input)}/${entry(name)}`
  const before = await candidateEntry(context, xpath)
  if (!before) throw missing(kind.what.toLowerCase(), name, location.name)
  return { location, xpath, before }
}

export function createTool(kind: Writable): WriteTool {
  return {
    name: `create_${kind.tool}`,
    title: `Create ${kind.what.toLowerCase()}`,
    description: `Creates one ${kind.what.toLowerCase()} in the candidate configuration; fails when the name is taken. Nothing takes effect before a commit. Use dry_run first.`,
    toolset: 'write',
    annotations: CREATES,
    input: inputOf(kind, kind.required),
    item: written,
    async run(input, context) {
      const { name, location: wanted, dry_run: dryRun } = input as Target
      const parts = partsOf(kind, input)
      const location = await targetOf(context, wanted)
      const container = await containerIn(context, location, kind.container, input)
      const xpath = `${container}/${entry(name)}`
      if (await candidateEntry(context, xpath)) throw taken(kind.what, name, location.name)
      const element = withParts(undefined, name, { ...kind.defaults, ...parts })
      const edit = { action: 'set', xpath: container, element } as const
      const says = `${kind.what} "${name}" created`
      return carryOut(
        context,
        { name, location: location.name, xpath, before: undefined, edit, afterXpath: xpath, expected: element, says },
        dryRun,
      )
    },
  }
}

export function updateTool(kind: Writable): WriteTool {
  return {
    name: `update_${kind.tool}`,
    title: `Update ${kind.what.toLowerCase()}`,
    description: `Changes the given fields of one ${kind.what.toLowerCase()} in the candidate configuration; what is not given stays, an empty text or list takes a field away. Nothing takes effect before a commit.`,
    toolset: 'write',
    annotations: CHANGES,
    input: inputOf(kind, []),
    item: written,
    async run(input, context) {
      const { name, dry_run: dryRun } = input as Target
      const { location, xpath, before } = await existing(kind, input, context)
      const parts = partsOf(kind, input, before)
      const gone = kind.exclusive?.some(part => parts[part]) ? kind.exclusive : []
      const element = withParts(before, name, parts, gone)
      const edit = { action: 'edit', xpath, element } as const
      return carryOut(
        context,
        {
          name,
          location: location.name,
          xpath,
          before,
          edit,
          afterXpath: xpath,
          expected: element,
          says: `${kind.what} "${name}" changed`,
        },
        dryRun,
      )
    },
  }
}

export function deleteTool(kind: Writable): WriteTool {
  return {
    name: `delete_${kind.tool}`,
    title: `Delete ${kind.what.toLowerCase()}`,
    description: `Deletes one ${kind.what.toLowerCase()} from the candidate configuration. The device refuses when something refers to it. Nothing takes effect before a commit. Use dry_run first.`,
    toolset: 'write',
    annotations: CHANGES,
    input: inputOf({ ...kind, fields: {} }, []),
    item: written,
    async run(input, context) {
      const { name, dry_run: dryRun } = input as Target
      const { location, xpath, before } = await existing(kind, input, context)
      const users = dryRun && !kind.unreferenced ? (await referencesTo(context, name, 'candidate', true)).direct : []
      const warnings = users.map(
        user => `${user.kind} "${user.name}" (${user.location}) refers to it in ${user.field}: the device would refuse.`,
      )
      const edit = { action: 'delete', xpath } as const
      return carryOut(
        context,
        { name, location: location.name, xpath, before, edit, expected: undefined, says: `${kind.what} "${name}" deleted`, warnings },
        dryRun,
      )
    },
  }
}
