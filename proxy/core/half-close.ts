/**
 * What becomes of bytes that go to a client that has sent FIN. Promise: it is said to read on only where its system took bytes for so
 * long that a client that had gone would have refused them with a reset.
 *
 * FIN alone does not tell: who closes a connection sends it, and so does who only sends no more. A client that has gone answers the
 * first bytes that reach it with a reset, which the next write meets. One write alone proves nothing.
 */
import { isLoopback } from './nearness.ts'
import type { ExchangeState } from './state.ts'

/** A reset is back within this time, from this machine and from elsewhere (ms). */
const SPAN_NEAR = 50
const SPAN_FAR = 1_000

const isNear = ({ conn }: ExchangeState): boolean => isLoopback(conn.client.address)

/** Bytes came for a client; true where they show for the first time that it reads on. */
export function tookAfterFin(x: ExchangeState, at: number): boolean {
  const { row, conn } = x
  if (row.clientEnd?.by !== 'client' || row.clientEnd.how !== 'fin' || conn.clientClosed || row.afterFin !== undefined) return false
  x.after ??= { from: at, again: undefined }
  const { from, again } = x.after
  const span = isNear(x) ? SPAN_NEAR : SPAN_FAR
  if (again === undefined) {
    if (at - from >= span) x.after.again = at
    return false
  }
  if (at - again < span || !isNear(x)) return false
  row.afterFin = 'read'
  return true
}

/** The client's connection is over; `isReset`: a reset came on it. */
export function settleAfterFin(x: ExchangeState, isReset: boolean): void {
  if (!x.after || x.row.afterFin !== undefined) return
  // From elsewhere, no reset may also mean that nobody was there to send one.
  const lasting = isNear(x) ? 'read' : 'unclear'
  // A connection whose beginning is missing from the journal may have come from anywhere.
  const short = x.conn.client.address === '' ? 'unclear' : 'taken'
  x.row.afterFin = isReset ? 'reset' : x.after.again === undefined ? short : lasting
}

/** What is sent now reaches the client, as far as is known. */
export const reaches = ({ row }: ExchangeState): boolean =>
  row.clientEnd === undefined || row.clientEnd.how === 'complete' || row.afterFin === 'read'
