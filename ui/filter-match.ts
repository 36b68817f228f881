/** Which rows a filter lets through. Promise: pure; a term that says nothing about a kind of row lets none of that kind through. */
import type { Call, Exchange, Finding, Frame, LogLine, Session } from '../proxy/core/model.ts'
import { isLate } from './call-fate.ts'
import type { Is, Term } from './filter.ts'
import type { Rows } from './rows.ts'

export type Filterable = Call | Exchange | Frame | LogLine | Finding

/** What surrounds a row. */
export interface Surroundings {
  exchange(id: number): Exchange | undefined
  call(id: number): Call | undefined
  session(id: number): Session | undefined
  /** Answers to a `body:` term: ids of exchanges and frames. Undefined while the recorder still searches. */
  found(source: string): ReadonlySet<number> | undefined
  /** Recording ms now, for what is still pending. */
  readonly now: number
}

/** The rows that the page holds as surroundings of one of them; `found`: answers to `body:` terms by their source. */
export const surroundings = (rows: Rows, found: ReadonlyMap<string, ReadonlySet<number> | undefined>, now: number): Surroundings => ({
  exchange: rows.exchange,
  call: rows.call,
  session: id => rows.sessions.get(id),
  found: source => found.get(source),
  now,
})

export const isRedirect = (status: number | undefined): boolean => status !== undefined && status >= 300 && status < 400 && status !== 304

/** The exchanges that a row is about. The long stream on which a call was answered is not its own: it carries the answers of all. */
function exchangesOf(row: Filterable, around: Surroundings): readonly Exchange[] {
  if (row.t === 'exchange') return [row]
  if (row.t === 'frame') return [around.exchange(row.exchange)].filter(one => one !== undefined)
  if (row.t === 'call')
    return row.exchanges
      .map(around.exchange)
      .filter(one => one !== undefined)
      .filter(one => one.body !== 'stream' || one.id === row.exchange)
  const one = row.t === 'finding' && row.exchange !== undefined ? around.exchange(row.exchange) : undefined
  return one ? [one] : []
}

function callsOf(row: Filterable, around: Surroundings): readonly Call[] {
  if (row.t === 'call') return [row]
  if (row.t === 'exchange') return row.calls.map(around.call).filter(one => one !== undefined)
  const id = row.t === 'frame' || row.t === 'finding' ? row.call : undefined
  const one = id === undefined ? undefined : around.call(id)
  return one ? [one] : []
}

const wordsOf = (row: Filterable): readonly (string | undefined)[] => {
  if (row.t === 'call') return [row.method, row.name, row.hint, row.rpcId, row.error?.message, row.toolError]
  if (row.t === 'exchange') return [row.method, row.target, String(row.status ?? ''), row.reason, row.trouble]
  if (row.t === 'frame') return [row.event, row.method, row.preview]
  if (row.t === 'log') return [row.text, row.exception]
  return [row.rule, row.title, row.says, row.cause]
}

export function sizeOf(row: Filterable): number {
  if (row.t === 'call') return row.answerBytes ?? row.sentBytes
  if (row.t === 'exchange') return row.responseBytes
  return row.t === 'frame' ? row.size : 0
}

/** How long a row took; for what still goes on, until `now`. */
export function timeOf(row: Filterable, now: number): number {
  if (row.t === 'call') {
    if (row.kind !== 'request') return Math.max(0, (row.acceptedAt ?? row.sentAt) - row.sentAt)
    return Math.max(0, (row.answeredAt ?? (row.delivery === 'pending' ? now : (row.brokenAt ?? row.acceptedAt ?? row.sentAt))) - row.sentAt)
  }
  if (row.t !== 'exchange') return 0
  const ends = [row.clientEnd?.at, row.serverEnd?.at].filter(one => one !== undefined)
  return Math.max(0, (ends.length > 0 ? Math.min(...ends) : now) - row.requestAt)
}

function isOf(row: Filterable, is: Is, around: Surroundings): boolean {
  const calls = callsOf(row, around)
  if (is === 'redirected') return exchangesOf(row, around).some(one => isRedirect(one.status) || one.follows !== undefined)
  if (is === 'undelivered')
    return row.t === 'frame'
      ? !row.crossed
      : calls.some(one => one.from === 'client' && (one.delivery === 'undeliverable' || one.delivery === 'unanswered'))
  if (is === 'late') return calls.some(isLate)
  if (is === 'pending')
    return row.t === 'exchange' ? row.clientEnd === undefined && row.serverEnd === undefined : calls.some(one => one.delivery === 'pending')
  if (row.t === 'log') return row.level === 'error'
  if (row.t === 'finding') return row.severity === 'error'
  if (row.t === 'frame') return row.rpc === 'error' || row.rpc === 'invalid'
  if (row.t === 'exchange' && ((row.status ?? 0) >= 400 || row.trouble !== undefined)) return true
  return calls.some(one => one.error !== undefined || one.toolError !== undefined || one.kind === 'invalid')
}

function eraOf(session: Session | undefined, text: string): boolean {
  return [session?.protocolVersion, session?.transport].some(one => one?.toLowerCase().startsWith(text))
}

function methodOf(row: Filterable, text: string, around: Surroundings): boolean {
  const methods = [...callsOf(row, around).map(one => one.method), ...exchangesOf(row, around).map(one => one.method)]
  if (row.t === 'frame') methods.push(row.method ?? '')
  return methods.some(one => one.toLowerCase().includes(text))
}

function dirOf(row: Filterable, dir: 'client' | 'server'): boolean {
  if (row.t === 'call') return row.from === dir
  if (row.t === 'exchange') return dir === 'client'
  return (row.t === 'frame' || row.t === 'log') && dir === 'server'
}

function headerOf(row: Filterable, name: string, value: string | undefined, around: Surroundings): boolean {
  return exchangesOf(row, around).some(one =>
    [...one.requestHeaders, ...(one.responseHeaders ?? [])].some(
      ([key, text]) => key.toLowerCase() === name && (value === undefined || text.toLowerCase().includes(value)),
    ),
  )
}

function holds(term: Term, row: Filterable, around: Surroundings): boolean {
  switch (term.key) {
    case 'text':
      return wordsOf(row).some(one => one?.toLowerCase().includes(term.text))
    case 'status':
      return exchangesOf(row, around).some(one => one.status !== undefined && one.status >= term.from && one.status <= term.to)
    case 'rule':
      return row.t === 'finding' && row.rule.includes(term.text)
    case 'severity':
      return row.t === 'finding' && row.severity.startsWith(term.text)
    case 'method':
      return methodOf(row, term.text, around)
    case 'tool':
      return callsOf(row, around).some(one => one.name?.toLowerCase().includes(term.text))
    case 'id':
      return callsOf(row, around).some(one => one.rpcId?.replace(/^"|"$/g, '').toLowerCase() === term.text)
    case 'session':
      return 'session' in row && (around.session(row.session)?.key.toLowerCase().startsWith(term.text) ?? false)
    case 'era':
      return 'session' in row && eraOf(around.session(row.session), term.text)
    case 'dir':
      return dirOf(row, term.dir)
    case 'is':
      return isOf(row, term.is, around)
    case 'larger-than':
      return sizeOf(row) > term.bytes
    case 'slower-than':
      return timeOf(row, around.now) > term.ms
    case 'header':
      return headerOf(row, term.name, term.value, around)
    case 'body':
      return bodyOf(term.source, row, around)
  }
}

function bodyOf(source: string, row: Filterable, around: Surroundings): boolean {
  const found = around.found(source)
  if (!found) return false
  if (found.has(row.id)) return true
  if (row.t !== 'call') return false
  return found.has(row.exchange) || (row.answerFrame !== undefined ? found.has(row.answerFrame) : row.exchanges.some(one => found.has(one)))
}

/** True where the row passes; an empty filter passes everything, inverted or not. */
export function passes(terms: readonly Term[], invert: boolean, row: Filterable, around: Surroundings): boolean {
  if (terms.length === 0) return true
  return terms.every(term => holds(term, row, around) !== term.negated) !== invert
}
