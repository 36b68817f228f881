/**
 * The few places where a server names itself by an absolute URL, which would lead the client past the proxy.
 * Promise: only the origin inside such a URL is replaced; every other byte stays, and the caller learns what it was.
 *
 * Left alone on purpose: `authorization_servers`, whose issuer the client must compare byte for byte, and any origin but the upstream's own.
 * A client that saw a rewritten `resource` sends that one to its authorization server, as it does for every address it knows.
 */
import { type FlatHeaders, headerOf } from './headers.ts'
import { type BodyRewriter, type Origins, type Rewritten, reorigin } from './reorigin.ts'
import { EndpointRewriter } from './rewrite-endpoint.ts'
import { MetadataRewriter } from './rewrite-metadata.ts'

const RESOURCE_METADATA = /(\bresource_metadata\s*=\s*"?)([^",\s]+)/gi

/** More places than this no server has; a hostile one may name any number. */
const MOST_ANNOUNCED = 1000

/** RFC 9728 5.1: the metadata lies where the challenge says, which need not be under /.well-known. */
function announce(url: string, announced: Set<string>): void {
  const parsed = URL.parse(url)
  if (parsed && announced.size < MOST_ANNOUNCED) announced.add(parsed.pathname + parsed.search)
}

/** A WWW-Authenticate value with its `resource_metadata` led to the proxy; undefined where nothing changes. */
export function rewriteChallenge(value: string, origins: Origins): string | undefined {
  const out = value.replace(RESOURCE_METADATA, (_, before: string, url: string) => {
    const led = reorigin(url, origins)
    if (led !== undefined) announce(led, origins.announced)
    return before + (led ?? url)
  })
  return out === value ? undefined : out
}

export interface HeadRewrite {
  readonly headers: FlatHeaders
  /** In the order of the fields. */
  readonly changes: readonly (Rewritten & { readonly what: 'location' | 'resource-metadata' })[]
}

/** `Location` and `WWW-Authenticate` of a response head. The same list comes back where nothing changes. */
export function rewriteHead(flat: FlatHeaders, origins: Origins): HeadRewrite {
  let headers: string[] | undefined
  const changes: HeadRewrite['changes'][number][] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (name.length !== 8 && name.length !== 16) continue
    const lower = name.toLowerCase()
    if (lower !== 'location' && lower !== 'www-authenticate') continue
    const original = flat[i + 1] as string
    const what = lower === 'location' ? lower : 'resource-metadata'
    const replacement = what === 'location' ? reorigin(original, origins) : rewriteChallenge(original, origins)
    if (replacement === undefined) continue
    headers ??= [...flat]
    headers[i + 1] = replacement
    changes.push({ what, original, replacement })
  }
  return { headers: headers ?? flat, changes }
}

/** True where protected-resource metadata is asked for: at the well-known place, or where a challenge announced it. */
export const asksForMetadata = (request: { readonly method: string; readonly target: string }, announced: ReadonlySet<string>): boolean =>
  request.method === 'GET' && (request.target.startsWith('/.well-known/oauth-protected-resource') || announced.has(request.target))

/**
 * Which body needs a rewriter: an event stream that answers a GET, or protected-resource metadata. Compressed bodies are left alone, and
 * a stream whose length has been announced, which must stay true: its head leaves before the event has come.
 */
export function bodyRewriterFor(
  request: { readonly method: string; readonly target: string },
  response: { readonly status: number; readonly headers: FlatHeaders },
  origins: Origins,
): BodyRewriter | undefined {
  if (request.method !== 'GET' || response.status !== 200) return undefined
  const type = headerOf(response.headers, 'content-type')?.trim().toLowerCase() ?? ''
  const events = type.startsWith('text/event-stream')
  const metadata = !events && type.includes('json') && asksForMetadata(request, origins.announced)
  if (!events && !metadata) return undefined
  const coding = headerOf(response.headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity' || (events && headerOf(response.headers, 'content-length') !== undefined)) return undefined
  return events ? new EndpointRewriter(origins) : new MetadataRewriter(origins)
}
