/** The scenarios, by name. Promise: every file of this folder that is named for a fault is one, and is loaded only when it is asked for. */
import { readdirSync } from 'node:fs'
import type { Scenario } from './scenario.ts'

const NO_SCENARIO = new Set(['index', 'scenario'])
const FILE = /^([a-z0-9-]+)\.(?:ts|js)$/

/** Ids in alphabetical order. */
export const scenarioIds: readonly string[] = readdirSync(import.meta.dirname)
  .flatMap(file => FILE.exec(file)?.[1] ?? [])
  .filter(name => !NO_SCENARIO.has(name))
  .sort()

/** The scenario of this id, which has to be one of `scenarioIds`. Throws an Error when its file does not hold it. */
export async function loadScenario(id: string): Promise<Scenario> {
  // Compiled, this file and the scenarios are JavaScript.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const { scenario } = (await import(new URL(`./${id}.${ending}`, import.meta.url).href)) as { scenario?: Scenario }
  if (scenario?.id !== id) throw new Error(`server/scenarios/${id}.ts has to export a scenario with the id "${id}"`)
  return scenario
}
