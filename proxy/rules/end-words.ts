/** How the end of a stream is told, for the rules that share its causes. */
import type { EndCause } from '../core/end-cause.ts'
import type { Call, Evidence } from '../core/model.ts'
import { actorText, countText, endingText, spanText } from '../core/words.ts'

/** `2 calls lost their answer.` Empty for none. */
export function lostWords(lost: readonly Call[]): string {
  if (lost.length > 1) return `${countText(lost.length, 'call')} lost their answer.`
  return lost[0] ? `Call ${lost[0].number} lost its answer.` : ''
}

const postLines = (calls: readonly Call[], fate: string): Evidence[] =>
  calls.slice(0, 3).map(call => ({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of call ${call.number}, ${fate}` }))
export const lostLines = (lost: readonly Call[]): Evidence[] => postLines(lost, 'never answered')

/** The same, and what else may be said where nothing was lost. */
export function lossWords({ lost, waiting, exchange }: EndCause): string {
  if (lost.length > 0) return lostWords(lost)
  if (waiting.length > 1) return `${countText(waiting.length, 'call')} have had no answer since.`
  if (waiting[0]) return `Call ${waiting[0].number} has had no answer since.`
  return exchange.body === 'stream' ? 'Nothing was in flight.' : 'No answer was lost.'
}

export function lossEvidence({ exchange, end, silence, lost, waiting, evidence }: EndCause): Evidence[] {
  const lines = [...lostLines(lost), ...postLines(waiting, 'not answered so far')]
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
