/**
 * An answer that the proxy gives itself: a refusal, or the news that the server cannot be reached.
 * Promise: JSON in words that say what to try; the connection ends after it.
 */
import type { FlatHeaders } from '../core/headers.ts'

export interface OwnAnswer {
  readonly status: number
  readonly reason: string
  readonly headers: FlatHeaders
  readonly body: Buffer
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  508: 'Loop Detected',
}

/** `target`: the upstream's origin. */
export function ownAnswer(why: { status: number; code: string; message: string; try: string }, target: string): OwnAnswer {
  const { status, code, message } = why
  const body = Buffer.from(`${JSON.stringify({ error: { code, message, target, try: why.try } })}\n`)
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.length), 'Connection', 'close']
  return { status, reason: REASONS[status] ?? 'Refused', headers, body }
}
