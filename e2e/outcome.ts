/**
 * What became of tests, whichever runner ran them. Promise: a skipped test keeps its name and its reason, and a run that broke
 * before it could count anything counts as one failure.
 */
export interface Skip {
  readonly test: string
  readonly reason: string
}
export interface Outcome {
  readonly passed: number
  readonly failed: readonly string[]
  readonly skipped: readonly Skip[]
}

export const NO_REASON = 'no reason given'

/** One line of the file that outcome-reporter.ts writes. */
export interface CaseLine {
  readonly test: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly reason?: string
}

/** @param text JSON lines of CaseLine. A line cut short by a killed runner is left out. */
export function outcomeOfLines(text: string): Outcome {
  const lines = text.split('\n').flatMap(line => {
    try {
      return line ? [JSON.parse(line) as CaseLine] : []
    } catch {
      return []
    }
  })
  return {
    passed: lines.filter(line => line.state === 'passed').length,
    failed: lines.filter(line => line.state === 'failed').map(line => line.test),
    skipped: lines.filter(line => line.state === 'skipped').map(line => ({ test: line.test, reason: line.reason ?? NO_REASON })),
  }
}

interface PlaywrightSpec {
  readonly title: string
  readonly file: string
  readonly tests: readonly {
    readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped'
    readonly annotations: readonly { readonly type: string; readonly description?: string }[]
    readonly results: readonly { readonly annotations?: readonly { readonly type: string; readonly description?: string }[] }[]
  }[]
}
interface PlaywrightSuite {
  readonly title: string
  readonly specs?: readonly PlaywrightSpec[]
  readonly suites?: readonly PlaywrightSuite[]
}
export interface PlaywrightReport {
  readonly suites: readonly PlaywrightSuite[]
  readonly errors: readonly { readonly message?: string }[]
}

function specsOf(suite: PlaywrightSuite): readonly PlaywrightSpec[] {
  return [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)]
}

/** Playwright's JSON report. A flaky test is a failure: nothing here may pass only sometimes. */
export function outcomeOfPlaywright(report: PlaywrightReport): Outcome {
  const cases = report.suites.flatMap(specsOf).flatMap(spec => spec.tests.map(test => ({ name: `${spec.file} > ${spec.title}`, test })))
  return {
    passed: cases.filter(({ test }) => test.status === 'expected').length,
    failed: [
      ...cases.filter(({ test }) => test.status === 'unexpected' || test.status === 'flaky').map(({ name }) => name),
      ...report.errors.map(error => `Playwright: ${error.message?.split('\n')[0] ?? 'error without a message'}`),
    ],
    skipped: cases
      .filter(({ test }) => test.status === 'skipped')
      .map(({ name, test }) => {
        const notes = [...test.annotations, ...test.results.flatMap(result => result.annotations ?? [])]
        return { test: name, reason: notes.find(note => note.type === 'skip')?.description ?? NO_REASON }
      }),
  }
}
