/**
 * IP addresses as numbers and address values as spans of them. Promise: IPv4 and IPv6 never compare with each other, and what is no
 * address is undefined, not a guess.
 */
import { isIPv4, isIPv6 } from 'node:net'

export interface Span {
  readonly version: 4 | 6
  readonly low: bigint
  readonly high: bigint
}

/** The number of an address of either version. */
export function addressNumber(text: string): bigint | undefined {
  if (isIPv4(text)) return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail = ''] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const missing = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)]
  return all.reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n)
}

/** The span of an address, a network (`10.1.2.3/24` is all of 10.1.2.0/24) or a range. */
export function spanOf(text: string): Span | undefined {
  const value = text.trim()
  const version = value.includes(':') ? 6 : 4
  if (value.includes('-')) {
    const [low, high] = value.split('-').map(part => addressNumber(part.trim()))
    return low !== undefined && high !== undefined && low <= high ? { version, low, high } : undefined
  }
  const [address = '', prefix, more] = value.split('/')
  const number = addressNumber(address)
  const bits = version === 4 ? 32 : 128
  if (number === undefined || more !== undefined) return undefined
  if (prefix === undefined) return { version, low: number, high: number }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined
  const host = (1n << BigInt(bits - Number(prefix))) - 1n
  return { version, low: number & ~host, high: number | host }
}

/** Whether an address fits an IPv4 wildcard such as `10.132.1.1/0.0.2.255`: bits that are 1 in the mask may be anything. */
export function wildcardHolds(wildcard: string, address: string): boolean {
  const [base = '', mask = ''] = wildcard.split('/')
  const [fixed, free, given] = [base, mask, address].map(part => (isIPv4(part) ? addressNumber(part) : undefined))
  return fixed !== undefined && free !== undefined && given !== undefined && (fixed & ~free) === (given & ~free)
}

export const contains = (outer: Span, inner: Span): boolean =>
  outer.version === inner.version && outer.low <= inner.low && inner.high <= outer.high
