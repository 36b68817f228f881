/** Single fields of a head. Promise: names compare without case, and a field that is missing or wrong is told apart from one that is there. */
import type { RawHeader } from './event.ts'

/** Value of the first header of that name (given in lower case); empty where there is none. */
export function headerOf(headers: readonly RawHeader[], name: string): string {
  for (const [key, value] of headers) if (key.length === name.length && key.toLowerCase() === name) return value
  return ''
}

/** Content-Encoding in lower case; empty for none. */
export const encodingOf = (headers: readonly RawHeader[]) => {
  const value = headerOf(headers, 'content-encoding').trim().toLowerCase()
  return value === 'identity' ? '' : value
}

/** Content-Length; -1 where there is none or it is no number. */
export function lengthOf(headers: readonly RawHeader[]): number {
  const value = headerOf(headers, 'content-length')
  return /^[0-9]+$/.test(value) ? Number(value) : -1
}
