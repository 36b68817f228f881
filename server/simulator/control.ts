/**
 * The simulator's own knobs beside the API: latency, faults and job times while it runs, and `GET /_simulator/stats`.
 * Promise: they are for programs on this machine, never for a page in a browser.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../panos/settings.ts'
import type { Device } from './device.ts'
import { FAULTS, type Faults, readFault } from './faults.ts'
import type { Latency, SimulatorStats } from './listener.ts'
import { knownCommands } from './operational.ts'

export interface ControlAnswer {
  readonly status: number
  /** Sent as JSON. */
  readonly body: object
}

export interface Controlled {
  latency: Latency
  readonly faults: Faults
  readonly device: Device
  stats(): SimulatorStats
}

const MAX_LATENCY_MS = 600_000

const bare = (address: string): string => address.replace(/^::ffff:|^\[|\]$/g, '')

function allowed(request: IncomingMessage): boolean {
  const asked = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? ''
  return isLoopback(bare(request.socket.remoteAddress ?? '')) && isLoopback(bare(asked)) && request.headers.origin === undefined
}

/** Names in the query, in the latency, and the largest value. */
const LATENCY = [
  ['ms', 'ms', MAX_LATENCY_MS],
  ['per-mb', 'perMegabyteMs', MAX_LATENCY_MS],
  ['jitter', 'jitterMs', MAX_LATENCY_MS],
  ['drip', 'dripBytesPerSecond', 1_000_000_000],
  ['slow-beyond', 'slowBeyond', 1000],
] as const

function setLatency(query: URLSearchParams, simulator: Controlled): ControlAnswer {
  const latency: Record<string, number> = { ...simulator.latency }
  for (const [name, field, most] of LATENCY) {
    const text = query.get(name)
    if (text === null) continue
    const value = Number(text)
    if (text.trim() === '' || !(value >= 0 && value <= most))
      return {
        status: 400,
        body: {
          error: `ms, per-mb and jitter take milliseconds from 0 to ${MAX_LATENCY_MS}; drip takes bytes per second, slow-beyond a number of requests.`,
        },
      }
    latency[field] = value
  }
  simulator.latency = latency as unknown as Latency
  return { status: 200, body: { latency: simulator.latency } }
}

function setFault(query: URLSearchParams, simulator: Controlled): ControlAnswer {
  if (query.has('clear')) simulator.faults.clear()
  for (const text of query.getAll('set')) {
    const wanted = readFault(text)
    if (!wanted) return { status: 400, body: { error: `A fault is one of ${FAULTS.join(', ')}, with :COUNT for so many requests.` } }
    simulator.faults.set(wanted.fault, wanted.count)
  }
  return { status: 200, body: { faults: simulator.faults.active() } }
}

function setJobs(query: URLSearchParams, { device }: Controlled): ControlAnswer {
  const read = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined)
  const [commit, log] = [read('commit-ms'), read('log-ms')]
  if ([commit, log].some(value => value !== undefined && !(value >= 0 && value <= 3_600_000)))
    return { status: 400, body: { error: 'commit-ms and log-ms take milliseconds from 0 to 3600000.' } }
  for (const each of [device, ...device.managed.values()]) {
    each.commitMs = commit ?? each.commitMs
    each.logJobs.takesMs = log ?? each.logJobs.takesMs
  }
  return { status: 200, body: { commitMs: device.commitMs, logMs: device.logJobs.takesMs } }
}

export function answerControl(request: IncomingMessage, url: URL, simulator: Controlled): ControlAnswer {
  if (!allowed(request)) return { status: 403, body: { error: 'Only programs on this machine may control the simulator.' } }
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /_simulator/stats':
      return { status: 200, body: { ...simulator.stats(), latency: simulator.latency, faults: simulator.faults.active() } }
    case 'GET /_simulator/commands':
      return { status: 200, body: { commands: knownCommands(simulator.device) } }
    case 'POST /_simulator/latency':
      return setLatency(url.searchParams, simulator)
    case 'POST /_simulator/faults':
      return setFault(url.searchParams, simulator)
    case 'POST /_simulator/jobs':
      return setJobs(url.searchParams, simulator)
    default:
      return {
        status: 404,
        body: {
          error:
            'Use POST /_simulator/latency?ms=1500, /_simulator/faults?set=cut:1, /_simulator/jobs?commit-ms=5000, or GET /_simulator/stats and /_simulator/commands.',
        },
      }
  }
}
