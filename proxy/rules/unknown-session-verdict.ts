/** The verdict on a session that the server does not know, for the one rule that its history names. */
import type { Facts } from '../core/facts.ts'
import type { Evidence, Exchange } from '../core/model.ts'
import { recoveredBy, refusalLine, refusalsOf, type UnknownSession, unknownSession } from '../core/unknown-session.ts'
import { shortId, spanText, timesText } from '../core/words.ts'
import type { Verdict } from './rule.ts'

/** One verdict where the case is this rule's, else none. */
export function unknownSessionVerdicts(facts: Facts, rule: string): Verdict[] {
  const found = unknownSession(facts)
  return found?.rule === rule ? [verdictOn(facts, refusalsOf(facts), found)] : []
}

/** The server's log at that moment. */
const ownWords = ({ logs }: Facts, first: Exchange): Evidence[] =>
  logs
    .filter(({ text, at }) => at >= first.requestAt - 50 && /could not find session|session (was )?not found/i.test(text))
    .slice(0, 1)
    .map(({ seq, at }) => ({ seq, at, says: 'Server log: Could not find session' }))

function headline(rule: string, id: string): string {
  if (rule === 'wrong-worker') return `Another worker answered, which does not know session ${id}`
  if (rule === 'server-restarted') return `The server was restarted and has forgotten session ${id}`
  return `Session ${id} is unknown to the server`
}

function verdictOn(facts: Facts, refusals: readonly Exchange[], found: UnknownSession): Verdict {
  const first = refusals[0] as Exchange
  const recovered = recoveredBy(facts)
  const again = refusals.length > 1 ? `, ${timesText(refusals.length)}` : ''
  const next = recovered
    ? ` The client began a new session ${spanText(recovered.startedAt - (first.responseAt ?? first.requestAt))} later.`
    : ''
  return {
    severity: recovered ? 'warning' : 'error',
    confidence: 'certain',
    causeConfidence: found.confidence,
    at: first.responseAt ?? first.requestAt,
    exchange: first.id,
    ...(first.calls[0] !== undefined && { call: first.calls[0] }),
    title: `${headline(found.rule, shortId(facts.session.key))}: ${first.status}${again}.`,
    says: found.says + next,
    cause: found.cause,
    fix: found.fix,
    evidence: [...found.evidence, refusalLine(first), ...ownWords(facts, first)].sort((a, b) => a.at - b.at || a.seq - b.seq),
    alternatives: found.alternatives ?? [],
  }
}
