/**
 * Short keyed hashes of secrets.
 * Promise: the same secret bears the same mark within one recording, in what is stored and in what is shown or exported of it; the mark tells nothing else.
 *
 * The key lies beside the recordings and not within them: a recording that is given away carries marks that nobody can test a guess against.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

const SALT_BYTES = 32

/** First 8 hex digits of HMAC-SHA256 under `key` (random unless given). */
export function createFingerprint(key: Uint8Array = randomBytes(SALT_BYTES)): (value: string) => string {
  return value => createHmac('sha256', key).update(value).digest('hex').slice(0, 8)
}

/**
 * The fingerprint of one recording (`<dataDir>/recordings/<id>`), from the data folder's `salt` file and the recording's id.
 * `create` makes the salt if there is none; where there is none and none can be made, the marks are of this process alone.
 */
export function recordingFingerprint(recordingDir: string, create = false): (value: string) => string {
  const dir = resolve(recordingDir)
  const path = join(dirname(dirname(dir)), 'salt')
  const salt = readSalt(path) ?? (create ? makeSalt(path) : undefined) ?? randomBytes(SALT_BYTES)
  return createFingerprint(createHmac('sha256', salt).update(basename(dir)).digest())
}

function readSalt(path: string): Buffer | undefined {
  try {
    const salt = readFileSync(path)
    return salt.length === SALT_BYTES ? salt : undefined
  } catch {
    return undefined
  }
}

function makeSalt(path: string): Buffer | undefined {
  try {
    const salt = randomBytes(SALT_BYTES)
    writeFileSync(path, salt, { flag: 'wx', mode: 0o600 })
    return salt
  } catch {
    // Another run may have made it in the meantime.
    return readSalt(path)
  }
}
