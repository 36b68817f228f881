/**
 * The simulator's own knobs beside the API: `POST /_simulator/latency?ms=…&per-mb=…` and `GET /_simulator/stats`.
 * Promise: they are for programs on this machine, never for a page in a browser.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../panos/settings.ts'
import type { Latency, SimulatorStats } from './listener.ts'

export interface ControlAnswer {
  readonly status: number
  /** Sent as JSON. */
  readonly body: object
}

export interface Controlled {
  latency: Latency
  stats(): SimulatorStats
}

export const MAX_LATENCY_MS = 600_000

const bare = (address: string): string => address.replace(/^::ffff:|^\[|\]$/g, '')

function allowed(request: IncomingMessage): boolean {
  const asked = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? ''
  return isLoopback(bare(request.socket.remoteAddress ?? '')) && isLoopback(bare(asked)) && request.headers.origin === undefined
}

function readLatency(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback
  const value = Number(text)
  return text.trim() !== '' && value >= 0 && value <= MAX_LATENCY_MS ? value : undefined
}

export function answerControl(request: IncomingMessage, url: URL, simulator: Controlled): ControlAnswer {
  if (!allowed(request)) return { status: 403, body: { error: 'Only programs on this machine may control the simulator.' } }
  const asked = `${request.method} ${url.pathname}`
  if (asked === 'GET /_simulator/stats') return { status: 200, body: { ...simulator.stats(), latency: simulator.latency } }
  if (asked !== 'POST /_simulator/latency')
    return { status: 404, body: { error: 'Use POST /_simulator/latency?ms=1500 or GET /_simulator/stats.' } }
  const ms = readLatency(url.searchParams.get('ms'), simulator.latency.ms)
  const perMegabyteMs = readLatency(url.searchParams.get('per-mb'), simulator.latency.perMegabyteMs)
  if (ms === undefined || perMegabyteMs === undefined) {
    return { status: 400, body: { error: `ms and per-mb take milliseconds from 0 to ${MAX_LATENCY_MS}.` } }
  }
  simulator.latency = { ms, perMegabyteMs }
  return { status: 200, body: { latency: simulator.latency } }
}
