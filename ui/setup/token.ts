/** The token in what someone pasted: a whole address, or the token itself. Promise: pure. */
import { takeToken } from '../address.ts'

export function tokenIn(text: string): string | undefined {
  const trimmed = text.trim()
  const hash = trimmed.indexOf('#')
  if (hash >= 0) return takeToken(trimmed.slice(hash)).token
  return /^[\w-]{16,}$/.test(trimmed) ? trimmed : undefined
}
