/**
 * One fault, one name. Promise: rules, captures, scenarios and sections of the documentation are the same set, and the documentation
 * is what the rules say. `UPDATE=1` rewrites it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { documentationOf, MATRIX_HEADING } from '../proxy/rules/documentation.ts'
import { rules } from '../proxy/rules/index.ts'
import { loadScenario, scenarioIds } from '../server/scenarios/index.ts'
import { root } from './program.ts'

const page = join(root, 'proxy', 'rules', 'README.md')
const ids = rules.map(({ id }) => id)
const captures = readdirSync(join(root, 'proxy', 'captures')).flatMap(file => /^(.+)\.md$/.exec(file)?.[1] ?? [])
/** Captures of no fault. */
const NO_FAULT = new Set(['healthy', 'fold', 'README'])

describe('one fault, one name', () => {
  it('no rule is there twice', () => expect(ids).toEqual([...new Set(ids)]))

  it('each rule lies in the file of its name', () => {
    const files = readdirSync(join(root, 'proxy', 'rules'))
    expect(ids.filter(id => !files.includes(`${id}.ts`))).toEqual([])
  })

  it('rules are captures', () => {
    const subjects = new Set(captures.map(name => name.split('.')[0] ?? '').filter(name => !NO_FAULT.has(name)))
    expect([...subjects].sort()).toEqual(ids.toSorted())
  })

  it('rules are scenarios', () => expect(scenarioIds).toEqual(ids.toSorted()))

  it('each scenario says in one line what happens', async () => {
    for (const { id, story } of await Promise.all(scenarioIds.map(loadScenario))) {
      expect(story, id).toMatch(/^\S[^\n]{20,140}\.$/)
    }
  })

  it('rules are sections of the documentation', () => {
    const text = readFileSync(page, 'utf8')
    const sections = [...text.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, id]) => id)
    expect(sections).toEqual(ids)
  })
})

it('the documentation is what the rules say', () => {
  const text = readFileSync(page, { encoding: 'utf8', flag: 'a+' })
  const at = text.indexOf(MATRIX_HEADING)
  const made = documentationOf(rules, captures)
  if (process.env.UPDATE === '1') writeFileSync(page, made + (at < 0 ? '' : text.slice(at)))
  else
    expect(
      text.slice(0, at),
      'proxy/rules/README.md is stale: run UPDATE=1 vitest run --config e2e/vitest.config.ts e2e/rules.test.ts',
    ).toBe(made)
})
