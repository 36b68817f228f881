/**
 * Takes the simulator's HTTP requests. Promise: an answer waits as long as the latency says and no longer than its client;
 * one whose client has left is never sent, and each request is counted once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiAnswer, failed } from './answer.ts'
import { answerApi } from './api.ts'
import { answerControl } from './control.ts'
import type { Device } from './device.ts'

/** How long an answer takes: `ms` for each, and `perMegabyteMs` for its size. */
export interface Latency {
  readonly ms: number
  readonly perMegabyteMs: number
}

export interface SimulatorStats {
  /** Requests whose answer has not left yet. */
  readonly inFlight: number
  readonly served: number
  /** Requests whose client left before the answer. */
  readonly abandoned: number
}

/** Vendor documentation: at most 5 MB per request. */
const MAX_REQUEST_BYTES = 5 * 1024 * 1024
const XML = { 'content-type': 'application/xml; charset=UTF-8', 'cache-control': 'no-cache' }

class TooLarge extends Error {}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_REQUEST_BYTES) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export class Listener {
  readonly #device: Device
  latency: Latency
  #inFlight = 0
  #served = 0
  #abandoned = 0

  constructor(device: Device, latency: Latency) {
    this.#device = device
    this.latency = latency
  }

  stats(): SimulatorStats {
    return { inFlight: this.#inFlight, served: this.#served, abandoned: this.#abandoned }
  }

  /** Handles one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://simulator')
    if (url?.pathname.startsWith('/_simulator/')) {
      const { status, body } = answerControl(request, url, this)
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
    } else if (url?.pathname === '/api/' || url?.pathname === '/api') await this.#serve(request, response, url)
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('The XML API is at /api/.\n')
  }

  async #serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    this.#inFlight += 1
    const left = new AbortController()
    response.once('close', () => left.abort())
    try {
      const answer = await this.#answer(request, url)
      await this.#delay(answer, left.signal)
      response.writeHead(answer.httpStatus, { ...XML, 'content-length': Buffer.byteLength(answer.body) }).end(answer.body)
      this.#served += 1
    } catch (error) {
      if (left.signal.aborted || request.destroyed) this.#abandoned += 1
      else if (error instanceof TooLarge) response.writeHead(413, { connection: 'close' }).end()
      else {
        const what = error instanceof Error ? error.message : String(error)
        response.writeHead(500, { 'content-type': 'text/plain' }).end(`The simulator failed: ${what}\n`)
      }
    } finally {
      this.#inFlight -= 1
    }
  }

  async #answer(request: IncomingMessage, url: URL): Promise<ApiAnswer> {
    const parameters = new URLSearchParams(url.searchParams)
    if (request.method === 'POST') {
      for (const [name, value] of new URLSearchParams(await readText(request))) parameters.append(name, value)
    } else if (request.method !== 'GET') return failed(17, `Method ${request.method} is not supported.`)
    const header = request.headers['x-pan-key']
    return answerApi(this.#device, parameters, Array.isArray(header) ? header[0] : header, Date.now())
  }

  async #delay(answer: ApiAnswer, signal: AbortSignal): Promise<void> {
    const wait = Math.round(this.latency.ms + (this.latency.perMegabyteMs * answer.body.length) / 1_000_000)
    if (wait > 0) await sleep(wait, undefined, { signal })
    signal.throwIfAborted()
  }
}
