/** The numbers that findings bear on flags, cards and rows. Promise: one order everywhere: session by session, worst first, then by time. */
import type { Call, Finding, Severity } from '../../proxy/core/model.ts'
import type { Selection, SessionRows } from '../view.ts'

const WEIGHT: Record<Severity, number> = { error: 0, warning: 1, info: 2 }

/** Findings in the order of their numbers: the first is number 1. */
export function numberedFindings(sessions: readonly SessionRows[]): Finding[] {
  return sessions.flatMap(rows => worstFirst(rows.findings))
}

/** Those that stand, worst first. */
export const worstFirst = (findings: readonly Finding[]): Finding[] =>
  findings.filter(finding => !finding.gone).sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || a.at - b.at || a.id - b.id)

interface OpenInput {
  readonly selection: Selection | null
  /** The call that is selected, or that what is selected belongs to. */
  readonly call: Call | undefined
  readonly focus: number
  readonly sessions: readonly SessionRows[]
}

/** The finding whose card stands open beside the timeline: its evidence is shown on it. `findings` in the order of their numbers. */
export function openFinding(findings: readonly Finding[], { selection, call, focus, sessions }: OpenInput): Finding | undefined {
  if (selection?.kind === 'finding') return findings.find(one => one.id === selection.id)
  if (selection === null || selection.kind === 'session') return findings.find(one => one.session === (selection?.id ?? focus))
  const rows = call && sessions.find(({ session }) => session.id === call.session)
  if (call && rows) {
    const carriers = carriersOf(call, rows)
    return findings.find(one => one.session === call.session && isAbout(one, call, carriers))
  }
  return selection.kind === 'exchange' ? findings.find(one => one.exchange === selection.id) : undefined
}

/** About the call itself, or about an exchange that carried it and no other call. */
export const isAbout = (finding: Finding, call: Call, exchanges: readonly number[]): boolean =>
  finding.call === call.id || (finding.call === undefined && finding.exchange !== undefined && exchanges.includes(finding.exchange))

/** The exchanges that carried a call, and the stream that carried its answer or should have. */
export const carriersOf = (call: Call, rows: SessionRows): number[] => [call.exchange, ...call.exchanges, ...streamOf(call, rows)]

/** The stream on which the answer of a call came, or should have come: where none did, the one that was open when it was sent. */
function streamOf(call: Call, rows: SessionRows): number[] {
  if (call.answerExchange !== undefined) return [call.answerExchange]
  if (rows.session.transport !== 'sse') return []
  const open = rows.exchanges.findLast(({ body, requestAt }) => body === 'stream' && requestAt <= call.sentAt)
  return open ? [open.id] : []
}
