/**
 * Masks the texts of a wire event, or of any derived row, for what leaves the machine. Bodies are not its business (sanitise.ts).
 * Promise: every text passes the masker; what holds no secret comes back equal.
 */
import type { RawHeader, WireEvent } from './event.ts'
import type { Finding } from './model.ts'
import type { Masker } from './redact.ts'

/** All texts of an event but its body bytes. */
export function maskEvent(event: WireEvent, masker: Masker): WireEvent {
  switch (event.kind) {
    case 'request':
      return { ...event, target: masker.text(masker.target(event.target)), headers: maskAllHeaders(event.headers, masker) }
    case 'response':
      return { ...event, reason: masker.text(event.reason), headers: maskAllHeaders(event.headers, masker) }
    case 'change':
      return { ...event, original: masker.text(masker.target(event.original)), replacement: masker.text(masker.target(event.replacement)) }
    case 'recording':
      return { ...event, upstreams: event.upstreams.map(upstream => ({ ...upstream, url: masker.target(upstream.url) })) }
    case 'end': {
      const detail = event.detail === undefined ? {} : { detail: masker.text(event.detail) }
      return { ...event, ...detail, ...(event.trailers ? { trailers: maskAllHeaders(event.trailers, masker) } : {}) }
    }
    case 'close':
      return event.detail === undefined ? event : { ...event, detail: masker.text(event.detail) }
    case 'log':
      return { ...event, text: masker.text(event.text) }
    default:
      return event
  }
}

/** By name, and what shows by itself in the values of other headers. */
function maskAllHeaders(headers: readonly RawHeader[], masker: Masker): RawHeader[] {
  return masker.headers(headers).map(([name, value]) => [name, masker.text(value)])
}

/** Findings for what leaves the machine: their words name sessions by the beginning of an id. */
export const maskFindings = (findings: readonly Finding[], masker: Masker): readonly Finding[] =>
  maskTree(findings, masker, text => masker.prose(text))

/** All texts in a row, whatever its shape. Numbers and names of members stay. */
export function maskTree<T>(value: T, masker: Masker, mask = (text: string) => masker.text(text)): T {
  if (typeof value === 'string') return mask(value) as T
  if (Array.isArray(value)) {
    const isHeader = value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
    if (isHeader) return [value[0], masker.text(masker.header(value[0], value[1]))] as T
    return value.map(entry => maskTree(entry, masker, mask)) as T
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, maskTree(entry, masker, mask)])) as T
}
