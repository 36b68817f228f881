/** A judgement for machines. Promise: its shape is a contract; `check --format json` and `scenario --json` print the same object. */
import { countBySeverity, type Report, sumOf } from './report.ts'

export function reportJson({ loaded, findings }: Report): object {
  return {
    findings: findings.map(({ rule, severity, confidence, t: _, id: __, rev: ___, gone: ____, evidence, alternatives, ...rest }) => ({
      rule,
      severity,
      confidence,
      ...rest,
      evidence: evidence.map(({ seq }) => seq),
      alternatives: alternatives.filter(({ standing }) => standing === 'possible').map(alternative => alternative.rule),
    })),
    sessions: loaded.sessions.map(({ t: _, rev: __, ...session }) => session),
    summary: {
      recording: loaded.recording?.id,
      live: loaded.isLive,
      events: loaded.events,
      missing: loaded.missing.records,
      exchanges: loaded.exchanges,
      sessions: loaded.sessions.length,
      calls: sumOf(loaded.sessions, 'calls'),
      undelivered: sumOf(loaded.sessions, 'undelivered'),
      cancelled: loaded.cancelled,
      cut: loaded.sessions.reduce((sum, { cut = 0 }) => sum + cut, 0),
      findings: countBySeverity(findings),
      failedRules: loaded.failures,
    },
  }
}
