/**
 * Writes a message head as the text that it is. Promise: the head leaves byte for byte; node only learns how the message is framed.
 *
 * Node's own ways to set headers fold case and duplicates, and write some values as UTF-8 or re-encode them. The fields that
 * decide framing go through node, so that it chunks, ends and keeps alive accordingly; then its text is replaced by ours.
 */
import type { ClientRequest, OutgoingMessage, ServerResponse } from 'node:http'
import { type OutgoingHead, pairsOf } from '../core/headers.ts'

interface HeadText {
  _header: string | null
  _storeHeader(firstLine: string, headers: readonly string[]): void
  _writeRaw(text: string, encoding: 'latin1'): void
  _sent100: boolean
}
const textOf = (message: OutgoingMessage) => message as unknown as HeadText

/** What a peer may send; beyond nginx's and node's own limits, so that such a fault can be seen. */
export const MAX_HEAD_BYTES = 32 * 1024

const OWN_FIELDS = ['connection', 'content-length', 'transfer-encoding'] as const

/** Node adds nothing of its own to this message. */
function bare(message: OutgoingMessage): void {
  for (const field of OWN_FIELDS) message.removeHeader(field)
}

export function setRequestHead(request: ClientRequest, line: string, head: OutgoingHead): void {
  bare(request)
  textOf(request)._storeHeader(line, head.framing)
  textOf(request)._header = `${line}\r\n${head.lines}\r\n`
}

/** A final head. Node throws at a status below 100, which a server may send all the same: it is framed like any that has a body. */
export function setResponseHead(response: ServerResponse, status: number, reason: string, head: OutgoingHead): void {
  bare(response)
  response.sendDate = false
  response.writeHead(Math.max(status, 200), '', head.framing as string[])
  textOf(response)._header = `HTTP/1.1 ${String(status).padStart(3, '0')} ${reason}\r\n${head.lines}\r\n`
}

/** An informational head (1xx) before the final one, behind whatever is due to the client before it. */
export function sendInformation(response: ServerResponse, status: number, reason: string, head: OutgoingHead): void {
  const raw = textOf(response)
  raw._writeRaw(`HTTP/1.1 ${status} ${reason}\r\n${head.lines}\r\n`, 'latin1')
  // Node closes after the answer to an Expect that had no 100.
  if (status === 100) raw._sent100 = true
}

const EMPTY = Buffer.alloc(0)

/** Sends the head at once. `flushHeaders` would encode it as UTF-8, which alters latin1 values. */
export function flushHead(message: OutgoingMessage): void {
  message.write(EMPTY)
}

/** Trailers leave only with chunks; elsewhere there is no place for them. */
export function sendTrailers(message: OutgoingMessage, flat: readonly string[]): void {
  if (flat.length > 0 && message.chunkedEncoding) message.addTrailers(pairsOf(flat) as [string, string][])
}
