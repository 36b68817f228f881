/** What a single exchange shows by its heads. Promise: plain readings that several rules share; none of them is a verdict. */
import { originOf } from './endpoint.ts'
import type { Facts } from './facts.ts'
import { headerOf } from './fields.ts'
import type { Evidence, Exchange, Frame } from './model.ts'
import { callOf } from './per-facts.ts'
import { errorWords } from './words.ts'

/** A client that tries another way after a refusal does so within this time (ms). */
const SETTLED_SPAN = 5_000

export const requestHeader = (x: Exchange, name: string): string => headerOf(x.requestHeaders, name)
export const responseHeader = (x: Exchange, name: string): string => headerOf(x.responseHeaders ?? [], name)
/** Media type of the response, without parameters; empty for none. */
export const mediaType = (x: Exchange): string => (responseHeader(x, 'content-type').split(';', 1)[0] ?? '').trim().toLowerCase()
/** A GET that asks for an event stream. */
export const asksForStream = (x: Exchange): boolean =>
  x.method === 'GET' && requestHeader(x, 'accept').toLowerCase().includes('text/event-stream')
/** It carries JSON-RPC. Other programs POST too: OAuth clients register and ask for tokens. */
export const carriesMessage = (facts: Facts, x: Exchange): boolean =>
  x.calls.some(id => (callOf(facts, id)?.kind ?? 'invalid') !== 'invalid')
export const answerAt = (x: Exchange): number => x.responseAt ?? x.requestAt
export const answerSeq = (x: Exchange): number => x.responseSeq ?? x.requestSeq
export const bySuccess = ({ status = 0, responseBy }: Exchange): boolean => responseBy === 'server' && status >= 200 && status < 300
/** Refused by the server with one of these statuses, or with any error. */
export const byRefusal = ({ status = 0, responseBy }: Exchange, ...statuses: readonly number[]): boolean =>
  responseBy === 'server' && (statuses.length === 0 ? status >= 400 : statuses.includes(status))
/** The words of a refusal, one line of at most 80 characters; empty for none. A page of HTML gives its title. */
export function refusalWords(x: Exchange): string {
  const text = x.errorText ?? ''
  const title = /<title>\s*([^<]*)/i.exec(text)?.[1]?.trim()
  const plain = /^\s*</.test(text) ? (title ?? 'a page of HTML') : errorWords(text)
  return plain.replaceAll(/\s+/g, ' ').trim().slice(0, 80)
}
/** `POST /mcp answered with 404: Not Found`. */
export function answerOf(x: Exchange): Evidence {
  const words = refusalWords(x)
  const told = x.status === undefined ? 'had no answer' : `answered with ${x.status}${words === '' ? '' : `: ${words}`}`
  return { seq: answerSeq(x), at: answerAt(x), says: `${x.method} ${x.path} ${told}` }
}
/** Nobody tries another way any more. */
export const isSettled = (facts: Facts, at: number): boolean => facts.left === true || facts.now - at > SETTLED_SPAN

/** Origin under which the client addressed the proxy (or the server, where none was between); undefined where the request has no Host. */
export function ownOrigin(x: Exchange): string | undefined {
  const host = requestHeader(x, 'host').toLowerCase()
  return host === '' ? undefined : `${x.secure ? 'https' : 'http'}://${host}`
}
/** The other origin that a URL in a response leads this client to; undefined for a relative URL, its own origin, or none known. */
export function foreignOrigin(x: Exchange, url: string): string | undefined {
  const own = ownOrigin(x)
  const origin = url.startsWith('//') ? originOf(`${x.secure ? 'https' : 'http'}:${url}`) : originOf(url)
  if (own === undefined || origin === undefined) return undefined
  return bare(origin) === bare(own) ? undefined : origin
}
const bare = (origin: string): string => origin.replace(/^(http:\/\/.+):80$|^(https:\/\/.+):443$/, '$1$2')

/** The origin outside the proxy to which a redirect leads; undefined where it stays, or where the proxy led it back. */
export function redirectOrigin(x: Exchange): string | undefined {
  const { status = 0, location, changes } = x
  if (status < 300 || status >= 400 || location === undefined || changes.some(({ what }) => what === 'location')) return undefined
  return foreignOrigin(x, location)
}

/** An event stream in name only: its body was no event, and it ended. Readers of event streams discard such text without a word. */
export const isStreamOfText = (x: Exchange): boolean =>
  x.body === 'sse' &&
  bySuccess(x) &&
  x.responseBytes > 0 &&
  x.frames === 0 &&
  x.pings === 0 &&
  x.serverEnd?.how === 'complete' &&
  // A message that lacks its last blank line is an event, only not a whole one.
  !x.framing?.some(({ what, rpc }) => what === 'unfinished' && rpc)
/** Answered with 200 and a body of a type that no client of Streamable HTTP reads. */
export const isForeignBody = (x: Exchange): boolean =>
  x.method === 'POST' && x.status === 200 && bySuccess(x) && x.body === 'other' && x.responseBytes > 0
/** A message path that came under another event name than `endpoint`. */
export const isLikeEndpoint = ({ kind, event, preview }: Frame): boolean =>
  kind === 'event' && event !== 'endpoint' && /^(https?:\/\/|\/)[^\s{]+$/.test(preview.trim())
