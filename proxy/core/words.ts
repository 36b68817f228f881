/** Figures as a person reads them. Promise: one spelling for sizes, spans and ends everywhere; no locale, no rounding to zero. */
import type { Actor, Ending } from './event.ts'

/** `1,344,812 B`. */
export function bytesText(count: number): string {
  return `${String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')} B`
}

/** A span of milliseconds: `0.4 ms`, `340 ms`, `11.2 s`, `2 min 5 s`, `1 h 3 min`. */
export function spanText(span: number): string {
  const value = Math.max(0, span)
  if (value < 0.95) return `${value.toFixed(1)} ms`
  if (value < 999.5) return `${Math.round(value)} ms`
  if (value < 119_950) return `${(value / 1000).toFixed(1)} s`
  const seconds = Math.round(value / 1000)
  if (seconds < 7200) return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A limit as a person set it, from a span that was measured: `500 ms`, `1 s` for 999 ms, `37 s`, `37.4 s`, `300 s`. */
export function limitText(span: number): string {
  if (span < 950) return `${Math.round(span / 10) * 10} ms`
  const whole = Math.round(span / 1000)
  const near = Math.abs(span - whole * 1000) <= Math.max(60, Math.min(250, span * 0.005))
  return `${near ? whole : (span / 1000).toFixed(1)} s`
}

const ENDINGS: Record<Ending, string> = {
  complete: 'clean end',
  fin: 'FIN',
  reset: 'reset',
  timeout: 'timeout',
  refused: 'connection refused',
  unresolved: 'name not resolved',
  tls: 'TLS failure',
  garbage: 'broken HTTP framing',
  closed: 'closed',
}
export const endingText = (how: Ending): string => ENDINGS[how]

const ACTORS: Record<Actor, string> = { client: 'The client', server: 'The server', proxy: 'The proxy' }
export const actorText = (by: Actor): string => ACTORS[by]

/** What an error body says: the message of a JSON-RPC error or of a JSON object that has one, else the text itself. */
export function errorWords(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(text)?.[1]
  return message === undefined ? text : message.replaceAll(/\\(["\\/])/g, '$1')
}

/** `1 call`, `3 calls`. */
export const countText = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `once`, `twice`, `5 times`. */
export const timesText = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`)

/** A session's id as words name it: its first eight characters, or all of a short one. */
export const shortId = (id: string): string => (id.length > 24 ? id.slice(0, 8) : id)
