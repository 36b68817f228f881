/**
 * Base64 of bytes, with what every JavaScript has. Promise: exact both ways; text that is no base64 gives undefined.
 */

const SLICE = 0x8000

/** One character for each byte (code points 0 to 255). */
export function bytesToBinary(bytes: Uint8Array): string {
  if (bytes.length <= SLICE) return String.fromCharCode(...bytes)
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += SLICE) pieces.push(String.fromCharCode(...bytes.subarray(at, at + SLICE)))
  return pieces.join('')
}

/** The reverse; characters beyond 255 lose their upper bits. */
export function binaryToBytes(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}

export function bytesToBase64(bytes: Uint8Array): string {
  return btoa(bytesToBinary(bytes))
}

export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return binaryToBytes(atob(text))
  } catch {
    return undefined
  }
}
