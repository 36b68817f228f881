/**
 * How long this thread has waited for a processor. Promise: tells a busy machine from a slow disk where the system says so (Linux), else undefined.
 */
import { readFileSync } from 'node:fs'

/** Milliseconds since the thread began, in which it could have run and others did (second field of /proc/PID/schedstat, in nanoseconds). */
export function cpuWaitMs(): number | undefined {
  try {
    const waited = Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1])
    return Number.isFinite(waited) ? waited / 1e6 : undefined
  } catch {
    return undefined
  }
}
