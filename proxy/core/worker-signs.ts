/**
 * Whether another worker behind the same address answered, which does not know the session. Promise: certain only where the session was
 * served afterwards; told of a short time alone only where no process could have ended and be up again in it.
 */
import type { Facts } from './facts.ts'
import { answerAt, answerSeq } from './http-signs.ts'
import type { Evidence, Exchange } from './model.ts'
import { lastKnown, lastSign, RESTART_LEAST, remembersOld, SERVED_ON } from './restart-signs.ts'
import type { UnknownSession } from './unknown-session.ts'
import { spanText } from './words.ts'

const WORKERS = 'Several workers stand behind one address, and each knows only its own sessions.'
const WORKER_FIX = [
  'Run one worker (uvicorn --workers 1), or send all requests of a client to the same one (nginx: ip_hash).',
  'Or serve without sessions (Python: stateless_http=True, TypeScript: sessionIdGenerator: undefined), or keep them in a shared store.',
]

/** The session is alive: its stream is open, or it was served afterwards. */
export function otherWorker(facts: Facts, first: Exchange): UnknownSession | undefined {
  const { session, exchanges } = facts
  const at = answerAt(first)
  const open = exchanges.find(({ body, responseAt = Number.POSITIVE_INFINITY, status = 0, clientEnd, serverEnd }) => {
    return body === 'stream' && status < 300 && responseAt <= at && (clientEnd?.at ?? at + 1) > at && (serverEnd?.at ?? at + 1) > at
  })
  const after = exchanges.find(
    ({ requestAt, status = 0, method, responseBy }) =>
      method === 'POST' && status < 300 && status > 0 && requestAt > at && responseBy === 'server',
  )
  if (!open && !(after && session.transport === 'streamable')) return undefined
  const evidence: Evidence[] = []
  if (open)
    evidence.push({
      seq: answerSeq(open),
      at: answerAt(open),
      says: 'The session’s stream was open through this proxy at that moment',
    })
  if (after)
    evidence.push({
      seq: answerSeq(after),
      at: answerAt(after),
      says: `A later POST of the same session was answered with ${after.status}`,
    })
  // An open stream alone does not prove it: a server may forget a session and leave its stream open.
  const sure = after !== undefined || session.transport === 'sse' || knownJustBefore(facts, first) !== undefined
  return {
    rule: sure ? 'wrong-worker' : 'session-unknown-or-expired',
    cause: sure ? WORKERS : 'Perhaps another worker behind the same address: the stream alone does not prove it.',
    says: `The session is alive${open ? ': its stream is open' : ''}${after ? `${open ? ', and' : ':'} a later request of it succeeded` : ''}. Another worker answered that does not know it.`,
    confidence: after ? 'certain' : sure ? 'likely' : 'possible',
    fix: WORKER_FIX,
    evidence,
    ...(!after && {
      alternatives: [
        {
          rule: sure ? 'session-unknown-or-expired' : 'server-restarted',
          standing: 'possible' as const,
          why: 'a server may drop a session and leave its stream open',
        },
      ],
    }),
  }
}

/** Said by a server that knew the session and let it go itself. */
const LET_GO = /terminated|expired/i

/** When the server still knew the session, where that is so short before the refusal that no process can have ended and be up again. */
function knownJustBefore(facts: Facts, first: Exchange): { readonly at: number; readonly before: Exchange } | undefined {
  const { at, before } = lastKnown(facts, first)
  return before && answerAt(first) - at < RESTART_LEAST && !LET_GO.test(first.errorText ?? '') ? { at, before } : undefined
}

/** It knew the session a moment before. */
export function forgottenAtOnce(facts: Facts, first: Exchange): UnknownSession | undefined {
  const known = knownJustBefore(facts, first)
  if (!known) return undefined
  const gap = answerAt(first) - known.at
  return {
    rule: 'wrong-worker',
    cause: WORKERS,
    says: `The server knew the session ${spanText(gap)} before, too short a time for a restart. Another worker answered that does not know it.`,
    confidence: 'likely',
    fix: WORKER_FIX,
    evidence: [lastSign(known.before, known.at, gap)],
    alternatives: [
      remembersOld(facts, known.at, answerAt(first))
        ? SERVED_ON
        : { rule: 'server-restarted', standing: 'possible', why: 'a process that stood ready may have taken its place' },
      { rule: 'session-unknown-or-expired', standing: 'possible', why: 'the server may have dropped the session at once' },
    ],
  }
}
