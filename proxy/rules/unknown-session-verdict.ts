/** The verdict on a session that the server does not know, for the one rule that its history names. */
import type { Facts } from '../core/facts.ts'
import type { Evidence, Exchange } from '../core/model.ts'
import { recoveredBy, refusalLine, refusalsOf, type UnknownSession, unknownSession } from '../core/unknown-session.ts'
import { shortId, spanText, timesText } from '../core/words.ts'
import { lostLines, lostWords } from './end-words.ts'
import type { Verdict } from './rule.ts'

/** One verdict where the case is this rule's, else none. */
export function unknownSessionVerdicts(facts: Facts, rule: string): Verdict[] {
  const found = unknownSession(facts)
  return found?.rule === rule ? [verdictOn(facts, refusalsOf(facts), found)] : []
}

const UNKNOWN = /could not find session|session (was )?not found|(received )?invalid session id/i
/** A line of the log may come this much later than the answer (ms). */
const LOG_LAG = 2_000

/** The server's log on this refusal: no line that names another session, nor one from before the request. */
function ownWords({ logs, session }: Facts, first: Exchange): Evidence[] {
  const until = (first.responseAt ?? first.requestAt) + LOG_LAG
  const near = logs.flatMap(({ text, at, seq }) => {
    const words = at >= first.requestAt && at <= until ? UNKNOWN.exec(text)?.[0] : undefined
    return words === undefined ? [] : [{ seq, at, words, id: /\bid:? +([\w-]+)/i.exec(text)?.[1] }]
  })
  const own = near.find(({ id }) => id !== undefined && bare(id) === bare(session.key)) ?? near.find(({ id }) => id === undefined)
  return own ? [{ seq: own.seq, at: own.at, says: `Server log: ${own.words}` }] : []
}

/** The Python SDK logs with dashes what it issues without. */
const bare = (id: string): string => id.replaceAll('-', '').toLowerCase()

function headline(rule: string, id: string): string {
  if (rule === 'wrong-worker') return `Another worker answered, which does not know session ${id}`
  if (rule === 'server-restarted') return `The server was restarted and has forgotten session ${id}`
  return `Session ${id} is unknown to the server`
}

function verdictOn(facts: Facts, refusals: readonly Exchange[], found: UnknownSession): Verdict {
  const first = refusals[0] as Exchange
  const recovered = recoveredBy(facts)
  const { lost = [] } = found
  const again = refusals.length > 1 ? `, ${timesText(refusals.length)}` : ''
  const next = recovered
    ? ` The client began a new session ${spanText(recovered.startedAt - (first.responseAt ?? first.requestAt))} later.`
    : ''
  return {
    severity: recovered && lost.length === 0 ? 'warning' : 'error',
    confidence: 'certain',
    causeConfidence: found.confidence,
    at: first.responseAt ?? first.requestAt,
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `${headline(found.rule, shortId(facts.session.key))}: ${first.status}${again}.${lost.length > 0 ? ` ${lostWords(lost)}` : ''}`,
    says: found.says + next,
    cause: found.cause,
    fix: found.fix,
    evidence: [...lostLines(lost), ...found.evidence, refusalLine(first), ...ownWords(facts, first)].sort(
      (a, b) => a.at - b.at || a.seq - b.seq,
    ),
    alternatives: found.alternatives ?? [],
  }
}
