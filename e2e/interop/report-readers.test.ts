/**
 * The files that CI reads, read by programs that nobody here wrote. Promise: SARIF passes the validator of its makers without an error,
 * and that validator does complain of a file that is wrong; JUnit XML is read by a library of CI tools with the same counts.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { playScenario } from '../../proxy/commands/play.ts'
import { rules } from '../../proxy/rules/index.ts'
import { scratch, seismograph } from '../product.ts'
import { preparePython } from './python.ts'
import { prepareSarifValidator } from './sarif-validator.ts'

const exec = promisify(execFile)
const { folder, clean } = scratch()
afterAll(clean)

/** With findings of each severity among them, with alternatives and without. */
const SCENARIOS = ['undeliverable-response', 'redirect-path-mismatch', 'stream-resumed', 'wrong-worker']
const dirs = new Map<string, string>()
beforeAll(async () => {
  for (const id of SCENARIOS) dirs.set(id, (await playScenario(id, { dataDir: join(folder, id), signal: AbortSignal.timeout(60_000) })).dir)
})

async function written(id: string, format: 'sarif' | 'junit' | 'json', more: readonly string[] = []): Promise<string> {
  const { stdout, stderr } = await seismograph(['check', dirs.get(id) ?? '', '--format', format, ...more])
  expect(stdout, stderr).not.toBe('')
  const file = join(folder, `${id}.${format}`)
  writeFileSync(file, stdout)
  return file
}

it.for(SCENARIOS)('SARIF of %s has no error for the validator of its makers', { timeout: 300_000 }, async (id, context) => {
  const validator = await prepareSarifValidator()
  if (validator.missing !== undefined) return context.skip(validator.missing)
  const file = await written(id, 'sarif')
  const complaints = await validator.complaints(file)
  expect(complaints.filter(({ ruleId, level }) => level === 'error' || ruleId.startsWith('JSON'))).toEqual([])
})

it('the validator does complain of a file that is wrong', { timeout: 300_000 }, async context => {
  const validator = await prepareSarifValidator()
  if (validator.missing !== undefined) return context.skip(validator.missing)
  const file = await written('wrong-worker', 'sarif')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"ruleIndex": ', '"nonsense": '))
  const complaints = await validator.complaints(file)
  expect(complaints.filter(({ level }) => level === 'error').map(({ ruleId }) => ruleId)).toEqual(['JSON1005'])
})

const READ = `
import json, sys
from junitparser import JUnitXml
suites = JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in suites for case in suite]
print(json.dumps({
    "tests": suites.tests, "failures": suites.failures, "errors": suites.errors, "cases": len(cases),
    "failed": [{"rule": case.classname, "type": result.type, "message": result.message} for case in cases for result in case.result],
}))
`

it.for(SCENARIOS)('JUnit XML of %s is read with the same counts by a library of CI tools', { timeout: 300_000 }, async (id, context) => {
  const prepared = await preparePython('junit')
  if (prepared.missing !== undefined) return context.skip(prepared.missing)
  const file = await written(id, 'junit', ['--fail-on', 'warning'])
  const { stdout } = await exec(prepared.python, ['-c', READ, file])
  const read = JSON.parse(stdout) as { tests: number; failures: number; errors: number; cases: number; failed: { rule: string }[] }
  const { findings } = JSON.parse(readFileSync(await written(id, 'json'), 'utf8')) as { findings: { rule: string; severity: string }[] }
  const loud = findings.filter(({ severity }) => severity !== 'info').map(({ rule }) => `seismograph.${rule}`)
  expect(read.failed.map(({ rule }) => rule)).toEqual(loud)
  const silent = rules.filter(rule => !findings.some(finding => finding.rule === rule.id)).length
  expect(read).toMatchObject({ failures: loud.length, errors: 0, tests: findings.length + silent, cases: findings.length + silent })
})
