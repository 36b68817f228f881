/**
 * What is recorded of a connection's two legs: their beginning and their end. Promise: an end says who closed first on that leg, and how.
 */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Actor, Ending, Journal, Leg, OpenEvent } from '../core/event.ts'

/** How a leg ended, and who did it first. */
export interface Fate {
  readonly how: Ending
  readonly by: Actor
  readonly code?: string
  readonly detail?: string
}

/** Ended by us, to pass on what happened on the other leg. */
export const CLOSED: Fate = { how: 'closed', by: 'proxy' }

/** `took`: milliseconds of connecting, on the server's leg. */
export function recordOpen(of: { journal: Journal; name: string }, conn: number, leg: Leg, socket: Socket, took?: number): void {
  of.journal.append({
    kind: 'open',
    conn,
    leg,
    upstream: of.name,
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    remote: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
    ...(took !== undefined && { took }),
    ...(socket instanceof TLSSocket && { tls: tlsOf(socket) }),
  })
}

export function recordClose(of: { journal: Journal }, conn: number, leg: Leg, socket: Socket, fate: Fate): void {
  const sent = Math.max(0, (socket.bytesWritten ?? 0) - socket.writableLength)
  of.journal.append({ kind: 'close', conn, leg, ...fate, received: socket.bytesRead, sent })
}

function tlsOf(socket: TLSSocket): NonNullable<OpenEvent['tls']> {
  const subject = socket.getPeerCertificate().subject?.CN
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    verified: socket.authorized,
    ...(subject !== undefined && { subject: String(subject) }),
  }
}
