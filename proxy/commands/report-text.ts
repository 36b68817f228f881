/** A judgement for people. Promise: it reads like a good compiler's message: the problem, the evidence with times, the fix. */
import type { Finding, Session } from '../core/model.ts'
import { countBySeverity, type Report, sumOf } from './report.ts'
import { clientName, moment, plain, plural, serverName } from './words.ts'

function findingText(finding: Finding, session: Session | undefined, source: string): string {
  const where = [
    moment(finding.at),
    ...(session ? [`session ${plain(session.key)}`, `${clientName(session)} -> ${serverName(session)}`] : []),
  ].join(', ')
  const sure =
    finding.causeConfidence && finding.causeConfidence !== finding.confidence
      ? `${finding.causeConfidence}, the fault itself ${finding.confidence}`
      : finding.confidence
  const possible = finding.alternatives.filter(({ standing }) => standing === 'possible')
  return [
    `${finding.severity}[${finding.rule}]: ${plain(finding.title)}`,
    `  --> ${plain(source)} at ${where}`,
    `  ${plain(finding.says)}`,
    `  cause (${sure}): ${plain(finding.cause)}`,
    ...finding.evidence.map(({ seq, at, says }) => `  evidence #${seq} ${moment(at)}: ${plain(says)}`),
    ...finding.fix.map(fix => `  fix: ${plain(fix)}`),
    ...possible.map(({ rule, why }) => `  could also be ${rule}: ${plain(why)}`),
    '',
  ].join('\n')
}

/** How many losses are told one by one. */
const LOSSES_TOLD = 3

function missing({ missing: { records, says } }: Report['loaded']): string {
  if (says.length === 0) return ''
  const more = says.length > LOSSES_TOLD ? `  and ${says.length - LOSSES_TOLD} times more\n` : ''
  const lines = says.slice(0, LOSSES_TOLD).map(text => `  ${plain(text)}\n`)
  return `${plural(records, 'record')} ${records === 1 ? 'is' : 'are'} missing. Nothing is judged by what did not come there.\n${lines.join('')}${more}`
}

function lastLine({ loaded, findings }: Report): string {
  const { error, warning, info } = countBySeverity(findings)
  const parts = [
    error > 0 ? plural(error, 'error') : '',
    warning > 0 ? plural(warning, 'warning') : '',
    info > 0 ? plural(info, 'note') : '',
  ]
  const found = parts.filter(Boolean).join(', ') || 'No findings'
  const { sessions, events } = loaded
  const cut = sessions.reduce((sum, session) => sum + (session.cut ?? 0), 0)
  const taken =
    loaded.cancelled > 0 ? `${plural(loaded.cancelled, 'call')} ${loaded.cancelled === 1 ? 'was' : 'were'} cancelled by the client.\n` : ''
  const untold =
    cut > 0 ? `${plural(cut, 'call')} still waited when the recording ended: what came of ${cut === 1 ? 'it' : 'them'} was not seen.\n` : ''
  return `${missing(loaded)}${taken}${untold}${found} in ${plural(sessions.length, 'session')}, ${plural(sumOf(sessions, 'calls'), 'call')}, ${plural(events, 'record')}${loaded.isLive ? ' (still recording)' : ''}.\n`
}

export function reportText(report: Report): string {
  const sessions = new Map(report.loaded.sessions.map(session => [session.id, session]))
  const texts = report.findings.map(finding => `${findingText(finding, sessions.get(finding.session), report.source)}\n`)
  return `${texts.join('')}${lastLine(report)}`
}
