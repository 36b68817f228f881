/** Reads what a page says on the live feed. Promise: what passes has the form of the contract; nothing else of it is kept. */
import type { RawData } from 'ws'
import type { PageMessage } from '../core/feed.ts'

const MAX_SESSIONS = 1000

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A message of the page, or undefined for anything else. */
export function readPageMessage(data: RawData, isBinary: boolean): PageMessage | undefined {
  if (isBinary) return undefined
  let value: unknown
  try {
    value = JSON.parse(String(data))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { type, token, after, product, sessions } = value as Record<string, unknown>
  if (type === 'pong') return { type }
  if (type === 'hello' && typeof token === 'string' && isWhole(after)) return { type, token, after, product: String(product ?? '') }
  if (type === 'watch' && isWhole(after) && Array.isArray(sessions) && sessions.length <= MAX_SESSIONS && sessions.every(isWhole))
    return { type, sessions: [...new Set(sessions)].sort((a, b) => a - b), after }
  return undefined
}
