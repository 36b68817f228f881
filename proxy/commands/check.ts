/**
 * `seismograph check`: what the rules find in a recording. Promise: exit code 1 exactly when something at or above --fail-on was found;
 * nothing is found on healthy traffic.
 */
import { rules } from '../rules/index.ts'
import { type Command, type CommandIo, UsageError } from './command.ts'
import { exitCodeOf, judgeSource, judgingFlags, judgingHelp, readJudging, tellFailures } from './judging.ts'
import { readOptions } from './options.ts'
import { chooseSource } from './recordings.ts'
import { reportAs } from './report-forms.ts'

/** Words in lines of at most 110 characters. */
function lines(words: readonly string[]): string {
  const out = ['']
  for (const word of words) {
    const last = out.at(-1) ?? ''
    if (last.length + word.length > 108) out.push(`${word}, `)
    else out[out.length - 1] = `${last}${word}, `
  }
  return `  ${out
    .map(line => line.trimEnd())
    .join('\n  ')
    .replace(/,$/, '')}`
}

const help = `seismograph check [FILE|DIR] [options]

Judges a recording and prints what is wrong, why, and what to do: the newest recording, or the one that is named
(a recording's folder, a data folder, .jsonl, .har or .html).

${judgingHelp}
  --data DIR                  the data folder (default: the user's own)

Rules:
${lines(rules.map(({ id }) => id))}

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 usage.

Examples:
  seismograph check
  seismograph check capture.har --fail-on warning
  seismograph check --format json --ignore redirect-path-mismatch > findings.json
  seismograph check --format junit > seismograph.xml
`

const flags = { ...judgingFlags, data: { type: 'string' } } as const

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(argv, flags, io, 'check')
  const [file, more] = options.positionals
  if (more !== undefined) throw new UsageError(`check takes one FILE or DIR; "${more}" is one too many`)
  const judging = readJudging(options)
  const report = await judgeSource(await chooseSource(file, options.text('data'), io), judging)
  if (judging.format !== 'json') tellFailures(report, io)
  io.stdout.write(reportAs(judging.format, report))
  return exitCodeOf(report)
}

export const command: Command = { name: 'check', summary: 'judge a recording and print what is wrong', help, run }
