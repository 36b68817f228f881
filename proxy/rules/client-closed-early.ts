/** The client left before the session was of use. Promise: a loss of other calls is told by undeliverable-response, which names this cause. */
import type { Facts } from '../core/facts.ts'
import { clientName, initializeOf } from '../core/lifecycle.ts'
import { cameUnread } from '../core/lost-answer.ts'
import type { Call, Evidence } from '../core/model.ts'
import { endingText, spanText } from '../core/words.ts'
import { clientLog } from './advice.ts'
import { asReconnect } from './reconnected-without-initialize.ts'
import type { Rule, Verdict } from './rule.ts'

/** Longer than this is no early close, but the client's limit for connecting (ms). */
export const CONNECT_SPAN = 30_000
/** A client that only lists leaves this soon after it has the list (ms). */
const LISTED_SPAN = 1_000

export const clientClosedEarly: Rule = {
  id: 'client-closed-early',
  severity: 'warning',
  title: 'The client left before the session was ready',
  why: 'The connection fails at its very beginning, and the client’s own log is the only place that says why.',
  signature:
    'The client closes its stream while initialize has no answer, or after the endpoint event without a single POST. Where it leaves a later call behind, undeliverable-response names this cause. A client that leaves after tools/list only listed: a note.',
  fix: 'Look into the client’s own log for the moment of the close.',
  references: ['cursor/cursor#2995', 'modelcontextprotocol/typescript-sdk#510'],
  check: facts => [...handshake(facts), ...wordless(facts), ...listing(facts)],
}

function handshake(facts: Facts): Verdict[] {
  const call = initializeOf(facts)
  const { broken } = call ?? {}
  if (!call || !broken || call.delivery !== 'undeliverable' || broken.at - call.sentAt >= CONNECT_SPAN) return []
  if (cameUnread(facts, call)) return []
  const span = spanText(broken.at - call.sentAt)
  return [
    {
      severity: 'error',
      confidence: 'certain',
      causeConfidence: 'possible',
      at: broken.at,
      call: call.id,
      exchange: call.exchange,
      title: `${clientName(facts)} left ${span} after initialize. It did not wait for the answer.`,
      says: `The client closed the connection by ${endingText(broken.how)} while the handshake was under way; the wire does not show why.`,
      cause: 'The client gave up the connection, or its process ended.',
      fix: [clientLog(facts), `If it has a limit for connecting, let the server answer initialize sooner than ${span}.`],
      evidence: [
        { seq: call.seqs[0] ?? 0, at: call.sentAt, says: 'POST of initialize' },
        { seq: broken.seq, at: broken.at, says: `${broken.says}: ${broken.detail}` },
      ],
      alternatives: [
        { rule: 'slow-initialize', standing: 'possible', why: `no answer had come for ${span}` },
        { rule: 'network-interruption', standing: broken.how === 'reset' ? 'possible' : 'ruled out', why: endingText(broken.how) },
      ],
    },
  ]
}

/** An endpoint was named, and nobody posted there. */
function wordless(facts: Facts): Verdict[] {
  const { session, exchanges, frames, others } = facts
  const stream = exchanges.find(({ id }) => id === session.stream)
  const { ended, endpointAt } = session
  if (session.transport !== 'sse' || !ended || ended.by !== 'client' || endpointAt === undefined || !stream) return []
  // A session that reconnected by itself, and was not used any more, began long before.
  if (asReconnect(stream) || exchanges.some(({ method }) => method === 'POST')) return []
  const named = frames.find(({ event }) => event === 'endpoint')
  // Another origin in the endpoint is a fault of its own, and so is a POST that went elsewhere.
  if (!named || /^[a-z]+:\/\//i.test(named.preview) || stream.changes.some(({ what }) => what === 'endpoint')) return []
  if (
    others.some(
      other =>
        other.transport !== 'stateless' &&
        other.lastAt >= session.startedAt &&
        other.startedAt <= ended.at &&
        other.client.address === session.client.address,
    )
  )
    return []
  const span = spanText(ended.at - endpointAt)
  return [
    {
      confidence: 'certain',
      causeConfidence: 'possible',
      at: ended.at,
      exchange: stream.id,
      title: `The client left ${span} after the endpoint event. It posted nothing.`,
      says: 'The server named its endpoint, and the client closed the stream without a word: it may only have looked, or could not use the endpoint.',
      cause: 'A probe, or a client that could not use what it was told.',
      fix: [clientLog(facts), 'If a health check asks this URL, let it ask another one.'],
      evidence: [
        { seq: named.seq, at: named.at, says: `The server named its endpoint: ${session.endpoint ?? ''}` },
        { seq: ended.seq, at: ended.at, says: `The client closed the stream by ${endingText(ended.how)}` },
      ],
      alternatives: [{ rule: 'endpoint-cross-origin', standing: 'ruled out', why: 'the endpoint is on the same origin' }],
    },
  ]
}

/** Inspectors and editors connect, list and leave: that is their way to refresh. */
function listing(facts: Facts): Verdict[] {
  const { session, calls, others } = facts
  const { ended } = session
  const asked = calls.filter(({ from, kind }) => from === 'client' && kind === 'request')
  const last = asked.at(-1)
  if (session.transport !== 'sse' || !ended || ended.by !== 'client' || last?.method !== 'tools/list' || last.answeredAt === undefined)
    return []
  if (asked.some(isWork) || last.delivery !== 'delivered' || last.error || ended.at - last.answeredAt > LISTED_SPAN) return []
  if (initializeOf(facts)?.delivery !== 'delivered') return []
  const again = others.some(({ client }) => client.name === session.client.name && client.address === session.client.address)
  if (!again && session.replaces === undefined && session.replacedBy === undefined) return []
  const evidence: Evidence[] = [
    { seq: last.seqs.at(-1) ?? 0, at: last.answeredAt, says: 'The list of tools came' },
    { seq: ended.seq, at: ended.at, says: 'The client closed the stream' },
  ]
  return [
    {
      severity: 'info',
      confidence: 'likely',
      at: ended.at,
      exchange: last.exchange,
      title: `The client listed the tools and left ${spanText(ended.at - last.answeredAt)} later. It called none.`,
      says: 'Editors and inspectors do so to refresh their list of tools; they connect again when they need one.',
      cause: 'A client that only lists.',
      fix: ['Nothing to do.'],
      evidence,
    },
  ]
}

const isWork = ({ method }: Call) =>
  !/^(initialize|ping|tools\/list|prompts\/list|resources\/(templates\/)?list|logging\/setLevel)$/.test(method)
