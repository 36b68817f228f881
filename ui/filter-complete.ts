/** What the filter field offers while one types. Promise: pure; an offer replaces exactly the piece under the caret. */

import { FILTER_KEYS, type FilterKey, IS, tokens } from './filter.ts'
import type { Rows } from './rows.ts'

export interface Offer {
  readonly insert: string
  readonly hint: string
}
export interface Completion {
  readonly from: number
  readonly to: number
  readonly offers: readonly Offer[]
}

/** Values that occur in the rows at hand, by key. */
export interface Known {
  readonly status: readonly string[]
  readonly method: readonly string[]
  readonly tool: readonly string[]
  readonly session: readonly string[]
  readonly era: readonly string[]
  readonly rule: readonly string[]
}

export function knownOf(rows: Rows, sessions: readonly number[]): Known {
  const sets = {
    status: new Set<string>(),
    method: new Set<string>(),
    tool: new Set<string>(),
    session: new Set<string>(),
    era: new Set<string>(),
    rule: new Set([...rows.findings.values()].filter(one => !one.gone).map(one => one.rule)),
  }
  for (const id of sessions) {
    const all = rows.ofSession(id)
    if (!all) continue
    sets.session.add(all.session.key.slice(0, 8))
    sets.era.add(all.session.protocolVersion ?? all.session.transport)
    for (const one of all.exchanges) if (one.status !== undefined) sets.status.add(String(one.status))
    for (const one of all.calls) {
      sets.method.add(one.method)
      if (one.name !== undefined) sets.tool.add(one.name)
    }
  }
  const sorted = (set: Set<string>) => [...set].sort().slice(0, 200)
  return {
    status: sorted(sets.status),
    method: sorted(sets.method),
    tool: sorted(sets.tool),
    session: sorted(sets.session),
    era: sorted(sets.era),
    rule: sorted(sets.rule),
  }
}

const STATIC: Partial<Record<FilterKey, readonly string[]>> = {
  is: IS,
  dir: ['client', 'server'],
  severity: ['error', 'warning', 'info'],
  'larger-than': ['10k', '100k', '1M'],
  'slower-than': ['200ms', '1s', '10s'],
  header: ['mcp-session-id', 'location', 'content-type', 'authorization'],
}

const quoted = (value: string): string => (/[\s"]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value)

export function complete(text: string, caret: number, known: Known): Completion {
  const token = tokens(text).find(one => one.from < caret && caret <= one.to) ?? { from: caret, to: caret, text: '' }
  const typed = text.slice(token.from, caret)
  const minus = typed.startsWith('-') ? '-' : ''
  const piece = typed.slice(minus.length).toLowerCase()
  const colon = piece.indexOf(':')
  const span = { from: token.from, to: token.to }
  if (colon < 0) {
    const keys = (Object.keys(FILTER_KEYS) as FilterKey[]).filter(key => key.startsWith(piece))
    const states = piece === '' ? [] : IS.filter(one => one.startsWith(piece)).map(one => ({ insert: `${minus}is:${one}`, hint: 'state' }))
    return { ...span, offers: [...keys.map(key => ({ insert: `${minus}${key}:`, hint: FILTER_KEYS[key] })), ...states] }
  }
  const key = piece.slice(0, colon)
  const begun = piece.slice(colon + 1).replace(/^"/, '')
  const values = STATIC[key as FilterKey] ?? known[key as keyof Known] ?? []
  const fitting = values.filter(one => one.toLowerCase().includes(begun) && one.toLowerCase() !== begun)
  return { ...span, offers: fitting.slice(0, 12).map(one => ({ insert: `${minus}${key}:${quoted(one)}`, hint: '' })) }
}
