/**
 * A Vitest reporter that writes one JSON line per finished test to the file named by SEISMOGRAPH_OUTCOME.
 * Promise: a skip's note survives, and an error outside any test is a failed test of its own.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'
import type { CaseLine } from './outcome.ts'

export default class OutcomeReporter implements Reporter {
  readonly #file = process.env.SEISMOGRAPH_OUTCOME ?? ''

  #write(line: CaseLine): void {
    if (this.#file) appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }

  onInit(): void {
    if (this.#file) writeFileSync(this.#file, '')
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'pending') return
    const name = `${test.module.relativeModuleId} > ${test.fullName}`
    if (result.state === 'skipped') this.#write({ test: name, state: 'skipped', ...(result.note ? { reason: result.note } : {}) })
    else this.#write({ test: name, state: result.state })
  }

  /** A hook that failed: the tests that it should have prepared never ran. */
  onTestSuiteResult(suite: TestSuite): void {
    const name = `${suite.module.relativeModuleId} > ${suite.fullName}`
    for (const error of suite.errors()) this.#write({ test: `${name}: ${error.message.split('\n')[0]}`, state: 'failed' })
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors())
      this.#write({ test: `${module.relativeModuleId}: ${error.message.split('\n')[0]}`, state: 'failed' })
  }

  /** A worker that died says why, and in which file, in the cause alone. */
  onTestRunEnd(_modules: readonly TestModule[], errors: readonly { readonly message?: string; readonly cause?: unknown }[]): void {
    for (const { message, cause } of errors) {
      const why = [message, messageOf(cause)].flatMap(text => text?.split('\n')[0] ?? [])
      this.#write({ test: `outside any test: ${why.join(' ') || 'error'}`, state: 'failed' })
    }
  }
}

const messageOf = (cause: unknown): string | undefined =>
  typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : undefined
