/** One address, several workers, and each knows only its own sessions. Promise: certain only where the same session was served before and after. */
import type { Facts } from '../core/facts.ts'
import type { Call } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export const wrongWorker: Rule = {
  id: 'wrong-worker',
  severity: 'error',
  title: 'Another worker answered that does not know the session',
  why: 'Requests of one session succeed or fail by chance, depending on the worker that they reach.',
  signature:
    'A session is answered with 404 while its stream is open through this proxy, or between requests that succeed. Since 2026-07-28: now and then -32602 “Invalid or expired requestState”.',
  fix: 'Send all requests of a session to one worker, run one worker, serve without sessions, or keep them (and the key of requestState) in a shared place.',
  references: ['jlowin/fastmcp#1003', 'tadata-org/fastapi_mcp#189', 'modelcontextprotocol/java-sdk#332'],
  check: facts => [...unknownSessionVerdicts(facts, 'wrong-worker'), ...foreignState(facts)],
}

const isForeign = ({ error }: Call) => error !== undefined && /invalid or expired requestState/i.test(error.message)

function foreignState(facts: Facts): Verdict[] {
  const refused = facts.calls.filter(isForeign)
  const first = refused[0]
  if (!first) return []
  const served = facts.calls.filter(call => call.answeredAt !== undefined && !call.error).length
  return [
    {
      confidence: 'likely',
      at: first.answeredAt ?? first.sentAt,
      call: first.id,
      exchange: first.exchange,
      title: `The server refused its own requestState, ${countText(refused.length, 'time')}. It answered ${countText(served, 'other call')}.`,
      says: 'requestState is sealed with a key. A worker that has another key takes it for forged or expired.',
      cause: 'Several workers stand behind one address, and do not share the key of requestState.',
      fix: ['Give all workers the same key for requestState, or run one worker.'],
      evidence: refused.slice(0, 5).map(call => ({
        seq: call.seqs.at(-1) ?? 0,
        at: call.answeredAt ?? call.sentAt,
        says: `Call ${call.number} was refused: ${call.error?.message ?? ''}`,
      })),
      alternatives: [{ rule: 'session-unknown-or-expired', standing: 'possible', why: 'the state may really have expired' }],
    },
  ]
}
