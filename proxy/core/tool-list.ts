/**
 * What an answer to tools/list holds. Promise: it judges the `x-mcp-header` annotations as the 2026-07-28 revision asks clients to
 * (basic/transports/streamable-http, custom headers): a client drops the tools that it names here.
 */

export interface ToolList {
  readonly count: number
  /** `name: reason`, the first ten. */
  readonly flawed: readonly string[]
  /** There are more pages. */
  readonly more: boolean
}

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const PRIMITIVE = new Set(['string', 'number', 'integer', 'boolean'])
const FLAWED_LIMIT = 10
const DEPTH_LIMIT = 20

export function toolList(tools: readonly unknown[], nextCursor: string | undefined): ToolList {
  const flawed: string[] = []
  for (const tool of tools) {
    if (flawed.length >= FLAWED_LIMIT) break
    if (!isObject(tool)) continue
    const flaw = headerFlaw(tool.inputSchema, new Set())
    if (flaw !== undefined) flawed.push(`${String(tool.name).slice(0, 80)}: ${flaw}`)
  }
  return { count: tools.length, flawed, more: nextCursor !== undefined }
}

/** Clients drop it for its annotations. */
export const hasFlaw = (tool: { readonly inputSchema?: unknown }): boolean => headerFlaw(tool.inputSchema, new Set()) !== undefined

/** Why the annotations of a schema are invalid; undefined when they are fine or there are none. */
function headerFlaw(schema: unknown, seen: Set<string>, depth = 0): string | undefined {
  if (!isObject(schema) || depth > DEPTH_LIMIT || !isObject(schema.properties)) return undefined
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue
    const header = property['x-mcp-header']
    const flaw = header === undefined ? headerFlaw(property, seen, depth + 1) : annotationFlaw(header, property.type, seen)
    if (flaw !== undefined) return header === undefined ? flaw : `x-mcp-header of ${name.slice(0, 80)} ${flaw}`
  }
  return undefined
}

function annotationFlaw(header: unknown, type: unknown, seen: Set<string>): string | undefined {
  if (typeof header !== 'string') return 'is no string'
  if (header === '') return 'is empty'
  if (!TOKEN.test(header)) return `is "${header.slice(0, 40)}", which is no header name`
  if (typeof type !== 'string' || !PRIMITIVE.has(type)) return `stands on a parameter of type ${String(type).slice(0, 40)}`
  if (seen.has(header.toLowerCase())) return `repeats "${header.slice(0, 40)}"`
  seen.add(header.toLowerCase())
  return undefined
}
