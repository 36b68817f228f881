/**
 * Reads request targets and the URL of an `endpoint` event. Promise: no name of a session parameter is taken for granted;
 * what the server chose is learnt from its own URL, and only then guessed by likeness.
 */

/** Path and query of a target, an absolute URL or a relative reference; the fragment is dropped. `base` is the path it is relative to. */
export function pathAndQuery(reference: string, base = '/'): string {
  const bare = reference.split('#', 1)[0] ?? ''
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*(.*)$/i.exec(bare) ?? /^\/\/[^/?]*(.*)$/.exec(bare)
  const rest = absolute ? (absolute[1] ?? '') : bare
  if (rest.startsWith('/')) return rest
  if (rest === '' || rest.startsWith('?')) return absolute ? `/${rest}` : `${pathOf(base)}${rest}`
  return joined(base, rest)
}

function joined(base: string, relative: string): string {
  const [path = '', query] = relative.split(/(?=\?)/s, 2)
  const parts = pathOf(base).split('/').slice(0, -1)
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.length > 1) parts.pop()
    } else if (part !== '.') parts.push(part)
  }
  return `${parts.join('/') || '/'}${query ?? ''}`
}

export const pathOf = (target: string): string => target.split(/[?#]/, 1)[0] ?? ''
export const queryOf = (target: string): string => /\?([^#]*)/.exec(target)?.[1] ?? ''
/** True where two paths are one but for slashes at the end. */
export const sameButSlash = (a: string, b: string): boolean => a !== b && trimSlash(a) === trimSlash(b)
export const trimSlash = (path: string): string => path.replace(/\/+$/, '') || '/'

/** The mount prefix of a stream's path that the advertised message path lacks (`/mcp/test` of `/mcp/test/sse`); undefined where none is lost. */
export function lostPrefix(streamPath: string, advertised: string): string | undefined {
  const prefix = streamPath.slice(0, trimSlash(streamPath).lastIndexOf('/'))
  return prefix === '' || advertised.startsWith(`${prefix}/`) ? undefined : prefix
}

/** `scheme://host:port` of an absolute reference, lower case; undefined for a relative one. */
export const originOf = (reference: string): string | undefined => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(reference)?.[0].toLowerCase()

/** How a server's URLs carry the session id: in a query parameter, or in a segment of the path. */
export type IdPlace = { readonly param: string } | { readonly segment: number; readonly before: string }

const ID_NAMES = /^(mcp[-_]?)?(session|sess|conn(ection)?|client|transport)?[-_]?(id|key|token|session)$/i
const looksLikeId = (text: string) => text.length >= 8 && /^[A-Za-z0-9._~-]+$/.test(text) && /\d/.test(text)

function params(query: string): [string, string][] {
  return query
    .split('&')
    .filter(part => part !== '')
    .map(part => {
      const [name = '', ...value] = part.split('=')
      return [decode(name), decode(value.join('='))]
    })
}
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Where the id lies in a server's own endpoint URL; undefined if it carries none. */
export function placeOfId(endpoint: string): IdPlace | undefined {
  const all = params(queryOf(endpoint)).filter(([, value]) => value !== '')
  const named = all.find(([name]) => /session/i.test(name)) ?? all.find(([name]) => ID_NAMES.test(name))
  const chosen = named ?? all.filter(([, value]) => looksLikeId(value)).sort((a, b) => b[1].length - a[1].length)[0]
  if (chosen) return { param: chosen[0] }
  const parts = trimSlash(pathOf(endpoint)).split('/')
  const segment = parts.findLastIndex(looksLikeId)
  return segment === -1 ? undefined : { segment, before: parts.slice(0, segment).join('/') }
}

/** The id at that place of a target; undefined where it is missing or empty. */
export function idAt(target: string, place: IdPlace): string | undefined {
  if ('param' in place) return params(queryOf(target)).find(([name, value]) => name === place.param && value !== '')?.[1]
  const parts = trimSlash(pathOf(target)).split('/')
  if (parts.slice(0, place.segment).join('/') !== place.before) return undefined
  return parts[place.segment] || undefined
}

/** The id in a parameter that is called like one, for targets of which no endpoint event is known. */
export function guessId(target: string): string | undefined {
  return params(queryOf(target)).find(([name, value]) => value !== '' && /^(mcp[-_]?)?session[-_]?(id)?$/i.test(name))?.[1]
}
