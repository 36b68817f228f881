/** Proves how rules are applied: a failing rule harms nobody, one cause is one finding, and each rule has its words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MESSAGES, openSse, tool, WireScript } from '../captures/wire-script.ts'
import type { Facts } from '../core/facts.ts'
import { judge, rules } from './index.ts'
import type { Rule, Verdict } from './rule.ts'

function facts(): Facts {
  const wire = new WireScript()
  openSse(wire).conn.post(MESSAGES, tool(1)).answer(202)
  return wire.fold.facts(wire.row('session').id, wire.at) as Facts
}
const verdict = (more: Partial<Verdict> = {}): Verdict => ({
  confidence: 'certain',
  at: 1,
  title: 't',
  says: 's',
  cause: 'c',
  fix: ['f'],
  evidence: [],
  ...more,
})
const rule = (id: string, check: Rule['check']): Rule => ({
  id,
  severity: 'warning',
  title: id,
  why: 'w',
  signature: 's',
  fix: 'f',
  references: [],
  check,
})

describe('judge', () => {
  it('reports a rule that throws as a value, and applies the others', () => {
    const all = [
      rule('bad', () => {
        throw new TypeError('no such row')
      }),
      rule('good', () => [verdict()]),
    ]
    expect(judge(facts(), all)).toMatchObject({
      findings: [{ rule: 'good', severity: 'warning' }],
      failures: [{ rule: 'bad', error: 'no such row' }],
    })
  })

  it('gives one finding for one cause, under a key that stays the same', () => {
    const all = [
      rule('twice', () => [
        verdict({ call: 5, title: 'first' }),
        verdict({ call: 5, title: 'again' }),
        verdict({ call: 6, severity: 'error' }),
      ]),
    ]
    const { findings } = judge(facts(), all)
    expect(findings.map(({ title, severity }) => [title, severity])).toEqual([
      ['first', 'warning'],
      ['t', 'error'],
    ])
    expect(judge(facts(), all).findings.map(({ key }) => key)).toEqual(findings.map(({ key }) => key))
  })
})

describe('rules', () => {
  it('are the rule files of this folder, each under its own name', () => {
    const isRule = (name: string) =>
      /(?<!\.test)\.ts$/.test(name) && readFileSync(join(import.meta.dirname, name), 'utf8').includes(': Rule = {')
    const files = readdirSync(import.meta.dirname).filter(isRule)
    expect(rules.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort())
  })

  it('have the words that a person needs', () => {
    for (const { id, title, why, signature, fix, references } of rules) {
      for (const words of [title, why, signature, fix]) expect(words.length, id).toBeGreaterThan(15)
      expect(references.length, id).toBeGreaterThan(0)
      expect(
        references.every(reference => /^([\w.-]+\/[\w.-]+#\d+|https:\/\/\S+)$/.test(reference)),
        id,
      ).toBe(true)
    }
  })

  it('find nothing in an empty session', () => {
    const wire = new WireScript()
    wire.connect().get('/sse')
    expect(judge(wire.fold.facts(wire.row('session').id, 1e9) as Facts)).toEqual({ findings: [], failures: [] })
  })
})
