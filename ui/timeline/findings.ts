/** The numbers that findings bear on flags, cards and rows. Promise: one order everywhere: session by session, worst first, then by time. */
import type { Finding, Severity } from '../../proxy/core/model.ts'
import type { SessionRows } from '../view.ts'

const WEIGHT: Record<Severity, number> = { error: 0, warning: 1, info: 2 }

/** Findings in the order of their numbers: the first is number 1. */
export function numberedFindings(sessions: readonly SessionRows[]): Finding[] {
  return sessions.flatMap(rows =>
    rows.findings.filter(finding => !finding.gone).sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || a.at - b.at || a.id - b.id),
  )
}
