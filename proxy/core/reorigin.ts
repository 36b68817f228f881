/**
 * Which URLs name the upstream, and where they lead instead. Promise: only the origin is replaced; path, query and their spelling stay.
 */

export interface Origins {
  /** All origins that mean the upstream, as `URL.origin` writes them. */
  readonly upstream: readonly string[]
  /** `http:` or `https:`: the scheme of a URL that begins with `//`. */
  readonly scheme: string
  /** The proxy as this client addressed it, such as `http://127.0.0.1:8002`. */
  readonly proxy: string
  /** Targets at which a challenge announced protected-resource metadata; grows as challenges pass. */
  readonly announced: Set<string>
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

/**
 * The same for the client that knows the proxy as `proxy`. A TLS server to which Host is preserved calls itself https:// and our name;
 * where that bears the port at which we listen, which speaks no TLS, nobody else can be meant.
 */
export function originsFor(target: URL, known: readonly string[], proxy: string, listen: string): readonly string[] {
  const ours = target.protocol === 'https:' ? URL.parse(proxy) : null
  return ours !== null && ours.port === new URL(listen).port ? [...known, new URL(`https://${ours.host}`).origin] : known
}

/** What an absolute URL, or one that begins with `//`, begins with. */
export const ABSOLUTE = /^(https?:)?\/\/([^/?#\\\s]*)/i

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
