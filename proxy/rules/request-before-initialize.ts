/** A first session's requests came before its handshake was done. Promise: what a reconnect does is told by reconnected-without-initialize. */
import type { Facts } from '../core/facts.ts'
import { clientName, hasHandshake, initializeOf, isTurnedDown, killedBy, requestsOf } from '../core/lifecycle.ts'
import type { Call, Evidence } from '../core/model.ts'
import { unknownSession } from '../core/unknown-session.ts'
import { countText, spanText } from '../core/words.ts'
import { asReconnect, initializationErrors, streamOf } from './reconnected-without-initialize.ts'
import type { Rule, Verdict } from './rule.ts'

/** Two POSTs on two connections may overtake one another by this much (ms). */
const RACE_SPAN = 100

export const requestBeforeInitialize: Rule = {
  id: 'request-before-initialize',
  severity: 'error',
  title: 'A request came before the handshake was done',
  why: 'Servers refuse what comes before initialize; old Python servers even end the session over it.',
  signature:
    'On a first session a request other than initialize or ping is posted before the result of initialize was delivered. Python answers -32602 “Invalid request parameters”, the very words it has for an unknown method.',
  fix: 'Let the client wait for the result of initialize and send notifications/initialized before anything else.',
  references: ['modelcontextprotocol/python-sdk#423', 'modelcontextprotocol/python-sdk#1844', 'jlowin/fastmcp#190'],
  check(facts) {
    const { session } = facts
    const stream = streamOf(facts)
    if (!hasHandshake(facts) || !session.issued || session.replaces !== undefined || unknownSession(facts)) return []
    const init = initializeOf(facts)
    if (!init && (session.transport !== 'sse' || !stream || asReconnect(stream))) return []
    const alive = session.ended?.at ?? Number.POSITIVE_INFINITY
    const asked = requestsOf(facts).filter(({ sentAt }) => sentAt < alive)
    const ready = init ? (init.answeredAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
    // Where no result ever came, the wait itself is the fault, unless something was asked before it too.
    const early = asked.filter(
      ({ sentAt }) => sentAt < ready && (init === undefined || ready < Number.POSITIVE_INFINITY || sentAt < init.sentAt),
    )
    if (early[0]) return [verdictOn(facts, early[0], early, init)]
    const { initializedAt } = session
    const between = initializedAt === undefined ? [] : asked.filter(({ sentAt }) => initializedAt - sentAt > RACE_SPAN)
    return between[0] ? [betweenOn(facts, between[0], between, initializedAt ?? 0)] : []
  },
}

function verdictOn(facts: Facts, first: Call, early: readonly Call[], init: Call | undefined): Verdict {
  const refused = early.filter(call => isTurnedDown(call, facts.now))
  const killed = killedBy(facts)
  const outcome = killed
    ? 'The server ended the session over it.'
    : refused.length > 0
      ? `${countText(refused.length, 'request')} got no result.`
      : 'The server tolerated it.'
  const when = init
    ? `${spanText(Math.abs(init.sentAt - first.sentAt))} ${init.sentAt < first.sentAt ? 'after' : 'before'} initialize was sent`
    : 'and never sent initialize'
  const lines: Evidence[] = [{ seq: first.seqs[0] ?? 0, at: first.sentAt, says: `POST of call ${first.number}, ${first.method}` }]
  if (init) lines.push({ seq: init.seqs[0] ?? 0, at: init.sentAt, says: 'POST of initialize' })
  if (init?.answeredAt !== undefined) lines.push({ seq: init.seqs.at(-1) ?? 0, at: init.answeredAt, says: 'The result of initialize came' })
  const [bad] = refused
  if (bad?.error && bad.answeredAt !== undefined)
    lines.push({
      seq: bad.seqs.at(-1) ?? 0,
      at: bad.answeredAt,
      says: `Call ${bad.number} was answered with ${bad.error.code} ${bad.error.message}`,
    })
  if (killed)
    lines.push({ seq: killed.seq, at: killed.at, says: `The server ended the stream ${spanText(killed.at - first.sentAt)} after the POST` })
  return {
    severity: killed || refused.length > 0 ? 'error' : 'warning',
    confidence: 'certain',
    at: first.sentAt,
    call: first.id,
    exchange: first.exchange,
    title: `${first.method} was posted before the handshake was done. ${outcome}`,
    says: `${clientName(facts)} posted ${early.length > 1 ? countText(early.length, 'request') : first.method} ${when}${init ? ', and did not wait for its result' : ''}.`,
    cause: 'The client does not wait for the result of initialize.',
    fix: [
      'Let the client wait for the result of initialize, send notifications/initialized, and only then ask for anything.',
      ...(killed ? ["Upgrade the Python SDK, which then refuses the request and keeps the session: pip install -U 'mcp>=1.9.4'."] : []),
    ],
    evidence: [...lines, ...initializationErrors(facts)].sort((a, b) => a.at - b.at || a.seq - b.seq),
    alternatives: refused.some(({ error }) => error?.code === -32602)
      ? [{ rule: 'initialized-missing', standing: 'ruled out', why: 'the request came before the result' }]
      : [],
  }
}

function betweenOn(facts: Facts, first: Call, between: readonly Call[], initializedAt: number): Verdict {
  const refused = between.filter(call => isTurnedDown(call, facts.now))
  return {
    severity: refused.length > 0 ? 'error' : 'warning',
    confidence: 'certain',
    at: first.sentAt,
    call: first.id,
    exchange: first.exchange,
    title: `${first.method} came ${spanText(initializedAt - first.sentAt)} before notifications/initialized. ${refused.length > 0 ? 'It got no result.' : 'The server tolerated it.'}`,
    says: `${clientName(facts)} had the result of initialize and asked before it said that it was ready. Python servers refuse that before mcp 1.18.`,
    cause: 'The client sends notifications/initialized too late.',
    fix: ['Let the client send notifications/initialized right after the result of initialize.'],
    evidence: [
      { seq: first.seqs[0] ?? 0, at: first.sentAt, says: `POST of call ${first.number}, ${first.method}` },
      ...facts.calls
        .filter(({ method }) => method === 'notifications/initialized')
        .slice(0, 1)
        .map(({ seqs, sentAt }) => ({ seq: seqs[0] ?? 0, at: sentAt, says: 'POST of notifications/initialized' })),
    ],
  }
}
