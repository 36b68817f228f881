/** A connection broke off without a clean end. Promise: never told where a restart or a known limit on silence explains it. */
import { endCauses } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import { answerAt } from '../core/http-signs.ts'
import type { End } from '../core/model.ts'
import { isClientNear, isServerNear } from '../core/nearness.ts'
import { lastKnown } from '../core/restart-signs.ts'
import { maybeTls } from '../core/tls-port.ts'
import { refusalsOf, unknownSession } from '../core/unknown-session.ts'
import { bytesText, endingText, spanText } from '../core/words.ts'
import { lossEvidence, lossWords } from './end-words.ts'
import type { Rule } from './rule.ts'

const TLS_FIX = [
  'If the server speaks TLS on this port, write https:// in --target.',
  'Otherwise look into the server’s log for that moment: it ends the connection as soon as it has the request.',
]

const isNear = (facts: Facts, { by }: End) => (by === 'client' ? isClientNear(facts) : isServerNear(facts))

/** Ends that are told with the session that the server did not know any more: between the last request that it served and the refusal. */
function toldWithSession(facts: Facts): (end: End) => boolean {
  const first = refusalsOf(facts)[0]
  if (!first) return () => false
  const { at, before } = lastKnown(facts, first)
  const from = Math.min(at, before?.requestAt ?? at)
  const cited = new Set(unknownSession(facts)?.evidence.map(({ seq }) => seq))
  return end => cited.has(end.seq) || (end.at >= from && end.at <= answerAt(first))
}

export const networkInterruption: Rule = {
  id: 'network-interruption',
  severity: 'warning',
  title: 'The connection broke off',
  why: 'What was on its way is lost, and most clients do not ask again by themselves.',
  signature:
    'A reset, or a FIN in the middle of a message, on either leg, while the server goes on accepting connections and no known limit fits the silence before it.',
  fix: 'Send SSE comments as keepalive, give events ids so that a client can resume, and look at what stands between client and server.',
  references: ['modelcontextprotocol/typescript-sdk#510', 'modelcontextprotocol/python-sdk#1811'],
  check(facts) {
    const isTold = toldWithSession(facts)
    const found = endCauses(facts).filter(({ rule, exchange, end, lost }) => {
      if (rule !== 'network-interruption' || isTold(end)) return false
      // A response that can be resumed, or was one call’s own, is told by what becomes of that call.
      return exchange.body === 'sse' ? false : exchange.resumable !== true || lost.length > 0
    })
    const first = found[0]
    if (!first) return []
    const { end, exchange, silence, lost } = first
    const isTls = maybeTls(facts, first)
    const who = end.by === 'client' ? 'client’s' : 'server’s'
    return [
      {
        severity: lost.length > 0 ? 'error' : end.by === 'client' ? 'info' : 'warning',
        confidence: 'certain',
        causeConfidence: first.confidence,
        at: end.at,
        exchange: exchange.id,
        title: `The ${who} side broke off by ${endingText(end.how)}. ${lossWords(first)}`,
        says: isTls
          ? `${exchange.method} ${exchange.path} was answered with nothing: the connection ended ${spanText(silence)} after the request.`
          : `${exchange.method} ${exchange.path} ended in the middle, ${spanText(silence)} after its last byte and ${bytesText(end.bytes)} into its body. ${end.by === 'server' ? 'Nothing shows a restart, and no known limit fits the silence.' : 'The client did not close in the ordinary way.'}`,
        cause: isTls
          ? 'Perhaps TLS: a server that speaks it ends a plain HTTP request without a word, --target says http://, and nothing else ever came from this port.'
          : isNear(facts, end)
            ? `The ${end.by}’s process, or a program that stands for it on this machine: no network lies between.`
            : `${end.by === 'client' ? 'The client’s process or the network on its side' : 'The server’s process, or something between it and the proxy'}: the wire cannot tell them apart.`,
        fix: isTls
          ? TLS_FIX
          : [
              ...(end.by === 'server'
                ? ['Look into the server’s log for that moment: a crash shows there, a cut on the way does not.']
                : []),
              ...(isNear(facts, end) ? [] : ['Let the server send an SSE comment every 15 s, so that a dead path is noticed.']),
              'Give events ids and keep them for a while, so that the client can resume.',
            ],
        evidence: lossEvidence(first),
        alternatives: [
          ...(isTls
            ? [{ rule: 'upstream-unreachable', standing: 'possible' as const, why: 'the port may speak TLS, and is called by http://' }]
            : []),
          ...first.others,
        ],
      },
    ]
  },
}
