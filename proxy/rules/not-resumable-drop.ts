/** A POST’s stream was cut before its answer, and nobody could or did resume it. Promise: a drop that was resumed in time is none. */
import { endCauses } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import { headerOf } from '../core/fields.ts'
import { lostAnswer, ownExchange, unanswered, waitedUntil } from '../core/lost-answer.ts'
import type { Call, End, Exchange } from '../core/model.ts'
import { perFacts } from '../core/per-facts.ts'
import { unknownSession } from '../core/unknown-session.ts'
import { endingText, errorWords, limitText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

/** A client that resumes has done so this long after the time that the stream told it to wait (ms). */
const RESUME_SPAN = 30_000

export const notResumableDrop: Rule = {
  id: 'not-resumable-drop',
  severity: 'error',
  title: 'A cut stream could not be resumed',
  why: 'The answer is lost although the server may have it: without event ids nothing can be asked for again, and a client that does not resume, or a server that refuses it, comes to the same.',
  signature:
    'The response stream of a POST is cut on the server’s side with a request in flight; no event id was ever sent, or no GET with Last-Event-ID follows within 30 s (and the time that the stream’s `retry` names), or it is refused.',
  fix: 'Configure an event store, so that events bear ids and can be resumed; use a client that resumes with Last-Event-ID. Since 2026-07-28 nothing is resumed: send the request again under a new id.',
  references: ['modelcontextprotocol/python-sdk#1811', 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  check(facts) {
    const { transport } = facts.session
    if (transport !== 'streamable' && transport !== 'stateless') return []
    return unanswered(facts).flatMap(call => {
      const own = ownExchange(facts, call)
      const end = own?.serverEnd
      if (!own || !end || own.body !== 'sse' || end.by !== 'server' || (own.status ?? 0) >= 300) return []
      if (own.clientEnd?.by === 'client' && own.clientEnd.at <= end.at) return []
      if (lostAnswer(facts, call) !== undefined || told(facts).has(call.id)) return []
      const why = reasonOf(facts, call, own, end)
      return why ? [verdictOn(facts, call, own, end, why)] : []
    })
  },
}

interface Reason {
  readonly title: string
  readonly says: string
  readonly cause: string
  readonly fix: readonly string[]
  readonly refusal?: Exchange
}

function reasonOf(facts: Facts, call: Call, own: Exchange, end: End): Reason | undefined {
  const client = facts.session.client.name ?? 'The client'
  if (!own.resumable) {
    // A clean end without an answer has its own rule.
    if (end.how === 'complete') return undefined
    const stateless = facts.session.transport === 'stateless'
    return {
      title: 'Nothing can be resumed.',
      says: stateless ? 'Since 2026-07-28 there is no resumption.' : 'No event bore an id, so the client has nothing to resume from.',
      cause: stateless ? 'The connection was cut.' : 'The server gives its events no ids: it has no event store.',
      fix: stateless
        ? ['Let the client send the request again under a new id.']
        : ['Configure an event store in the server, so that events bear ids.', 'Until then repeat the call, if repeating it does no harm.'],
    }
  }
  const resumed = facts.exchanges.filter(
    one => one.method === 'GET' && one.requestAt >= end.at && headerOf(one.requestHeaders, 'last-event-id') !== '',
  )
  const refusal = resumed.find(({ status = 0, responseBy }) => status >= 400 && responseBy === 'server')
  if (refusal && !resumed.some(({ status = 0 }) => status >= 200 && status < 300))
    return {
      title: `The server refused to resume it: ${refusal.status}.`,
      says: `Its events bore ids, ${client} asked for the rest ${spanText(refusal.requestAt - end.at)} later, and got ${refusal.status}${refusal.errorText ? `: ${errorWords(refusal.errorText).slice(0, 100).replace(/\.$/, '')}` : ''}.`,
      cause: 'The server sends event ids and keeps no events.',
      fix: ['Configure an event store in the server that outlives the stream, or send no event ids.'],
      refusal,
    }
  const patience = RESUME_SPAN + (own.retry ?? 0)
  if (
    resumed.length > 0 ||
    waitedUntil(facts, { ...call, brokenAt: undefined } as Call) - end.at < patience ||
    seenUntil(facts, call) - end.at < patience
  )
    return undefined
  return {
    title: `${client} did not resume it within ${limitText(patience)}.`,
    says: 'Its events bore ids, and no GET with Last-Event-ID followed.',
    cause: `${client} does not resume streams.`,
    fix: [
      `Upgrade ${facts.session.client.name ?? 'the client'} to a version that resumes with Last-Event-ID.`,
      'Until then keep the stream from being cut: let the server send an SSE comment every 15 s.',
    ],
  }
}

/** Calls whose loss is told by what cut them: a server that was found gone, or a limit on silence. Ids alone would not have saved the answer. */
const told = perFacts((facts): ReadonlySet<number> => {
  const byCut = endCauses(facts).flatMap(({ rule, confidence, exchange, lost }) => {
    if (rule === 'server-restarted' && confidence !== 'possible') return exchange.calls
    return rule === 'idle-cut' && exchange.resumable !== true ? lost.map(({ id }) => id) : []
  })
  return new Set([...byCut, ...(unknownSession(facts)?.lost ?? []).map(({ id }) => id)])
})

/** A recording that ended early shows nothing of what came after. */
const seenUntil = ({ now }: Facts, { broken }: Call) => (broken?.by === 'proxy' ? broken.at : now)

function verdictOn({ session }: Facts, call: Call, own: Exchange, end: End, why: Reason): Verdict {
  const name = call.name ?? call.method
  return {
    confidence: 'certain',
    at: end.at,
    call: call.id,
    exchange: own.id,
    title: `The stream of call ${call.number} was cut after ${spanText(end.at - call.sentAt)}, before the answer. ${why.title}`,
    says: `The server’s side ended with ${endingText(end.how)} while ${name} was under way. ${why.says}`,
    cause: why.cause,
    fix: why.fix,
    evidence: [
      { seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number} under id ${call.rpcId}` },
      { seq: end.seq, at: end.at, says: `Server’s side ended: ${endingText(end.how)}` },
      ...(why.refusal
        ? [
            {
              seq: why.refusal.responseSeq ?? why.refusal.requestSeq,
              at: why.refusal.responseAt ?? end.at,
              says: `GET with Last-Event-ID answered with ${why.refusal.status}`,
            },
          ]
        : []),
    ],
    alternatives: [
      {
        rule: 'network-interruption',
        standing: end.how === 'complete' ? 'ruled out' : 'possible',
        why: `the server’s side ended with ${endingText(end.how)}`,
      },
      {
        rule: 'server-restarted',
        standing: session.replacedBy === undefined && end.how !== 'complete' ? 'possible' : 'ruled out',
        why: 'a process that ends cuts its streams alike',
      },
      { rule: 'stream-ended-unanswered', standing: 'ruled out', why: own.resumable ? 'its events bore ids' : 'the end was not clean' },
    ],
  }
}
