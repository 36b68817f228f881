/**
 * Short keyed hashes of secrets: the same secret bears the same mark within one recording or one export, and the mark tells nothing else.
 */
import { createHmac, randomBytes } from 'node:crypto'

/** First 8 hex digits of HMAC-SHA256 under `salt` (random unless given). */
export function createFingerprint(salt: Uint8Array = randomBytes(32)): (value: string) => string {
  return value => createHmac('sha256', salt).update(value).digest('hex').slice(0, 8)
}
