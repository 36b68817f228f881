/**
 * The PAN-OS server, and the simulator where wanted, in a thread of their own. Promise: parsing a large configuration (about a second for
 * 40,000 objects) never holds up whoever started them; a crash in there is an `onExit`, not the end of the process.
 */
import { Worker } from 'node:worker_threads'
import type { PanosServerOptions } from './panos-server.ts'
import type { SimulatorOptions } from './simulator/simulator.ts'

export interface ApartOptions {
  readonly server: Omit<PanosServerOptions, 'log'>
  /** Starts a simulator too, and points the server at it in place of what `server.env` names. */
  readonly simulator?: SimulatorOptions
  /** Receives the server's log, line by line. */
  readonly log?: (line: string) => void
  /** The thread ended without `close`: what was wrong. */
  readonly onExit?: (reason: string) => void
}

export interface Apart {
  /** Of the MCP server, without a path. */
  readonly url: string
  readonly port: number
  readonly simulator: { readonly url: string; readonly apiKey: string } | undefined
  /** Changes the simulator's latency, in milliseconds. */
  setLatency(ms: number, perMegabyteMs?: number): void
  close(): Promise<void>
}

export type ToApart = { readonly type: 'latency'; readonly ms: number; readonly perMegabyteMs: number } | { readonly type: 'close' }
export type FromApart =
  | { readonly type: 'ready'; readonly url: string; readonly port: number; readonly simulator: Apart['simulator'] }
  | { readonly type: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly type: 'log'; readonly line: string }

/** Starts both and resolves when the server listens. Rejects with the thread's error, `code` included (EADDRINUSE). */
export function startPanosApart(options: ApartOptions): Promise<Apart> {
  const { log = () => {}, onExit = () => {} } = options
  // Compiled, this file and the worker are JavaScript.
  const file = import.meta.url.endsWith('.ts')
    ? new URL('./apart-worker.ts', import.meta.url)
    : new URL('./apart-worker.js', import.meta.url)
  // A copy of plain values: an environment is not one.
  const setup = { server: { ...options.server, env: { ...options.server.env } }, simulator: options.simulator }
  const worker = new Worker(file, { workerData: setup, execArgv: [] })
  const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()))
  let closing = false
  const send = (message: ToApart): void => worker.postMessage(message)
  const close = async (): Promise<void> => {
    closing = true
    send({ type: 'close' })
    await exited
  }
  return new Promise((resolve, reject) => {
    let reason = 'the thread ended without a word'
    worker.on('error', error => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('message', (said: FromApart) => {
      if (said.type === 'log') log(said.line)
      else if (said.type === 'failed') reject(Object.assign(new Error(said.message), { code: said.code }))
      else {
        const { url, port, simulator } = said
        resolve({ url, port, simulator, close, setLatency: (ms, perMegabyteMs = 0) => send({ type: 'latency', ms, perMegabyteMs }) })
      }
    })
    worker.once('exit', () => {
      // Rejecting after the promise is settled does nothing.
      reject(new Error(reason))
      if (!closing) onExit(reason)
    })
  })
}
