/** One address, several workers, and each knows only its own sessions. Promise: certain only where the same session was served before and after. */
import type { Facts } from '../core/facts.ts'
import type { Call } from '../core/model.ts'
import { countText, spanText, timesText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export const wrongWorker: Rule = {
  id: 'wrong-worker',
  severity: 'error',
  title: 'Another worker answered that does not know the session',
  why: 'Requests of one session succeed or fail by chance, depending on the worker that they reach.',
  signature:
    'A session is answered with 404 while its stream is open through this proxy, between requests that succeed, or less than 100 ms after one. Since 2026-07-28: now and then -32602 “Invalid or expired requestState”.',
  fix: 'Send all requests of a session to one worker, run one worker, serve without sessions, or keep them (and the key of requestState) in a shared place.',
  references: ['jlowin/fastmcp#1003', 'tadata-org/fastapi_mcp#189', 'modelcontextprotocol/java-sdk#332'],
  check: facts => [...unknownSessionVerdicts(facts, 'wrong-worker'), ...foreignState(facts)],
}

/** What the server never issued here was changed, made up, or is older than the recording: no worker is to blame for that. */
const isForeign = ({ error, requestState }: Call) =>
  error !== undefined && requestState !== 'unknown' && /invalid or expired requestState/i.test(error.message)

function foreignState(facts: Facts): Verdict[] {
  const refused = facts.calls.filter(isForeign)
  const first = refused[0]
  if (!first) return []
  const taken = facts.calls.filter(call => call.requestState === 'issued' && call.answeredAt !== undefined && !call.error).length
  const proven = first.requestState === 'issued'
  return [
    {
      confidence: proven ? 'likely' : 'possible',
      at: first.answeredAt ?? first.sentAt,
      call: first.id,
      exchange: first.exchange,
      title: `The server refused its own requestState, ${timesText(refused.length)}. ${taken > 0 ? `It took ${countText(taken, 'other')}.` : 'It took no other.'}`,
      says: `${proven ? `It had sealed this state itself, and the client sent it back unchanged${agoText(facts, first)}. ` : ''}A worker that seals with another key takes it for forged or expired.`,
      cause: 'Several workers stand behind one address, and do not share the key of requestState.',
      fix: ['Give all workers the same key for requestState, or run one worker.'],
      evidence: refused.slice(0, 5).map(call => ({
        seq: call.seqs.at(-1) ?? 0,
        at: call.answeredAt ?? call.sentAt,
        says: `Call ${call.number} was refused: ${call.error?.message ?? ''}`,
      })),
      alternatives: [
        { rule: 'session-unknown-or-expired', standing: 'possible', why: 'the state may really have expired' },
        { rule: 'server-restarted', standing: 'possible', why: 'a key made at the start is another one after a restart' },
      ],
    },
  ]
}

/** `, 4.2 s after its last answer` */
function agoText({ calls }: Facts, { id, sentAt }: Call): string {
  const before = calls.findLast(call => call.id !== id && (call.answeredAt ?? Number.POSITIVE_INFINITY) <= sentAt)
  return before?.answeredAt === undefined ? '' : `, ${spanText(sentAt - before.answeredAt)} after its last answer`
}
