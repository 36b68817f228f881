/** Long computing in pieces. Promise: the server answers others between two pieces, and a caller who has left ends the work. */
import { setImmediate as turn } from 'node:timers/promises'

const PIECE_MS = 20

/**
 * To be called again and again by what computes long: undefined while the piece is short, else a wait that lets others have their turn.
 * It rejects with the signal's reason.
 */
export function inPieces(signal: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < PIECE_MS) return undefined
    return turn().then(() => {
      signal.throwIfAborted()
      since = performance.now()
    })
  }
}
