/** The wait for a processor grows while others have it, and is none of a thread that sleeps. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { cpuWaitMs } from './cpu-wait.ts'

const SOURCE = '/proc/thread-self/schedstat'

const spin = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('grows while more want to run than can', async ({ skip }) => {
  skip(!existsSync(SOURCE), `this system does not tell it: there is no ${SOURCE}`)
  const others = Array.from({ length: availableParallelism() * 3 }, () =>
    spawn(process.execPath, ['-e', 'const until = Date.now() + 3000; console.log(1); while (Date.now() < until);'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  await Promise.all(others.map(child => new Promise(resolve => child.stdout?.once('data', resolve))))
  const before = cpuWaitMs() ?? Number.NaN
  spin(800)
  const after = cpuWaitMs() ?? Number.NaN
  for (const child of others) child.kill('SIGKILL')
  expect(after - before).toBeGreaterThan(50)
})

test('is unknown elsewhere', ({ skip }) => {
  skip(existsSync(SOURCE), `this system tells it: ${SOURCE}`)
  expect(cpuWaitMs()).toBeUndefined()
})
