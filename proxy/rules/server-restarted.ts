/** The server went away and came back, and its sessions with it. Promise: certain only where it was found out of reach or its process ended. */
import { type EndCause, endCauses, RESTART_SPAN } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import type { Call, Evidence, Exchange } from '../core/model.ts'
import type { Outage } from '../core/outages.ts'
import { callOf } from '../core/per-facts.ts'
import { unknownSession } from '../core/unknown-session.ts'
import { countText, spanText, timesText } from '../core/words.ts'
import { lossEvidence, lossWords } from './end-words.ts'
import type { Rule, Verdict } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export const serverRestarted: Rule = {
  id: 'server-restarted',
  severity: 'error',
  title: 'The server was restarted',
  why: 'Servers keep sessions in memory. After a restart every client has to initialize again, and most SDKs do not do that by themselves.',
  signature:
    'All open streams of one server end at once without a clean end, connections are refused for a while, idle ones are closed before their time, and sessions from before are unknown.',
  fix: 'Reconnect the client. Keep sessions in a shared store, or serve without sessions, if restarts are to go unnoticed.',
  references: ['jlowin/fastmcp#485', 'spring-projects/spring-ai#2881', 'modelcontextprotocol/typescript-sdk#510'],
  check(facts) {
    const unknown = unknownSession(facts)
    if (unknown) return unknownSessionVerdicts(facts, 'server-restarted')
    const first = together(endCauses(facts).filter(({ rule }) => rule === 'server-restarted'))
    if (!first) return []
    const { end, exchange, lost, waiting } = first
    const outage = facts.outages?.find(({ from, to, wasUp }) => wasUp && from >= end.at - RESTART_SPAN && (to ?? from) >= end.at)
    const isDown = outage !== undefined && outage.to === undefined
    const unheard = unheardSince(facts, end.at)
    const verdict: Verdict = {
      severity: lost.length + waiting.length > 0 || isDown ? 'error' : 'warning',
      confidence: first.confidence,
      at: end.at,
      exchange: exchange.id,
      title: `The server ${first.confidence === 'possible' ? 'dropped the stream in the middle' : 'ended the stream and was gone'}. ${lossWords(first)}${laterWords(facts, unheard)}`,
      says: `The stream had no clean end: ${first.why}.${backWords(end.at, outage)}${unheardWords(unheard)}`,
      cause: 'The server’s process ended: it was restarted, redeployed, or crashed.',
      fix: [
        ...(isDown ? ['Start the server again.'] : []),
        'Reconnect the client: it has to begin with initialize.',
        'Look into the server’s log for why it ended; a reloader restarts it on each change of a file.',
        'If the server should survive restarts, keep its sessions in a shared store or serve without sessions.',
      ],
      evidence: [...lossEvidence(first), ...unheard.slice(0, 5).map(one => unheardLine(facts, one))].sort(
        (a, b) => a.at - b.at || a.seq - b.seq,
      ),
      alternatives: first.others,
    }
    return [verdict]
  },
}

/** A server that answers a POST at all does so by then (ms). */
const HEARD_SPAN = 2_000

/** POSTs for the session from before that the server took since, and gave no answer to. */
const unheardSince = ({ exchanges, now }: Facts, endAt: number): readonly Exchange[] =>
  exchanges.filter(
    ({ method, requestAt, requestEndAt, status, serverPort, clientEnd }) =>
      method === 'POST' &&
      requestAt > endAt &&
      requestEndAt !== undefined &&
      status === undefined &&
      serverPort !== 0 &&
      (clientEnd?.at ?? now) - requestEndAt >= HEARD_SPAN,
  )

/** Calls among them, which are lost as well. */
function laterWords(facts: Facts, unheard: readonly Exchange[]): string {
  const calls = unheard.flatMap(one => one.calls.flatMap(id => callOf(facts, id) ?? [])).filter(({ kind }) => kind === 'request')
  if (calls.length === 0) return ''
  return calls.length > 1
    ? ` ${countText(calls.length, 'call')}, sent later, have no answer.`
    : ` Call ${calls[0]?.number}, sent later, has no answer.`
}

const unheardWords = ({ length }: readonly Exchange[]): string =>
  length === 0
    ? ''
    : ` It took ${countText(length, 'POST')} for the session from before, and answered ${length === 1 ? 'it with nothing' : 'none of them'}.`

function unheardLine(facts: Facts, { calls, requestSeq, requestAt }: Exchange): Evidence {
  const call = callOf(facts, calls[0] ?? 0)
  const what = call === undefined ? '' : call.kind === 'request' ? ` of call ${call.number}` : ` of ${call.method}`
  return { seq: requestSeq, at: requestAt, says: `POST${what} for the session from before, never answered` }
}

function backWords(endAt: number, outage: Outage | undefined): string {
  if (!outage) return ''
  if (outage.to !== undefined) return ` The server was back ${spanText(outage.to - endAt)} after the end.`
  return ` It was asked ${timesText(outage.count)} since, and has not come back.`
}

/** Ends this close together are one end of one process (ms). */
const ONE_END = 2_000

/** What one end of a process took from all the responses that ran: told once, by the first of them that lost a call. */
function together(causes: readonly EndCause[]): EndCause | undefined {
  const earliest = causes.toSorted((a, b) => a.end.at - b.end.at)[0]
  if (!earliest) return undefined
  const burst = causes.filter(({ end }) => end.at - earliest.end.at <= ONE_END)
  const chief = burst.find(({ lost, waiting }) => lost.length + waiting.length > 0) ?? earliest
  const sure = burst.find(({ confidence }) => confidence === 'certain')
  const all = (calls: readonly Call[]) => [...new Map(calls.map(call => [call.id, call])).values()].sort((a, b) => a.id - b.id)
  const lost = all(burst.flatMap(one => one.lost))
  const waiting = all(burst.flatMap(one => one.waiting))
  return {
    ...chief,
    lost,
    waiting,
    ...(sure && { confidence: sure.confidence, why: sure.why, evidence: sure.evidence, others: sure.others }),
  }
}
