/** Client and server do not agree on a revision of the protocol. Promise: a version that was refused and then lowered is a negotiation, not a fault. */
import type { Facts } from '../core/facts.ts'
import { answerAt, answerOf, byRefusal, bySuccess, isSettled, refusalWords, requestHeader } from '../core/http-signs.ts'
import type { Call, Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'
import { mismatchOf } from './transport-mismatch.ts'

export const protocolVersionMismatch: Rule = {
  id: 'protocol-version-mismatch',
  severity: 'error',
  title: 'Client and server do not agree on a protocol version',
  why: 'Some servers refuse each request that names another version than the one agreed upon, and some clients leave when they are offered one that they do not know.',
  signature:
    '400 “Unsupported protocol version”, an error to initialize instead of a counter-offer, -32022 without another try, a client that leaves after a version it did not ask for, or a MCP-Protocol-Version header that differs from the InitializeResult.',
  fix: 'Let the server answer initialize with the newest version that both know, and the client send exactly that one in MCP-Protocol-Version.',
  references: ['geelen/mcp-remote#66', 'modelcontextprotocol/modelcontextprotocol#1943'],
  check(facts) {
    if (facts.session.transport === 'other' || mismatchOf(facts)) return []
    const found = initializeRefused(facts) ?? headerDiffers(facts) ?? requestRefused(facts) ?? leftAtOnce(facts)
    return found ? [found] : []
  },
}

const VERSION_WORDS = /(protocol|mcp)[ -]?version|-32022/i

function initializeRefused(facts: Facts): Verdict | undefined {
  const call = facts.calls.find(
    ({ method, error }) => method === 'initialize' && error && VERSION_WORDS.test(`${error.code} ${error.message}`),
  )
  if (!call?.error || agreed(facts) || !isSettled(facts, call.answeredAt ?? call.sentAt)) return undefined
  const asked = facts.session.askedVersion ?? 'a version it does not know'
  return {
    confidence: 'certain',
    at: call.answeredAt ?? call.sentAt,
    call: call.id,
    exchange: call.exchange,
    title: `The server refused initialize with ${asked}: ${call.error.code}.`,
    says: `It says “${call.error.message.slice(0, 80)}”. A server has to answer with a version that it does know; then the client can decide.`,
    cause: 'The server: it refuses a version instead of offering another one.',
    fix: [
      'Upgrade the server’s SDK, or let it answer initialize with its own newest version.',
      `Until then: let the client ask for an older version than ${asked}.`,
    ],
    evidence: [evidenceOf(facts, call)],
  }
}

const agreed = ({ calls }: Facts): Call | undefined =>
  calls.find(({ method, answeredAt, error }) => method === 'initialize' && answeredAt !== undefined && !error)

function evidenceOf({ exchanges, session }: Facts, call: Call) {
  const x = exchanges.find(({ id }) => id === call.exchange)
  const says = `initialize asked for ${session.askedVersion ?? 'a version'}, answered with ${call.error ? `error ${call.error.code}` : session.protocolVersion}`
  return { seq: x?.responseSeq ?? call.seqs[0] ?? 0, at: call.answeredAt ?? call.sentAt, says }
}

function requestRefused(facts: Facts): Verdict | undefined {
  const refused = facts.exchanges.filter(x => byRefusal(x, 400) && /unsupported protocol version|-32022/i.test(x.errorText ?? ''))
  const first = refused[0]
  if (!first || !isSettled(facts, answerAt(first))) return undefined
  // A client that tries again with another version has negotiated.
  if (facts.exchanges.some(x => x.requestAt > answerAt(first) && x.method === 'POST' && bySuccess(x) && !refused.includes(x)))
    return undefined
  const sent = requestHeader(first, 'mcp-protocol-version')
  const told = facts.session.protocolVersion
  const own = agreed(facts) !== undefined && told === sent
  return {
    confidence: 'certain',
    causeConfidence: own ? 'certain' : 'likely',
    at: answerAt(first),
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `The server does not support ${sent || 'this version'}: ${first.status} on ${countText(refused.length, first.method)}.`,
    says: own
      ? `The server itself agreed to ${sent} in initialize, and refuses it in the header of what follows.`
      : `It says “${refusalWords(first)}”. The client tries no other version.`,
    cause: own ? 'The server, or another worker of it with another version.' : 'The client sends a version that this server does not know.',
    fix: own
      ? ['Run the same version of the server’s SDK everywhere, one that accepts each version that it agrees to.']
      : ['Upgrade the server’s SDK, or let the client take one of the versions that the refusal names.'],
    evidence: refused.slice(0, 5).map(answerOf),
  }
}

function headerDiffers(facts: Facts): Verdict | undefined {
  const { session, exchanges } = facts
  const call = agreed(facts)
  if (!call || session.protocolVersion === undefined) return undefined
  const wrong = exchanges.filter(x => {
    const sent = requestHeader(x, 'mcp-protocol-version')
    return sent !== '' && sent !== session.protocolVersion && x.requestAt > (call.answeredAt ?? 0)
  })
  const first = wrong[0]
  if (!first) return undefined
  const sent = requestHeader(first, 'mcp-protocol-version')
  const refused = wrong.filter(x => byRefusal(x))
  return {
    severity: refused.length > 0 ? 'error' : 'warning',
    confidence: 'certain',
    at: first.requestAt,
    exchange: first.id,
    title: `The client sends version ${sent}; ${session.protocolVersion} was agreed upon. ${countText(wrong.length, 'request')}, ${refused.length} refused.`,
    says: 'MCP-Protocol-Version has to name the version of the InitializeResult. Servers may refuse any other with 400.',
    cause: 'The client, or a bridge before it: it keeps the version that it asked for, or one that is written down somewhere.',
    fix: [`Let the client send ${session.protocolVersion} in MCP-Protocol-Version: upgrade it, or remove the header from its settings.`],
    evidence: [evidenceOf(facts, call), ...wrong.slice(0, 4).map(x => headerEvidence(x, sent))],
  }
}
const headerEvidence = (x: Exchange, sent: string) => ({
  seq: x.requestSeq,
  at: x.requestAt,
  says: `${x.method} ${x.path} with MCP-Protocol-Version ${sent}`,
})

/** It got another version than it asked for, and was not heard of again. */
function leftAtOnce(facts: Facts): Verdict | undefined {
  const { session, exchanges } = facts
  const call = agreed(facts)
  if (!call?.answeredAt || session.askedVersion === undefined || session.askedVersion === session.protocolVersion) return undefined
  const after = exchanges.some(x => x.requestAt > (call.answeredAt ?? 0) && x.method !== 'DELETE')
  if (after || session.initializedAt !== undefined || !isSettled(facts, call.answeredAt)) return undefined
  return {
    confidence: 'likely',
    at: call.answeredAt,
    call: call.id,
    exchange: call.exchange,
    title: `The server answered ${session.protocolVersion} to ${session.askedVersion}. The client sent nothing after that.`,
    says: 'A client that does not know the offered version has to leave; this one sent neither “initialized” nor a request.',
    cause: `The client does not support ${session.protocolVersion}, or the server does not support ${session.askedVersion}.`,
    fix: [
      `Upgrade the ${(session.protocolVersion ?? '') > session.askedVersion ? 'client' : 'server'}, which knows the older version alone.`,
      'If both know a common version: let the server offer the one that was asked for.',
    ],
    evidence: [
      evidenceOf(facts, call),
      ...(session.ended ? [{ seq: session.ended.seq, at: session.ended.at, says: `The ${session.ended.by} ended the session` }] : []),
    ],
    alternatives: [{ rule: 'client-closed-early', standing: 'possible', why: 'it may have left for a reason of its own' }],
  }
}
