/** The timeline's words: a session's heading, ends, marks, and the sentence for those who do not see the picture. Promise: facts of the rows only. */
import type { Call, Delivery, End, Exchange, Finding, Frame, LogLine, Session } from '../../proxy/core/model.ts'
import { callEnd, gaveUpAt, isLate, lostFrom } from '../call-fate.ts'
import { plural, size } from '../format.ts'
import type { SessionRows } from '../view.ts'
import { lengthText } from './axis.ts'

/** First eight characters of a session's id; a stateless one is named by its client's port. */
export function sessionName(session: Session): string {
  if (session.transport === 'stateless') return `stateless ${session.key}`
  if (session.transport === 'other') return session.key.slice(0, 16)
  return session.key.slice(0, 8)
}

const TRANSPORT: Record<Session['transport'], string> = {
  sse: 'HTTP+SSE',
  streamable: 'Streamable',
  stateless: 'Stateless',
  other: 'Other HTTP',
}

/**
 * "HTTP+SSE 2024-11-05, mcp 1.6.0, initialized, 6 calls, 1 undeliverable". One that replaced another says only that, and what is unusual about it,
 * unless it is `full`; `short` leaves out what the detail has as well. `past`: what did not end in the recording is not open any more.
 */
export function sessionSentence(
  session: Session,
  replaces: Session | undefined,
  form: { full: boolean; short: boolean; past?: boolean },
): string {
  const parts: string[] = []
  const brief = replaces !== undefined && !form.full
  if (replaces && brief) parts.push(`replaces ${sessionName(replaces)}`)
  else parts.push([TRANSPORT[session.transport], session.protocolVersion].filter(Boolean).join(' '))
  const { name, version, header } = session.server
  if (!brief && !form.short && (name ?? header)) parts.push(name ? [name, version].filter(Boolean).join(' ') : (header ?? ''))
  const shakesHands = session.transport === 'sse' || session.transport === 'streamable'
  if (shakesHands && session.initializedAt === undefined) parts.push('never initialized')
  else if (shakesHands && !brief && !form.short) parts.push('initialized')
  if (session.calls > 0 && !brief) parts.push(plural(session.calls, 'call'))
  if (session.undelivered > 0) parts.push(`${session.undelivered} not delivered`)
  if (shakesHands && !session.ended && !form.short) parts.push(form.past ? 'no end recorded' : 'open')
  return parts.join(', ')
}

const HOW: Record<End['how'], string> = {
  complete: 'clean',
  fin: 'FIN',
  reset: 'reset',
  timeout: 'timeout',
  refused: 'refused',
  unresolved: 'not resolved',
  tls: 'TLS failed',
  garbage: 'broke HTTP framing',
  closed: 'closed',
}

/** "client closed first, FIN"; "server ended it, clean"; "server closed first, FIN (no terminator)". */
export function endText(end: End): string {
  if (end.how === 'complete') return `${end.by} ended it, clean`
  // Nobody closes what never opened.
  if (end.how === 'refused' || end.how === 'unresolved') return `${end.by} ${HOW[end.how]}`
  const how = end.how === 'fin' && end.by === 'server' ? 'FIN (no terminator)' : HOW[end.how]
  return end.how === 'closed' ? `${end.by} closed first` : `${end.by} closed first, ${how}`
}
const howText = (end: End): string => `${end.by}, ${HOW[end.how]}`

const DELIVERY: Record<Delivery, string> = {
  pending: 'waiting for its answer',
  delivered: 'delivered',
  undeliverable: 'undeliverable',
  unanswered: 'never answered',
  cancelled: 'cancelled by the client',
  unknown: 'delivery unknown',
  none: 'no answer due',
}

export const callName = (call: Call): string => call.name ?? call.method

export function callText(call: Call, now: number): string[] {
  const end = callEnd(call)
  const took = Number.isFinite(end) ? lengthText((call.answeredAt ?? end) - call.sentAt) : `${lengthText(now - call.sentAt)} so far`
  const gaveUp = gaveUpAt(call) !== undefined
  const became = gaveUp && isLate(call) ? 'answered too late' : DELIVERY[call.delivery]
  const lines = [`${call.number} ${callName(call)}`, `${became}, ${took}`]
  if (call.error) lines.push(`${call.error.code} ${call.error.message}`)
  if (call.toolError) lines.push(`tool error: ${call.toolError}`)
  const lost = lostFrom(call)
  if (lost !== undefined)
    lines.push(`${gaveUp ? 'the client gave up after' : 'could not be answered after'} ${lengthText(lost - call.sentAt)}`)
  if (call.answerBytes !== undefined) lines.push(`answer ${size(call.answerBytes)}`)
  return lines
}

export function exchangeText(exchange: Exchange): string[] {
  const lines = [`${exchange.method} ${exchange.target}`]
  if (exchange.status !== undefined) {
    const took = exchange.responseAt !== undefined ? `, head after ${lengthText(exchange.responseAt - exchange.requestAt)}` : ''
    lines.push(`${exchange.status} ${exchange.reason ?? ''}`.trim() + took)
  } else lines.push('no response yet')
  if (exchange.location) lines.push(`to ${exchange.location}`)
  if (exchange.clientEnd) lines.push(`client leg ended by ${howText(exchange.clientEnd)}, ${size(exchange.clientEnd.bytes)}`)
  if (exchange.serverEnd) lines.push(`server leg ended by ${howText(exchange.serverEnd)}, ${size(exchange.serverEnd.bytes)}`)
  if (exchange.trouble) lines.push(exchange.trouble)
  return lines
}

export function frameText(frame: Frame): string[] {
  const what =
    frame.kind === 'comment'
      ? 'comment'
      : frame.kind === 'retry'
        ? 'retry'
        : frame.kind === 'unfinished'
          ? 'unfinished event'
          : `event ${frame.event}`
  const lines = [`${what}, ${size(frame.size)}`]
  if (frame.method ?? frame.rpc) lines.push([frame.rpc, frame.method].filter(Boolean).join(' '))
  if (!frame.crossed) lines.push('did not reach the client')
  if (frame.preview) lines.push(frame.preview.slice(0, 80))
  return lines
}

export const logText = (log: LogLine): string[] => [
  log.exception ? `${log.exception}, ${plural(log.lines, 'line')}` : `server log, ${log.level}`,
  (log.text.split('\n').find(line => line.trim() !== '') ?? '').slice(0, 120),
]

export const findingText = (finding: Finding): string[] => [finding.title, `${finding.severity}, ${finding.confidence}: ${finding.rule}`]
/** The first of a title's two sentences, for the flag. */
export const findingLabel = (finding: Finding): string => finding.title.split(/\.(?:\s|$)/)[0] ?? finding.title

/** What the picture says, for those who do not see it. */
export function verdictSentence(sessions: readonly SessionRows[], findings: readonly Finding[]): string {
  if (sessions.length === 0) return 'Timeline without sessions.'
  const names = sessions.map(rows => sessionName(rows.session)).join(', ')
  const calls = sessions.reduce((sum, rows) => sum + rows.session.calls, 0)
  const lost = sessions.reduce((sum, rows) => sum + rows.session.undelivered, 0)
  const worst = findings[0]
  const verdict = worst ? worst.title : lost > 0 ? `${plural(lost, 'call')} could not be answered.` : 'No finding.'
  return `Timeline of ${sessions.length === 1 ? 'session' : 'sessions'} ${names}: ${plural(calls, 'call')}. ${verdict} The table below holds the same facts.`
}
