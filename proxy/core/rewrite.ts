/**
 * The few places where a server names itself by an absolute URL, which would lead the client past the proxy.
 * Promise: only the origin inside such a URL is replaced; every other byte stays, and the caller learns what it was.
 *
 * Left alone on purpose: `authorization_servers`, whose issuer the client must compare byte for byte, and any origin but the upstream's own.
 * A client that saw a rewritten `resource` sends that one to its authorization server, as it does for every address it knows.
 */
import { type FlatHeaders, headerOf } from './headers.ts'

export interface Origins {
  /** All origins that mean the upstream, as `URL.origin` writes them. */
  readonly upstream: readonly string[]
  /** `http:` or `https:`: the scheme of a URL that begins with `//`. */
  readonly scheme: string
  /** The proxy as this client addressed it, such as `http://127.0.0.1:8002`. */
  readonly proxy: string
}

export interface Rewritten {
  readonly original: string
  readonly replacement: string
}

/** Bytes in, bytes out, in order; what is held back comes with a later call. */
export interface BodyRewriter {
  push(bytes: Uint8Array): readonly Uint8Array[]
  finish(): readonly Uint8Array[]
  /** Changes since the last call. */
  takeChanges(): readonly Rewritten[]
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** The origins that mean `target`: itself, and for a loopback name all three spellings. */
export function upstreamOrigins(target: URL): string[] {
  if (!LOOPBACK.includes(target.hostname)) return [target.origin]
  const port = target.port === '' ? '' : `:${target.port}`
  return LOOPBACK.map(name => `${target.protocol}//${name}${port}`)
}

const ABSOLUTE = /^(https?:)?\/\/([^/?#\\\s]*)/i

/** The URL with the upstream's origin replaced by the proxy's; undefined where it names another origin, or none. */
export function reorigin(url: string, origins: Origins): string | undefined {
  const found = ABSOLUTE.exec(url)
  if (!found) return undefined
  const [prefix, scheme, authority] = found as unknown as [string, string | undefined, string]
  let origin: string
  try {
    origin = new URL(`${scheme ?? origins.scheme}//${authority}`).origin
  } catch {
    return undefined
  }
  if (!origins.upstream.includes(origin)) return undefined
  const proxy = scheme === undefined ? origins.proxy.slice(origins.proxy.indexOf('//')) : origins.proxy
  return proxy === prefix ? undefined : proxy + url.slice(prefix.length)
}

const RESOURCE_METADATA = /(\bresource_metadata\s*=\s*"?)([^",\s]+)/gi

/** A WWW-Authenticate value with its `resource_metadata` led to the proxy; undefined where nothing changes. */
export function rewriteChallenge(value: string, origins: Origins): string | undefined {
  const out = value.replace(RESOURCE_METADATA, (_, before: string, url: string) => before + (reorigin(url, origins) ?? url))
  return out === value ? undefined : out
}

export interface HeadRewrite {
  readonly headers: FlatHeaders
  readonly location?: Rewritten
  readonly challenge?: Rewritten
}

/** `Location` and `WWW-Authenticate` of a response head. The same list comes back where nothing changes. */
export function rewriteHead(flat: FlatHeaders, origins: Origins): HeadRewrite {
  let headers: string[] | undefined
  let location: Rewritten | undefined
  let challenge: Rewritten | undefined
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (name.length !== 8 && name.length !== 16) continue
    const lower = name.toLowerCase()
    if (lower !== 'location' && lower !== 'www-authenticate') continue
    const original = flat[i + 1] as string
    const replacement = lower === 'location' ? reorigin(original, origins) : rewriteChallenge(original, origins)
    if (replacement === undefined) continue
    headers ??= [...flat]
    headers[i + 1] = replacement
    if (lower === 'location') location = { original, replacement }
    else challenge = { original, replacement }
  }
  return { headers: headers ?? flat, ...(location && { location }), ...(challenge && { challenge }) }
}

/** Which body needs a rewriter: an event stream that answers a GET, or protected-resource metadata. Compressed bodies are left alone. */
export function bodyRewriterFor(
  request: { readonly method: string; readonly target: string },
  response: { readonly status: number; readonly headers: FlatHeaders },
  origins: Origins,
): BodyRewriter | undefined {
  if (request.method !== 'GET' || response.status !== 200) return undefined
  const type = headerOf(response.headers, 'content-type')?.trim().toLowerCase() ?? ''
  const events = type.startsWith('text/event-stream')
  const metadata = !events && type.includes('json') && request.target.startsWith('/.well-known/oauth-protected-resource')
  if (!events && !metadata) return undefined
  const coding = headerOf(response.headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity') return undefined
  return events ? new EndpointRewriter(origins) : new MetadataRewriter(origins)
}

const HOLD_BYTES = 8 * 1024
const NONE: readonly Uint8Array[] = []
const CR = 13
const LF = 10
const COLON = 58

/**
 * Rewrites the absolute URL in the first event of a stream, if that is an `endpoint` event. Bytes are held back only while the first
 * event could still be one: not before its `data` field, not beyond 8 KiB, and not at all when its URL is relative.
 */
export class EndpointRewriter implements BodyRewriter {
  readonly #origins: Origins
  #held: Uint8Array = new Uint8Array(0)
  #done = false
  /** State of the scan: start of the current line in `held`, and whether a CR ended the line before it. */
  #line = 0
  #afterCr = false
  #first = true
  /** Inside a line that cannot matter, whose beginning has left already. */
  #skipping = false
  #event: string | undefined
  #url: { from: number; to: number } | undefined
  #changes: Rewritten[] = []

  constructor(origins: Origins) {
    this.#origins = origins
  }

  push(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#done) return [bytes]
    this.#held = this.#held.length === 0 ? bytes : join(this.#held, bytes)
    this.#scan()
    if (this.#done) return this.#release(this.#held.length)
    if (this.#held.length > HOLD_BYTES) {
      this.#done = true
      return this.#release(this.#held.length)
    }
    return this.#release(this.#url ? Math.min(this.#url.from, this.#line) : this.#line)
  }

  finish(): readonly Uint8Array[] {
    this.#done = true
    return this.#release(this.#held.length)
  }

  takeChanges(): readonly Rewritten[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  #release(count: number): readonly Uint8Array[] {
    if (count === 0) return NONE
    const out = this.#held.subarray(0, count)
    // What stays is copied: a held view would keep a whole receive buffer alive.
    this.#held = this.#held.slice(count)
    this.#line -= count
    if (this.#url) this.#url = { from: this.#url.from - count, to: this.#url.to - count }
    return [out]
  }

  #scan(): void {
    while (!this.#done) {
      const held = this.#held
      if (this.#afterCr && this.#line < held.length) {
        if (held[this.#line] === LF) this.#line++
        this.#afterCr = false
      }
      let end = this.#line
      while (end < held.length && held[end] !== CR && held[end] !== LF) end++
      const whole = end < held.length
      if (!this.#skipping) this.#read(this.#line, end, whole)
      if (this.#done) return
      if (!whole) {
        if (this.#skipping) this.#line = end
        return
      }
      this.#afterCr = held[end] === CR
      this.#line = end + 1
      this.#skipping = false
    }
  }

  /** One line, or the part of it that has come. */
  #read(from: number, end: number, whole: boolean): void {
    const held = this.#held
    let start = from
    if (this.#first) {
      const bom = [0xef, 0xbb, 0xbf]
      const same = bom.filter((byte, i) => held[from + i] === byte).length
      if (same > 0 && end - from < 3 && !whole) return
      if (same === 3) start += 3
      if (whole) this.#first = false
    }
    if (whole && start === end) {
      // A block without data is no event (a comment, a retry): the next one is the first.
      if (this.#url) this.#done = true
      this.#event = undefined
      return
    }
    const colon = held.indexOf(COLON, start)
    const named = colon >= 0 && colon < end
    const field = latin1(held, start, named ? colon : end)
    if (!named && !whole) {
      if (!'event'.startsWith(field) && !'data'.startsWith(field)) this.#skip()
      return
    }
    if (field !== 'event' && field !== 'data') {
      if (!whole) this.#skip()
      return
    }
    let value = named ? colon + 1 : end
    if (held[value] === 32 && value < end) value++
    if (field === 'event') this.#readEvent(latin1(held, value, end), whole)
    else this.#readData(value, end, whole)
  }

  #skip(): void {
    this.#skipping = true
    this.#first = false
  }

  #readEvent(name: string, whole: boolean): void {
    if (!whole) {
      if (!'endpoint'.startsWith(name)) this.#done = true
      return
    }
    this.#event = name
    if (name !== 'endpoint') this.#done = true
    else this.#decide()
  }

  #readData(from: number, end: number, whole: boolean): void {
    if (this.#url) return
    const text = latin1(this.#held, from, end)
    if (!/^(h(t(t(p(s?(:(\/(\/.*)?)?)?)?)?)?)?|\/(\/.*)?)?$/i.test(text) || (whole && !ABSOLUTE.test(text))) {
      this.#done = true
      return
    }
    // The origin is known once something follows the authority.
    const known = whole || /^(https?:)?\/\/[^/?#\\]*[/?#\\]/i.test(text)
    if (!known) return
    if (reorigin(text, this.#origins) === undefined) this.#done = true
    else if (whole) {
      this.#url = { from, to: end }
      this.#decide()
    }
  }

  /** Replaces the URL once it is known that the event is an endpoint event. */
  #decide(): void {
    if (this.#event !== 'endpoint' || !this.#url) return
    const { from, to } = this.#url
    const original = latin1(this.#held, from, to)
    const replacement = reorigin(original, this.#origins) as string
    this.#changes.push({ original, replacement })
    this.#held = join(this.#held.subarray(0, from), bytesOf(replacement), this.#held.subarray(to))
    this.#url = undefined
    this.#done = true
  }
}

const METADATA_BYTES = 256 * 1024

/** Rewrites `resource` (and `resource_metadata`) of a small JSON document; a larger or broken one passes as it is. */
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
    const whole = join(...parts)
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

function join(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}
