/**
 * A judgement as JUnit XML, which every CI reads. Promise: well-formed whatever was recorded; a finding that fails the judgement is a
 * failure, every other finding is a passed test with its words, and a rule that found nothing is a passed test.
 *
 * Shape: https://github.com/testmoapp/junitxml (the common ground of Jenkins, GitLab, GitHub actions and Maven Surefire).
 */
import type { Finding, Session } from '../core/model.ts'
import type { Report } from './report.ts'
import { clientName, moment, plain, serverName } from './words.ts'

/** What XML 1.0 cannot hold, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"]/g, found => ENTITIES[found] ?? found)

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

function words(finding: Finding, session: Session | undefined): string {
  return [
    ...(session ? [`session ${session.key}, ${clientName(session)} -> ${serverName(session)}`] : []),
    `at ${moment(finding.at)}`,
    finding.says,
    `cause (${finding.causeConfidence ?? finding.confidence}): ${finding.cause}`,
    ...finding.evidence.map(({ seq, at, says }) => `evidence #${seq} ${moment(at)}: ${says}`),
    ...finding.fix.map(fix => `fix: ${fix}`),
    ...finding.alternatives.filter(({ standing }) => standing === 'possible').map(({ rule, why }) => `could also be ${rule}: ${why}`),
  ]
    .map(line => plain(line))
    .join('\n')
}

const open = (rule: string, name: string): string =>
  `    <testcase classname="seismograph.${xmlText(rule)}" name="${xmlText(name)}" time="0"`

function findingCase(finding: Finding, session: Session | undefined, fails: boolean): string {
  const { rule, severity, confidence } = finding
  const name = `${plain(finding.title)}${session ? ` (session ${plain(session.key)}, ${moment(finding.at)})` : ''}`
  const text = xmlText(words(finding, session))
  const inside = fails
    ? `      <failure type="${severity}" message="${xmlText(`${severity} (${confidence}): ${plain(finding.title)}`)}">${text}</failure>`
    : `      <system-out>${xmlText(`${severity} (${confidence})`)}\n${text}</system-out>`
  return `${open(rule, name)}>\n${inside}\n    </testcase>`
}

export function reportJunit({ loaded, findings, asked, source, fails }: Report): string {
  const sessions = new Map(loaded.sessions.map(session => [session.id, session]))
  const found = new Set(findings.map(({ rule }) => rule))
  const failures = findings.filter(({ severity }) => fails(severity)).length
  const broken = new Map(loaded.failures.map(({ rule, error }) => [rule, error]))
  const errors = asked.filter(rule => broken.has(rule)).length
  const cases = [
    ...findings.map(finding => findingCase(finding, sessions.get(finding.session), fails(finding.severity))),
    ...asked.flatMap(rule => {
      const error = broken.get(rule)
      if (error !== undefined)
        return `${open(rule, 'the rule itself')}>\n      <error type="rule" message="${xmlText(plain(error))}"/>\n    </testcase>`
      return found.has(rule) ? [] : `${open(rule, 'not seen')}/>`
    }),
  ]
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds(loaded.lastAt)}"`
  const { recording } = loaded
  const began = recording ? ` timestamp="${new Date(recording.startedAt).toISOString().slice(0, 19)}"` : ''
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="seismograph" ${counts}>`,
    `  <testsuite name="${xmlText(plain(source))}" ${counts} skipped="0"${began}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
