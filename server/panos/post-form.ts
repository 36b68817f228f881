/**
 * One HTTP POST to the XML API. Promise: the key travels in the `X-PAN-KEY` header only, an abort closes the connection at once,
 * redirects are not followed, and every way to fail is a PanosError or the signal's reason.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { PanosError } from './panos-error.ts'
import { openSecureSocket } from './secure-socket.ts'
import type { PanosSettings } from './settings.ts'

export interface PostAnswer {
  readonly status: number
  readonly body: string
}

/** A whole candidate configuration of a large device is about 35 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** Turns a system error into what it means for somebody who looks for the cause. */
function unreachable(error: unknown, settings: PanosSettings): PanosError {
  const code = codeOf(error)
  const place = `${settings.host}:${settings.port}`
  if (/^(?:ERR_SSL|EPROTO|ERR_TLS)/.test(code)) {
    return new PanosError({
      kind: 'tls',
      message: `TLS with ${place} failed (${code}).`,
      hint: 'Check that the port speaks TLS and that the device allows TLS 1.2 or newer.',
    })
  }
  const [message, hint] =
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? [`The name ${settings.host} cannot be resolved (${code}).`, 'Check PANOS_HOSTNAME and the DNS of this machine.']
      : code === 'ECONNREFUSED'
        ? [
            `${place} refuses connections (${code}).`,
            'Check the port, and that HTTPS is enabled on the management interface for this address.',
          ]
        : [
            `The connection to ${place} failed (${code || (error instanceof Error ? error.message : String(error))}).`,
            'Check the route to the management interface and its list of permitted addresses.',
          ]
  return new PanosError({ kind: 'unreachable', message, hint, retryable: true })
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) {
      throw new PanosError({
        kind: 'too-large',
        message: `The answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB.`,
        hint: 'Ask for a smaller part of the configuration.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function open(settings: PanosSettings, form: string, apiKey: string | undefined, signal: AbortSignal): Promise<ClientRequest> {
  const options: RequestOptions = {
    method: 'POST',
    host: settings.host,
    port: settings.port,
    path: '/api/',
    signal,
    headers: {
      host: `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}${/^(?:443|80)$/.test(String(settings.port)) ? '' : `:${settings.port}`}`,
      ...(apiKey !== undefined && { 'x-pan-key': apiKey }),
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(form),
      accept: 'application/xml',
      connection: 'close',
    },
  }
  if (settings.protocol === 'http:') return httpRequest({ ...options, agent: false })
  const socket = await openSecureSocket(settings, signal)
  return httpRequest({ ...options, createConnection: () => socket })
}

function answerTo(request: ClientRequest, form: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    // Stays after the first error: a reset can follow one.
    request.on('error', reject)
    request.end(form)
  })
}

/** Posts one form and reads the whole answer. `signal` ends it at any point; its reason is then what this rejects with. */
export async function postForm(
  settings: PanosSettings,
  form: string,
  apiKey: string | undefined,
  signal: AbortSignal,
): Promise<PostAnswer> {
  signal.throwIfAborted()
  try {
    const request = await open(settings, form, apiKey, signal)
    const response = await answerTo(request, form)
    try {
      return { status: response.statusCode ?? 0, body: await readBody(response) }
    } finally {
      request.destroy()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof PanosError) throw error
    throw unreachable(error, settings)
  }
}
