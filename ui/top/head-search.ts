/** Search in the heads, calls and log lines that the page holds. Promise: pure; at most `HEAD_HITS` hits, in time order. */
import type { Rows } from '../rows.ts'
import type { Selection } from '../view.ts'

export interface Hit {
  readonly selection: Selection
  readonly session: number
  readonly at: number
  readonly where: string
  readonly excerpt: string
}

const HEAD_HITS = 50
const AROUND = 60

function excerpt(text: string, needle: string): string | undefined {
  const at = text.toLowerCase().indexOf(needle)
  if (at < 0) return undefined
  const from = Math.max(0, at - AROUND)
  return `${from > 0 ? '…' : ''}${text.slice(from, at + needle.length + AROUND)}`
}

export function headHits(rows: Rows, text: string): Hit[] {
  const needle = text.toLowerCase()
  const hits: Hit[] = []
  const add = (selection: Selection, session: number, at: number, where: string, all: string) => {
    const found = hits.length < HEAD_HITS ? excerpt(all, needle) : undefined
    if (found !== undefined) hits.push({ selection, session, at, where, excerpt: found })
  }
  for (const { id, key } of rows.sessions.values()) {
    const all = rows.ofSession(id)
    if (!all) continue
    add({ kind: 'session', id }, id, all.session.startedAt, 'id', key)
    for (const one of all.calls) add({ kind: 'call', id: one.id }, id, one.sentAt, 'call', [one.method, one.name].filter(Boolean).join(' '))
    for (const one of all.exchanges) {
      const heads = [...one.requestHeaders, ...(one.responseHeaders ?? [])].map(([name, value]) => `${name}: ${value}`)
      add({ kind: 'exchange', id: one.id }, id, one.requestAt, 'head', [`${one.method} ${one.target}`, ...heads].join('\n'))
    }
  }
  for (const line of rows.logs) {
    const selection: Selection = { kind: 'log', id: line.id }
    const session = rows.sessionOf(selection, [...rows.sessions.keys()])
    if (session !== undefined) add(selection, session, line.at, 'server log', line.text)
  }
  return hits.sort((a, b) => a.at - b.at)
}
