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
import { Dice } from './dice.ts'
import { type Fault, Faults } from './faults.ts'
import type { Upload } from './files.ts'
import { boundaryOf, readForm } from './multipart.ts'

/** How long an answer takes: `ms` for each, and `perMegabyteMs` for its size. */
export interface Latency {
  readonly ms: number
  readonly perMegabyteMs: number
  /** Up to so much more, by chance from the seed. */
  readonly jitterMs?: number
  /** The body trickles out at this rate; 0 or absent sends it at once. */
  readonly dripBytesPerSecond?: number
  /** With more requests than this at once, each takes `slowByMs` longer for every one beyond; 0 or absent is off. */
  readonly slowBeyond?: number
  /** A second where absent. */
  readonly slowByMs?: number
}

export interface SimulatorStats {
  /** Requests whose answer has not left yet. */
  readonly inFlight: number
  readonly served: number
  /** Requests whose client left before the answer. */
  readonly abandoned: number
}

/** Vendor documentation: at most 5 MB per request; files may be larger. */
const MAX_REQUEST_BYTES = 5 * 1024 * 1024
const MAX_UPLOAD_BYTES = 64 * 1024 * 1024
const MAX_HANG_MS = 600_000
const XML = { 'content-type': 'application/xml; charset=UTF-8', 'cache-control': 'no-cache' }

/** A file to keep, as exports are sent. */
const attachment = (name: string) => ({
  'content-type': 'application/octet-stream',
  'content-disposition': `attachment; filename=${name.replace(/[^\w.-]/g, '_')}`,
})

class TooLarge extends Error {}

async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > most) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const GATEWAY = '<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'

/** What a fault makes of an answer. */
function spoiled(answer: ApiAnswer, fault: Fault | undefined): ApiAnswer {
  if (fault === 'bad-gateway') return { httpStatus: 502, body: GATEWAY }
  if (fault === 'session-timeout') return failed(22, 'Session timed out')
  if (fault === 'internal-error') return failed(11, 'Internal error')
  if (fault === 'truncate') return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length * 0.6)) }
  return answer
}

export class Listener {
  readonly device: Device
  readonly faults = new Faults()
  readonly #dice: Dice
  latency: Latency
  #inFlight = 0
  #served = 0
  #abandoned = 0

  constructor(device: Device, latency: Latency) {
    this.device = device
    this.#dice = new Dice(device.seed)
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
      const fault = this.faults.take()
      // What a device that never answers would have done stays undone.
      if (fault === 'hang') await sleep(MAX_HANG_MS, undefined, { signal: left.signal })
      const answer = spoiled(await this.#answer(request, url), fault)
      await this.#delay(answer, left.signal)
      await this.#send(response, answer, fault, left.signal)
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
    let file: Upload | undefined
    if (request.method === 'POST') {
      const boundary = boundaryOf(request.headers['content-type'])
      const body = await readBody(request, boundary === undefined ? MAX_REQUEST_BYTES : MAX_UPLOAD_BYTES)
      const form = boundary === undefined ? { fields: new URLSearchParams(body.toString('utf8')) } : readForm(body, boundary)
      for (const [name, value] of form.fields) parameters.append(name, value)
      file = 'file' in form ? form.file : undefined
    } else if (request.method !== 'GET') return failed(17, `Method ${request.method} is not supported.`)
    const header = request.headers['x-pan-key']
    return answerApi(this.device, parameters, Array.isArray(header) ? header[0] : header, Date.now(), file)
  }

  async #delay(answer: ApiAnswer, signal: AbortSignal): Promise<void> {
    const { ms, perMegabyteMs, jitterMs = 0, slowBeyond = 0, slowByMs = 1000 } = this.latency
    const crowd = slowBeyond > 0 ? Math.max(0, this.#inFlight - slowBeyond) * slowByMs : 0
    const jitter = jitterMs > 0 ? this.#dice.below(jitterMs + 1) : 0
    const wait = Math.round(ms + jitter + crowd + (perMegabyteMs * answer.body.length) / 1_000_000)
    if (wait > 0) await sleep(wait, undefined, { signal })
    signal.throwIfAborted()
  }

  async #send(response: ServerResponse, answer: ApiAnswer, fault: Fault | undefined, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(answer.body)
    const type =
      fault === 'bad-gateway' ? { 'content-type': 'text/html' } : answer.download === undefined ? XML : attachment(answer.download)
    response.writeHead(answer.httpStatus, { ...type, 'content-length': body.length })
    if (fault === 'cut') {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
      return
    }
    const { dripBytesPerSecond: rate = 0 } = this.latency
    const slice = Math.max(1, Math.ceil(rate / 20))
    for (let at = 0; rate > 0 && at + slice < body.length; at += slice) {
      response.write(body.subarray(at, at + slice))
      await sleep(50, undefined, { signal })
      if (at + 2 * slice >= body.length) return void response.end(body.subarray(at + slice))
    }
    response.end(body)
  }
}
