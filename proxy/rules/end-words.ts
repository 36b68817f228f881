/** How the end of a stream is told, for the rules that share its causes. */
import type { EndCause } from '../core/end-cause.ts'
import type { Evidence } from '../core/model.ts'
import { actorText, countText, endingText, spanText } from '../core/words.ts'

/** `2 calls lost their answer.` */
export function lossWords({ lost, waiting, exchange }: EndCause): string {
  if (lost.length > 1) return `${countText(lost.length, 'call')} lost their answer.`
  if (lost[0]) return `Call ${lost[0].number} lost its answer.`
  if (waiting.length > 1) return `${countText(waiting.length, 'call')} have had no answer since.`
  if (waiting[0]) return `Call ${waiting[0].number} has had no answer since.`
  return exchange.body === 'stream' ? 'Nothing was in flight.' : 'No answer was lost.'
}

export function lossEvidence({ exchange, end, silence, lost, waiting, evidence }: EndCause): Evidence[] {
  const lines: Evidence[] = []
  for (const call of lost.slice(0, 3))
    lines.push({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}, never answered` })
  for (const call of waiting.slice(0, 3))
    lines.push({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}, not answered so far` })
  const last = end.at - silence
  if (exchange.responseSeq !== undefined && exchange.responseAt === last)
    lines.push({ seq: exchange.responseSeq, at: last, says: 'Last sign of the server: the head of the response' })
  lines.push({
    seq: end.seq,
    at: end.at,
    says: `${actorText(end.by)} ended ${exchange.method} ${exchange.path}: ${endingText(end.how)}, ${spanText(silence)} after the last byte`,
  })
  return [...lines, ...evidence].sort((a, b) => a.at - b.at || a.seq - b.seq)
}
