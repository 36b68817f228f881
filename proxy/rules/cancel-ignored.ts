/** The server went on with a call that the client had taken back. Promise: told only where the answer came too late to have been on its way. */
import { bytesText, countText, spanText } from '../core/words.ts'
import { answeredAnyway, CROSSING_SPAN, cancellationEvidence } from './cancelled-but-answered.ts'
import type { Rule } from './rule.ts'

export const cancelIgnored: Rule = {
  id: 'cancel-ignored',
  severity: 'warning',
  title: 'The server ignored a cancellation',
  why: 'The work goes on for nobody: it holds a connection to the firewall, a worker, or a lock that the next call waits for.',
  signature: 'A result for an id that the client had cancelled more than a second before.',
  fix: 'Let the tool look for cancellation: its abort signal (TypeScript), its cancel scope (Python).',
  references: ['modelcontextprotocol/python-sdk#1811', 'modelcontextprotocol/typescript-sdk#245'],
  check(facts) {
    const calls = facts.calls.filter(call => answeredAnyway(call) && (call.answeredAt ?? 0) - (call.cancelled?.at ?? 0) >= CROSSING_SPAN)
    const first = calls[0]
    if (!first) return []
    const late = spanText((first.answeredAt ?? 0) - (first.cancelled?.at ?? 0))
    const name = first.name ?? first.method
    return [
      {
        confidence: 'certain',
        causeConfidence: 'likely',
        at: first.answeredAt ?? first.sentAt,
        call: first.id,
        exchange: first.exchange,
        title: `${calls.length > 1 ? `${countText(calls.length, 'cancelled call')} ran on.` : `Call ${first.number} ran on after it was cancelled.`} Its answer came ${late} later.`,
        says: `The client took ${name} back${first.cancelled?.reason ? ` (“${first.cancelled.reason}”)` : ''}; the server finished it all the same and sent ${bytesText(first.answerBytes ?? 0)} that the client has to ignore.`,
        cause: `${name} does not look for cancellation.`,
        fix: [
          `Let ${name} look for cancellation while it works: the request’s abort signal in TypeScript, the task’s cancel scope in Python.`,
        ],
        evidence: cancellationEvidence(first),
        alternatives: [{ rule: 'cancelled-but-answered', standing: 'ruled out', why: `${late} is longer than an answer is on its way` }],
      },
    ]
  },
}
