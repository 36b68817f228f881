/**
 * What a judgement is asked for: which rules, and from which severity on it fails. Promise: the same flags mean the same for `check`,
 * for `scenario` and for a run that judges itself.
 */
import { didYouMean } from '../core/did-you-mean.ts'
import type { Finding, Severity } from '../core/model.ts'
import { EXPORT_FORMATS } from '../inspector/exports.ts'
import { type Loaded, loadRecording } from '../inspector/load.ts'
import type { Source } from '../journal/store.ts'
import { invocation } from '../product.ts'
import { rules } from '../rules/index.ts'
import { type CommandIo, UsageError } from './command.ts'
import type { Flags, Parsed } from './options.ts'
import { forUser } from './recordings.ts'
import type { Report } from './report.ts'
import { REPORT_FORMATS, type ReportFormat } from './report-forms.ts'
import { plain } from './words.ts'

export const judgingFlags = {
  format: { type: 'string' },
  'fail-on': { type: 'string' },
  rule: { type: 'string', multiple: true },
  ignore: { type: 'string', multiple: true },
} as const satisfies Flags

export const judgingHelp = `  --format FORM               text for people (default), json, junit (XML), or sarif (2.1.0)
  --fail-on SEVERITY          error, warning, info or never: findings from this severity on make the exit code 1 (default error)
  --rule ID                   only this rule; may be repeated
  --ignore ID                 not this rule; may be repeated`

export interface Judging {
  readonly format: ReportFormat
  readonly asked: readonly string[]
  readonly fails: (severity: Severity) => boolean
}

const WEIGHT: Readonly<Record<Severity | 'never', number>> = { info: 0, warning: 1, error: 2, never: 3 }

export function readJudging(options: Parsed, fallback: ReportFormat = 'text'): Judging {
  const known = rules.map(({ id }) => id)
  for (const name of ['rule', 'ignore'])
    for (const id of options.texts(name))
      if (!known.includes(id))
        throw new UsageError(`--${name}: there is no rule "${id}".${didYouMean(id, known)} "${invocation} scenario" lists them all.`)
  const only = new Set(options.texts('rule'))
  const not = new Set(options.texts('ignore'))
  const failOn = options.oneOf('fail-on', ['error', 'warning', 'info', 'never'], 'error')
  return {
    format: options.oneOf('format', REPORT_FORMATS, fallback, EXPORT_FORMATS),
    asked: known.filter(id => (only.size === 0 || only.has(id)) && !not.has(id)),
    fails: severity => WEIGHT[severity] >= WEIGHT[failOn],
  }
}

/** Loads and judges a recording. Throws a UsageError that says what is wrong with the file. */
export async function judgeSource(source: Source, { asked, fails }: Judging): Promise<Report> {
  const loaded: Loaded = await forUser(() => loadRecording(source))
  const findings = loaded.findings.filter(({ rule }) => asked.includes(rule))
  return { loaded, findings, asked, fails, source: source.kind === 'recording' ? source.dir : source.file }
}

/** Rules that failed are no findings; they are said where people look. */
export function tellFailures({ loaded }: Report, io: CommandIo): void {
  for (const { rule, error } of loaded.failures) io.stderr.write(`The rule ${rule} failed: ${plain(error)}\n`)
}

export const exitCodeOf = ({ findings, fails }: Report): 0 | 1 => (findings.some(({ severity }: Finding) => fails(severity)) ? 1 : 0)
