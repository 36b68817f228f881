/**
 * All scenarios against all rules, over real sockets. Promise: each scenario is told by its own rule, and by no other above a note.
 * The table stands in proxy/rules/README.md; `UPDATE=1` rewrites it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playScenario } from '../proxy/commands/play.ts'
import type { Finding, Severity } from '../proxy/core/model.ts'
import { loadRecording } from '../proxy/inspector/load.ts'
import { MATRIX_HEADING } from '../proxy/rules/documentation.ts'
import { rules } from '../proxy/rules/index.ts'
import { loadScenario, scenarioIds } from '../server/scenarios/index.ts'
import { scratch } from './product.ts'
import { root } from './program.ts'

const page = join(root, 'proxy', 'rules', 'README.md')
const ids = rules.map(({ id }) => id).filter(id => scenarioIds.includes(id))
const { folder, clean } = scratch()
afterAll(clean)

/** What each scenario was told to be: the worst severity of each rule's findings. */
const told = new Map<string, Map<string, Severity>>()
const WEIGHT: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 }

function worst(findings: readonly Finding[]): Map<string, Severity> {
  const found = new Map<string, Severity>()
  for (const { rule, severity } of findings) {
    const before = found.get(rule)
    if (before === undefined || WEIGHT[severity] > WEIGHT[before]) found.set(rule, severity)
  }
  return found
}

/** One line for each finding, for the message of a failure. */
const lines = (findings: readonly Finding[]): string[] => findings.map(({ rule, severity, title }) => `${severity} ${rule}: ${title}`)

describe('each scenario is told by its own rule', () => {
  beforeAll(() => expect(ids.length).toBeGreaterThan(0))

  it.each(ids)('%s', async id => {
    const { dir } = await playScenario(id, { dataDir: folder, signal: AbortSignal.timeout(60_000) })
    const { findings, failures } = await loadRecording({ kind: 'recording', dir })
    expect(failures).toEqual([])
    const { also = [] } = await loadScenario(id)
    const found = worst(findings)
    told.set(id, found)
    expect(found.has(id), `told as:\n${lines(findings).join('\n') || 'nothing'}`).toBe(true)
    const strangers = findings.filter(({ rule, severity }) => rule !== id && severity !== 'info' && !also.includes(rule))
    expect(lines(strangers)).toEqual([])
  })
})

const SIGN: Readonly<Record<Severity, string>> = { error: 'E', warning: 'W', info: 'n' }

/** Rows are scenarios, columns the same rules in the same order. */
function table(): string {
  const width = Math.max(...ids.map(id => id.length))
  const number = (index: number): string => String(index + 1).padStart(2)
  const tens = ids.map((_, index) => number(index)[0]).join('')
  const ones = ids.map((_, index) => number(index)[1]).join('')
  const blank = ' '.repeat(width + 4)
  const rows = ids.map((id, index) => {
    const cells = ids.map(rule => SIGN[told.get(id)?.get(rule) as Severity] ?? '·').join('')
    return `${number(index)} ${id.padEnd(width)} ${cells}`
  })
  return [`${blank}${tens}`.trimEnd(), `${blank}${ones}`, ...rows].filter(Boolean).join('\n')
}

const INTRODUCTION = `Each row is a scenario, played through the proxy; each column is the rule with that number. E error, W warning, n note, · silent.`

it('the table in the documentation is what was found', context => {
  if (told.size < ids.length) return context.skip('not every scenario was played')
  const made = `${MATRIX_HEADING}\n\n${INTRODUCTION}\n\n\`\`\`text\n${table()}\n\`\`\`\n`
  console.info(made)
  const text = readFileSync(page, { encoding: 'utf8', flag: 'a+' })
  const at = text.indexOf(MATRIX_HEADING)
  if (process.env.UPDATE === '1') writeFileSync(page, (at < 0 ? text : text.slice(0, at)) + made)
  else
    expect(text.slice(at), 'proxy/rules/README.md is stale: run UPDATE=1 vitest run --config e2e/vitest.config.ts e2e/matrix.test.ts').toBe(
      made,
    )
})
