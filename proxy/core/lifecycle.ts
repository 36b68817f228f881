/** The handshake of a session, as its calls show it. Promise: plain readings that several rules share; none of them is a verdict. */
import type { Facts } from './facts.ts'
import type { Call, Session } from './model.ts'

const TIMED_OUT = /timed?[- ]?out|-32001|deadline (?:has )?(?:been )?exceeded/i
/** A person who stops something may speak of limits too. */
const BY_PERSON = /\bstopped\b|\bby (?:the )?user\b|\buser (?:requested|cancel|abort|interrupt)|before (?:the |its )?time-?out/i
/** The reason of a cancellation says that a limit was reached. */
export const isTimeout = (reason = ''): boolean => TIMED_OUT.test(reason) && !BY_PERSON.test(reason)

/** What a person calls the client. */
export const clientName = ({ session }: Facts): string => session.client.name ?? 'The client'

/** Sessions that begin with initialize. */
export const hasHandshake = ({ session }: Facts): boolean => session.transport === 'sse' || session.transport === 'streamable'

/** The first `initialize` of the session. */
export const initializeOf = ({ calls }: Facts): Call | undefined =>
  calls.find(({ from, method }) => from === 'client' && method === 'initialize')

/** Requests of the client that need a handshake before them, oldest first. */
export const requestsOf = ({ calls }: Facts): readonly Call[] =>
  calls.filter(({ from, kind, method }) => from === 'client' && kind === 'request' && !FREE.has(method))
const FREE = new Set(['initialize', 'ping', 'server/discover'])

/** The server refused it as servers do whose session is not initialized, or never answered it. */
export function isTurnedDown({ error, delivery, acceptedAt, sentAt }: Call, now: number): boolean {
  if (error) return error.code === -32602 || /initiali[sz]/i.test(error.message)
  return delivery === 'unanswered' || (delivery === 'pending' && acceptedAt !== undefined && now - sentAt > 10_000)
}

/** A server has noticed by then that its client closed the stream (ms). */
const NOTICE_SPAN = 150
/** At this moment the server knew that the session’s stream had ended: what came just after a client’s close may have crossed it. */
export const isNoticed = (ended: Session['ended'], at: number): boolean =>
  ended !== undefined && at - ended.at >= (ended.by === 'client' ? NOTICE_SPAN : 0)

/** An old server ends its session over a request within this time (ms). */
const KILL_SPAN = 1_000

interface Handshake {
  readonly session: Pick<Session, 'transport' | 'ended' | 'initializedAt'>
  readonly calls: readonly Pick<Call, 'from' | 'kind' | 'method' | 'sentAt'>[]
}

/** The end that a server made at once over a request before the handshake was done, as Python servers before mcp 1.9.4 do. */
export function killedBy({ session, calls }: Handshake): Session['ended'] {
  const { transport, ended, initializedAt = Number.POSITIVE_INFINITY } = session
  if (transport !== 'sse' || ended?.by !== 'server' || ended.how !== 'complete') return undefined
  const isEarly = ({ from, kind, method, sentAt }: Handshake['calls'][number]) =>
    from === 'client' &&
    kind === 'request' &&
    !FREE.has(method) &&
    sentAt < initializedAt &&
    ended.at >= sentAt &&
    ended.at - sentAt < KILL_SPAN
  return calls.some(isEarly) ? ended : undefined
}
