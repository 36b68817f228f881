/** A mark in words, for its tooltip and for the live text. Promise: at most five short lines, recorded bytes only as text. */
import type { Selection, TimelineData, Zero } from '../view.ts'
import { clockText, signed } from './axis.ts'
import { edgeOf, findIn, momentOf } from './fit.ts'
import { callText, exchangeText, findingText, frameText, logText, sessionName, sessionSentence } from './say.ts'

export function describe(data: TimelineData, selection: Selection, zero: Zero): string[] {
  const lines = wordsOf(data, selection)
  const at = momentOf(data, selection)
  if (lines.length === 0 || at === undefined) return lines
  const relative = zero.mode === 'clock' ? '' : `${signed((at - zero.at) / 1000, 3)} s, `
  return [...lines, `${relative}${clockText(data.startedAt + at, 1)}`]
}

function wordsOf(data: TimelineData, { kind, id }: Selection): string[] {
  if (kind === 'call') {
    const call = findIn(data, rows => rows.calls, id)
    return call ? callText(call, edgeOf(data)) : []
  }
  if (kind === 'exchange') {
    const exchange = findIn(data, rows => rows.exchanges, id)
    return exchange ? exchangeText(exchange) : []
  }
  if (kind === 'frame') {
    const frame = findIn(data, rows => rows.frames, id)
    return frame ? frameText(frame) : []
  }
  if (kind === 'finding') {
    const finding = findIn(data, rows => rows.findings, id)
    return finding ? findingText(finding) : []
  }
  if (kind === 'log') {
    const log = data.logs.find(row => row.id === id)
    return log ? logText(log) : []
  }
  const session = data.sessions.find(rows => rows.session.id === id)?.session
  return session
    ? [`session ${sessionName(session)}`, sessionSentence(session, undefined, { full: true, short: false, past: data.now === undefined })]
    : []
}
