/** Calls that were posted when their stream was gone already, and accepted all the same. Promise: only servers that forget to look do that. */
import type { Facts } from '../core/facts.ts'
import { clientName, isNoticed } from '../core/lifecycle.ts'
import type { Call } from '../core/model.ts'
import { actorText, countText, spanText } from '../core/words.ts'
import { forgetDead, serverStack } from './advice.ts'
import type { Rule, Verdict } from './rule.ts'

export const ghostSession: Rule = {
  id: 'ghost-session',
  severity: 'error',
  title: 'A dead session still accepts messages',
  why: 'The 202 says that all is well, and the answer can never come. Python servers before mcp 1.27.2 do so, and some that were written by hand.',
  signature: 'A POST is accepted with 202 although the stream of its session has ended.',
  fix: 'Open a new stream and initialize there. Upgrade the Python SDK to mcp 1.27.2 or later, which answers 404.',
  references: ['modelcontextprotocol/python-sdk#2064', 'modelcontextprotocol/python-sdk#237'],
  check: ghostsOf,
}

/** It was sent when its stream had ended. */
export const isGhost = ({ session }: Facts, call: Call): boolean =>
  session.transport === 'sse' && session.ended !== undefined && call.sentAt > session.ended.at

function ghostsOf(facts: Facts): Verdict[] {
  const { ended } = facts.session
  const calls = facts.calls.filter(
    call =>
      call.from === 'client' && call.kind === 'request' && call.status === 202 && call.answeredAt === undefined && isGhost(facts, call),
  )
  const first = calls[0]
  if (!first || !ended) return []
  const which = calls.length > 1 ? `${countText(calls.length, 'call')} were` : `Call ${first.number} was`
  const who = ended.by === 'client' ? clientName(facts) : actorText(ended.by)
  return [
    {
      confidence: 'certain',
      causeConfidence: 'likely',
      at: first.sentAt,
      call: first.id,
      exchange: first.exchange,
      title: `${which} posted to a stream that was gone.`,
      says: `${who} had closed the stream ${spanText(first.sentAt - ended.at)} before. The server accepted with 202 all the same, and had no way to answer.`,
      ...reasonOf(
        facts,
        calls.some(({ sentAt }) => isNoticed(ended, sentAt)),
      ),
      evidence: [
        { seq: ended.seq, at: ended.at, says: `${actorText(ended.by)} ended the stream` },
        ...calls
          .slice(0, 5)
          .map(call => ({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}, accepted with ${call.status}` })),
      ],
      alternatives: [{ rule: 'session-unknown-or-expired', standing: 'ruled out', why: 'the server accepted the message' }],
    },
  ]
}

/** `kept`: the server had time to notice that the stream was gone. */
function reasonOf(facts: Facts, kept: boolean): Pick<Verdict, 'cause' | 'fix'> {
  const reconnect = 'Reconnect the client: it has to open a new stream and begin with initialize.'
  if (!kept)
    return {
      cause: 'The client goes on posting when it has closed its stream; the server may not have noticed yet.',
      fix: [reconnect, 'Let the client keep its stream open for as long as it asks for something.'],
    }
  const cause =
    serverStack(facts) === 'python'
      ? 'A Python server before mcp 1.27.2, which keeps sessions whose stream has ended.'
      : 'The server keeps sessions whose stream has ended.'
  return { cause, fix: [reconnect, forgetDead(facts)] }
}
