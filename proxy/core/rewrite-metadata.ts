/**
 * Rewrites `resource` (and `resource_metadata`) of protected-resource metadata (RFC 9728). Promise: every other character of the
 * document stays; a large or broken one passes as it is.
 */
import { concat } from './bytes.ts'
import { type BodyRewriter, type Origins, type Rewritten, reorigin } from './reorigin.ts'

const NONE: readonly Uint8Array[] = []
const METADATA_BYTES = 256 * 1024

export class MetadataRewriter implements BodyRewriter {
  readonly #origins: Origins
  #parts: Uint8Array[] = []
  #size = 0
  #passing = false
  #changes: Rewritten[] = []

  constructor(origins: Origins) {
    this.#origins = origins
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#passing) return [bytes]
    this.#parts.push(bytes.slice())
    this.#size += bytes.length
    if (this.#size <= METADATA_BYTES) return NONE
    this.#passing = true
    return this.#take()
  }

  finish(): readonly Uint8Array[] {
    const parts = this.#take()
    if (this.#passing || parts.length === 0) return parts
    const whole = concat(parts)
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(whole)
    } catch {
      return parts
    }
    const out = rewriteMembers(text, new Set(['resource', 'resource_metadata']), url => {
      const replacement = reorigin(url, this.#origins)
      if (replacement !== undefined) this.#changes.push({ original: url, replacement })
      return replacement
    })
    return out === text ? parts : [new TextEncoder().encode(out)]
  }

  /** True once the document can no longer change, so that its head may leave as it is. */
  get passing(): boolean {
    return this.#passing
  }

  takeChanges(): readonly Rewritten[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  #take(): Uint8Array[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }
}

/** Replaces string values of some members of the outermost object, and leaves every other character of the JSON text. */
function rewriteMembers(text: string, names: ReadonlySet<string>, replace: (value: string) => string | undefined): string {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g
  let depth = 0
  let key: string | undefined
  let isValue = false
  let out = ''
  let copied = 0
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [mark] = found
    if (mark === '{' || mark === '[') depth++
    else if (mark === '}' || mark === ']') depth--
    else if (mark === ':') isValue = true
    else if (mark === ',') isValue = false
    else if (depth === 1 && !isValue) key = unquote(mark)
    else if (depth === 1 && isValue && key !== undefined && names.has(key)) {
      const value = unquote(mark)
      const replacement = value === undefined ? undefined : replace(value)
      if (replacement === undefined) continue
      out += text.slice(copied, found.index) + JSON.stringify(replacement)
      copied = found.index + mark.length
    }
  }
  return out + text.slice(copied)
}

function unquote(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
