/** Counting what the runners report. Promise: no failure and no reason for a skip gets lost on the way to the last line. */
import { describe, expect, it } from 'vitest'
import { outcomeOfLines, outcomeOfPlaywright } from './outcome.ts'

describe('outcomeOfLines', () => {
  it('counts states, keeps reasons, and survives a line cut short', () => {
    const text = [
      '{"test":"a","state":"passed"}',
      '{"test":"b","state":"failed"}',
      '{"test":"c","state":"skipped","reason":"no Python"}',
      '{"test":"d","state":"skipped"}',
      '{"test":"e","sta',
    ].join('\n')
    expect(outcomeOfLines(text)).toEqual({
      passed: 1,
      failed: ['b'],
      skipped: [
        { test: 'c', reason: 'no Python' },
        { test: 'd', reason: 'no reason given' },
      ],
    })
  })
})

describe('outcomeOfPlaywright', () => {
  const spec = (title: string, status: 'expected' | 'unexpected' | 'flaky' | 'skipped', note?: string) => ({
    title,
    file: 'page.spec.ts',
    tests: [{ status, annotations: note ? [{ type: 'skip', description: note }] : [], results: [] }],
  })

  it('counts nested suites, and takes flaky for failed', () => {
    const report = {
      suites: [
        {
          title: 'page.spec.ts',
          specs: [spec('opens', 'expected')],
          suites: [
            { title: 'inner', specs: [spec('wobbles', 'flaky'), spec('breaks', 'unexpected'), spec('waits', 'skipped', 'no disk')] },
          ],
        },
      ],
      errors: [{ message: 'no such file\nat x' }],
    }
    expect(outcomeOfPlaywright(report)).toEqual({
      passed: 1,
      failed: ['page.spec.ts > wobbles', 'page.spec.ts > breaks', 'Playwright: no such file'],
      skipped: [{ test: 'page.spec.ts > waits', reason: 'no disk' }],
    })
  })
})
