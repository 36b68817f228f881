/**
 * What a request of 2026-07-28 says twice, in its headers and in its body. Promise: headers are read as that revision tells servers to
 * (basic/transports/streamable-http): base64 sentinels are decoded, numbers compare as numbers, and no header is due for what is null or absent.
 */
import { base64ToBytes } from './base64.ts'
import type { RawHeader } from './event.ts'
import { headerOf } from './fields.ts'
import type { HeaderDifference } from './model.ts'

/** A parameter of a tool whose value is to stand in a header too (`x-mcp-header`). */
export interface MirroredParam {
  /** Names of members from the arguments down. */
  readonly path: readonly string[]
  /** `Mcp-Param-Region` */
  readonly header: string
}

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const DEPTH_LIMIT = 20
const PARAMS_LIMIT = 50
const SHOWN = 100

/** The annotated parameters of a tool's input schema, which has to be without flaw (tool-list.ts). */
export function mirroredParams(schema: unknown, path: readonly string[] = []): MirroredParam[] {
  if (!isObject(schema) || path.length > DEPTH_LIMIT || !isObject(schema.properties)) return []
  return Object.entries(schema.properties)
    .flatMap(([name, property]) => {
      const at = [...path, name]
      const header = isObject(property) ? property['x-mcp-header'] : undefined
      return typeof header === 'string' ? [{ path: at, header: `Mcp-Param-${header}` }] : mirroredParams(property, at)
    })
    .slice(0, PARAMS_LIMIT)
}

/** A header's text, with the base64 sentinel for what no header can hold taken off. */
export function plainHeader(value: string): string {
  const coded = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/i.exec(value)?.[1]
  const bytes = coded === undefined ? undefined : base64ToBytes(coded)
  return bytes === undefined ? value : new TextDecoder().decode(bytes)
}

/** Where the version in `_meta` or an annotated argument is not what its header says. Method and name are on the call's row. */
export function headerDifferences(
  headers: readonly RawHeader[],
  body: { readonly version?: string | undefined; readonly args?: unknown },
  params: readonly MirroredParam[],
): HeaderDifference[] {
  const found: HeaderDifference[] = []
  const compare = (header: string, value: unknown) => {
    const sent = headerOf(headers, header.toLowerCase())
    if (value === undefined || value === null || typeof value === 'object' || isSame(plainHeader(sent), value)) return
    found.push({ header, body: String(value).slice(0, SHOWN), ...(sent !== '' && { sent: plainHeader(sent).slice(0, SHOWN) }) })
  }
  compare('MCP-Protocol-Version', body.version)
  for (const { header, path } of params) compare(header, valueAt(body.args, path))
  return found
}

const valueAt = (root: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((node, name) => (isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined), root)

function isSame(sent: string, value: unknown): boolean {
  return typeof value === 'number' ? sent.trim() !== '' && Number(sent) === value : sent === String(value)
}
