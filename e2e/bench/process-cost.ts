/**
 * What a process has cost so far, from /proc (Linux). Promise: counts the process with its children, and tells the worker threads of Node
 * apart from the rest, because the product interprets what it recorded in one.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface Cost {
  readonly rssBytes: number
  /** Highest resident size since the last `resetPeak`. */
  readonly peakBytes: number
  /** User and system time of all threads. */
  readonly cpuMs: number
  /** The part of it that Node's worker threads used. */
  readonly workerMs: number
  /** The part of it that the main threads used. What is missing are V8's helpers, which compile and collect for main and worker threads alike. */
  readonly mainMs: number
}
/** Linux counts CPU time in ticks of 10 ms. */
const TICK_MS = 10

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
/** Fields of a stat file after the name, which may hold spaces: state is 0, ppid 1, utime 11, stime 12. */
const fields = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')
const timeOf = (stat: string): number => (Number(fields(stat)[11] ?? 0) + Number(fields(stat)[12] ?? 0)) * TICK_MS

function family(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => ({ pid: Number(name), parent: Number(fields(read(`/proc/${name}/stat`))[1]) }))
  const found = [pid]
  for (const one of found) found.push(...parents.filter(({ parent }) => parent === one).map(entry => entry.pid))
  return found
}

function threadTime(pid: number, name: string): number {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .filter(task => read(`/proc/${pid}/task/${task}/comm`).trim() === name)
      .reduce((sum, task) => sum + timeOf(read(`/proc/${pid}/task/${task}/stat`)), 0)
  } catch {
    return 0
  }
}

/** Time of a process's first thread: in nanoseconds where the kernel keeps them, else in ticks. */
function mainTime(pid: number): number {
  const task = `/proc/${pid}/task/${pid}`
  const nanoseconds = Number(read(`${task}/schedstat`).split(' ')[0] || Number.NaN)
  return Number.isNaN(nanoseconds) ? timeOf(read(`${task}/stat`)) : nanoseconds / 1e6
}

/** @param pid 0 for nobody: it costs nothing */
export function costOf(pid: number): Cost {
  if (pid === 0) return { rssBytes: 0, peakBytes: 0, cpuMs: 0, workerMs: 0, mainMs: 0 }
  const all = family(pid).map(one => {
    const status = read(`/proc/${one}/status`)
    const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
    return {
      rssBytes: kilobytes('VmRSS'),
      peakBytes: kilobytes('VmHWM'),
      cpuMs: timeOf(read(`/proc/${one}/stat`)),
      workerMs: threadTime(one, 'WorkerThread'),
      mainMs: mainTime(one),
    }
  })
  const sum = (key: keyof Cost): number => all.reduce((total, cost) => total + cost[key], 0)
  return { rssBytes: sum('rssBytes'), peakBytes: sum('peakBytes'), cpuMs: sum('cpuMs'), workerMs: sum('workerMs'), mainMs: sum('mainMs') }
}

/** Makes `peakBytes` begin at the present size. */
export function resetPeak(pid: number): void {
  for (const one of family(pid)) {
    try {
      writeFileSync(`/proc/${one}/clear_refs`, '5')
    } catch {
      // A child that ended meanwhile has no peak.
    }
  }
}
