/**
 * A wrong value in an error message. Promise: short whatever it is, and never a failure of its own (a million nested lists overflow JSON.stringify).
 */
const LONGEST = 40

export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
