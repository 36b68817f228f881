/**
 * What a tool was called with, in one line: `log_type=traffic, source=10.1.1.5`. Promise: masked whole before it is cut, and bounded work
 * whatever the arguments are.
 */

const HINT_LENGTH = 120
const MOST_FIELDS = 20
const DEEPEST = 3
/** A value whose JSON is longer is left out: what is cut first may hold a secret that a mask does not know by its beginning. */
const LONGEST_VALUE = 1_000
const LEFT_OUT = '…'

/** Undefined for what is no object, or an empty one. */
export function argumentsHint(args: unknown, mask: (text: string) => string): string | undefined {
  if (!isFields(args)) return undefined
  const masked = parsed(mask(JSON.stringify(bounded(args))))
  if (!isFields(masked)) return undefined
  const line = Object.entries(masked)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .replace(/\s+/g, ' ')
  if (line === '') return undefined
  return line.length > HINT_LENGTH ? `${line.slice(0, HINT_LENGTH - 1)}${LEFT_OUT}`.toWellFormed() : line
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

function bounded(args: Fields): Fields {
  const fields = Object.entries(args).slice(0, MOST_FIELDS)
  return Object.fromEntries(
    fields.flatMap(([name, value]) => {
      if (name.length > LONGEST_VALUE) return []
      const shallow = shallowOf(value, DEEPEST)
      return [[name, JSON.stringify(shallow).length > LONGEST_VALUE ? LEFT_OUT : shallow]]
    }),
  )
}

/** Without what lies deep: JSON.stringify overflows on a million nested lists. */
function shallowOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return LEFT_OUT
  if (Array.isArray(value)) return value.slice(0, MOST_FIELDS).map(entry => shallowOf(entry, depth - 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_FIELDS)
      .map(([name, entry]) => [name, shallowOf(entry, depth - 1)]),
  )
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
