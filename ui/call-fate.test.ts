import { describe, expect, it } from 'vitest'
import { callEnd, fateOf, fateText, isFailedCall, lostFrom } from './call-fate.ts'
import { at, call } from './timeline/story.fixture.ts'

const LIMIT = { at: at(60.6), seq: 97, reason: 'McpError: MCP error -32001: Request timed out' }
const STOPPED = { at: at(60.6), seq: 97, reason: 'User stopped the task' }
const made = (answered?: number, over = {}) => call(1, 2, 0, answered, 'slow', over)

describe('a client that gives up by its own limit, and says so', () => {
  it('throws away an answer that comes later', () => {
    const late = made(94.7, { cancelled: LIMIT })
    expect([fateOf(late), lostFrom(late), callEnd(late), isFailedCall(late)]).toEqual(['late', at(60.6), at(94.7), true])
  })
  it('waits no more where none has come, whatever ends its session later', () => {
    const given = made(undefined, { cancelled: LIMIT, delivery: 'cancelled', brokenAt: at(300) })
    expect([fateOf(given), lostFrom(given), callEnd(given), fateText(given)]).toEqual(['lost', at(60.6), at(60.6), 'given up'])
    expect(fateOf({ ...given, delivery: 'pending' })).toBe('lost')
  })
  it('and leaves with it, gave up first', () => {
    const left = made(71, { cancelled: LIMIT, delivery: 'undeliverable', brokenAt: at(60.61) })
    expect([fateOf(left), lostFrom(left)]).toEqual(['late', at(60.6)])
  })
  it('got no answer by an error that only confirms the cancellation', () => {
    const confirmed = made(60.604, { cancelled: LIMIT, error: { code: 0, message: 'Request cancelled' } })
    expect(fateOf(confirmed)).toBe('lost')
  })
})

describe('a person who cancels', () => {
  it('reaches no limit and breaks nothing', () => {
    for (const stopped of [
      made(undefined, { cancelled: STOPPED, delivery: 'cancelled', brokenAt: at(300) }),
      made(undefined, { cancelled: STOPPED }),
      made(60.604, { cancelled: STOPPED, error: { code: 0, message: 'Request cancelled' } }),
      made(78, { cancelled: STOPPED }),
    ]) {
      expect([fateOf(stopped), lostFrom(stopped), isFailedCall(stopped), fateText(stopped)]).toEqual([
        'untold',
        undefined,
        false,
        'cancelled',
      ])
    }
    expect(callEnd(made(undefined, { cancelled: STOPPED, delivery: 'cancelled', brokenAt: at(300) }))).toBe(at(60.6))
  })
})

describe('the other fates', () => {
  it('are told apart', () => {
    expect(fateOf(made(5))).toBe('answered')
    expect(fateOf(made(5, { toolError: 'no such host' }))).toBe('answered')
    expect(fateOf(made(5, { error: { code: -32602, message: 'invalid' } }))).toBe('failed')
    expect(fateOf(made(71, { delivery: 'undeliverable', brokenAt: at(60) }))).toBe('late')
    expect(fateOf(made(undefined, { delivery: 'undeliverable', brokenAt: at(60) }))).toBe('lost')
    expect(fateOf(made(undefined, { delivery: 'unanswered' }))).toBe('lost')
    expect(fateOf(made())).toBe('open')
  })
  it('are not those of what the end of a recording hides', () => {
    const unseen = made(undefined, { delivery: 'unknown', brokenAt: at(60) })
    expect([fateOf(unseen), lostFrom(unseen), callEnd(unseen)]).toEqual(['untold', undefined, at(60)])
  })
})

describe('the end of a bar', () => {
  it('is its answer, its break, or still to come', () => {
    expect(callEnd(made())).toBe(Number.POSITIVE_INFINITY)
    expect(callEnd(made(5, { brokenAt: at(3) }))).toBe(at(5))
    expect(callEnd(made(undefined, { brokenAt: at(3), delivery: 'undeliverable' }))).toBe(at(3))
    expect(callEnd(made(undefined, { delivery: 'unknown', acceptedAt: at(0.1) }))).toBe(at(0.1))
  })
})
