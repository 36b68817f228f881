/** The gate under every order of arrival, leaving and failure. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'

interface Worker {
  finish(): void
  readonly done: Promise<number>
}

function setUp(width: number) {
  const gate = new Gate(width)
  const entered: number[] = []
  const enter = (id: number, signal = new AbortController().signal): Worker => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = gate.run(async () => {
      entered.push(id)
      await promise
      return id
    }, signal)
    done.catch(() => {})
    return { finish: resolve, done }
  }
  return { gate, entered, enter }
}

describe('Gate', () => {
  it('lets no more than its width in, in the order of arrival', async () => {
    const { gate, entered, enter } = setUp(2)
    const workers = [1, 2, 3, 4].map(id => enter(id))
    await turn()
    expect(entered).toEqual([1, 2])
    workers[1]?.finish()
    await turn()
    expect(entered).toEqual([1, 2, 3])
    for (const worker of workers) worker.finish()
    expect(await Promise.all(workers.map(worker => worker.done))).toEqual([1, 2, 3, 4])
    expect(gate.inside).toBe(0)
  })

  it('forgets a waiter that gives up, and gives its place to the next', async () => {
    const { gate, entered, enter } = setUp(1)
    const [first, controller] = [enter(1), new AbortController()]
    const second = enter(2, controller.signal)
    const third = enter(3)
    await turn()
    controller.abort(new Error('left'))
    await expect(second.done).rejects.toThrow('left')
    first.finish()
    await turn()
    expect(entered).toEqual([1, 3])
    third.finish()
    await third.done
    expect(gate.inside).toBe(0)
  })

  it('frees its place when the work fails, and refuses what is aborted already', async () => {
    const { gate } = setUp(1)
    const signal = new AbortController().signal
    await expect(gate.run(() => Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
    await expect(gate.run(() => Promise.resolve(), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    expect(await gate.run(() => Promise.resolve('fine'), signal)).toBe('fine')
    expect(gate.inside).toBe(0)
  })
})
