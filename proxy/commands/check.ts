/**
 * `seismograph check`: what the rules find in a recording. Promise: exit code 1 exactly when something at or above --fail-on was found;
 * nothing is found on healthy traffic.
 */
import type { Finding, Session, Severity } from '../core/model.ts'
import { type Loaded, loadRecording } from '../inspector/load.ts'
import { rules } from '../rules/index.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { type Parsed, readOptions } from './options.ts'
import { chooseSource, forUser } from './recordings.ts'
import { clientName, moment, plain, plural, serverName } from './words.ts'

const help = `seismograph check [FILE|DIR] [options]

Judges a recording and prints what is wrong, why, and what to do: the newest recording, or the one that is named
(a recording's folder, a data folder, .jsonl or .har).

  --format text|json          for people, or one JSON object (default text)
  --fail-on SEVERITY          error, warning, info or never: findings from this severity on make the exit code 1 (default error)
  --rule ID                   only this rule; may be repeated
  --ignore ID                 not this rule; may be repeated
  --data DIR                  the data folder (default: the user's own)

Rules: ${rules.map(({ id }) => id).join(', ')}

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 usage.

Examples:
  seismograph check
  seismograph check capture.har --fail-on warning
  seismograph check --format json --ignore redirect-path-mismatch > findings.json
`

const flags = {
  format: { type: 'string' },
  'fail-on': { type: 'string' },
  rule: { type: 'string', multiple: true },
  ignore: { type: 'string', multiple: true },
  data: { type: 'string' },
} as const

const WEIGHT: Readonly<Record<Severity | 'never', number>> = { info: 0, warning: 1, error: 2, never: 3 }

/** Which findings are wanted, by --rule and --ignore. */
function chosen(options: Parsed): (finding: Finding) => boolean {
  const known = new Set(rules.map(({ id }) => id))
  for (const name of ['rule', 'ignore'])
    for (const id of options.texts(name))
      if (!known.has(id)) throw new UsageError(`--${name}: there is no rule "${id}". Rules: ${[...known].join(', ')}`)
  const only = new Set(options.texts('rule'))
  const not = new Set(options.texts('ignore'))
  return ({ rule }) => (only.size === 0 || only.has(rule)) && !not.has(rule)
}

function counts(findings: readonly Finding[]): Record<Severity, number> {
  const sum = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) sum[severity] += 1
  return sum
}

const sum = (sessions: readonly Session[], field: 'calls' | 'undelivered'): number =>
  sessions.reduce((total, session) => total + session[field], 0)

/** The machine's form; its shape is a contract. */
function asJson(loaded: Loaded, findings: readonly Finding[]): string {
  const report = {
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
      exchanges: loaded.exchanges,
      sessions: loaded.sessions.length,
      calls: sum(loaded.sessions, 'calls'),
      undelivered: sum(loaded.sessions, 'undelivered'),
      findings: counts(findings),
      failedRules: loaded.failures,
    },
  }
  return `${JSON.stringify(report)}\n`
}

function asText(finding: Finding, session: Session | undefined, name: string): string {
  const where = [
    moment(finding.at),
    ...(session ? [`session ${plain(session.key)}`, `${clientName(session)} -> ${serverName(session)}`] : []),
  ].join(', ')
  const sure =
    finding.causeConfidence && finding.causeConfidence !== finding.confidence
      ? `${finding.confidence}; cause ${finding.causeConfidence}`
      : finding.confidence
  const possible = finding.alternatives.filter(({ standing }) => standing === 'possible')
  return [
    `${finding.severity}[${finding.rule}]: ${plain(finding.title)}`,
    `  --> ${plain(name)} at ${where}`,
    `  ${plain(finding.says)}`,
    `  cause (${sure}): ${plain(finding.cause)}`,
    ...finding.evidence.map(({ seq, at, says }) => `  evidence #${seq} ${moment(at)}: ${plain(says)}`),
    ...finding.fix.map(fix => `  fix: ${plain(fix)}`),
    ...possible.map(({ rule, why }) => `  could also be ${rule}: ${plain(why)}`),
    '',
  ].join('\n')
}

function lastLine(loaded: Loaded, findings: readonly Finding[]): string {
  const { error, warning, info } = counts(findings)
  const parts = [
    error > 0 ? plural(error, 'error') : '',
    warning > 0 ? plural(warning, 'warning') : '',
    info > 0 ? plural(info, 'note') : '',
  ]
  const found = parts.filter(Boolean).join(', ') || 'No findings'
  const { sessions, events } = loaded
  return `${found} in ${plural(sessions.length, 'session')}, ${plural(sum(sessions, 'calls'), 'call')}, ${plural(events, 'record')}${loaded.isLive ? ' (still recording)' : ''}.\n`
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'check')
  const [file, more] = options.positionals
  if (more !== undefined) throw new UsageError(`check takes one FILE or DIR; "${more}" is one too many`)
  const format = options.oneOf('format', ['text', 'json'], 'text')
  const failOn = options.oneOf('fail-on', ['error', 'warning', 'info', 'never'], 'error')
  const isChosen = chosen(options)
  const source = await chooseSource(file, options.text('data'), io)
  const loaded = await forUser(() => loadRecording(source))
  const findings = loaded.findings.filter(isChosen)
  if (format === 'json') io.stdout.write(asJson(loaded, findings))
  else {
    const name = source.kind === 'recording' ? source.dir : source.file
    const sessions = new Map(loaded.sessions.map(session => [session.id, session]))
    for (const finding of findings) io.stdout.write(`${asText(finding, sessions.get(finding.session), name)}\n`)
    for (const { rule, error } of loaded.failures) io.stderr.write(`The rule ${rule} failed: ${plain(error)}\n`)
    io.stdout.write(lastLine(loaded, findings))
  }
  return findings.some(({ severity }) => WEIGHT[severity] >= WEIGHT[failOn]) ? 1 : 0
}

export const command: Command = { name: 'check', summary: 'judge a recording and print what is wrong', help, run }
