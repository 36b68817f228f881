/** Bytes as a hex dump. Promise: pure; every byte is shown, the printable ASCII ones as themselves. */

/** Lines of `offset  hex  text`, `width` bytes each; `base` is the offset of the first byte. */
export function hexDump(bytes: Uint8Array, width: number, base = 0): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += width) {
    const part = bytes.subarray(at, at + width)
    const hex = Array.from(part, byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = Array.from(part, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${(base + at).toString(16).padStart(6, '0')}  ${hex.padEnd(width * 3 - 1)}  ${text}`)
  }
  return lines
}

const LOOKED_AT = 4096

/** What nobody can read as text: a NUL, or no UTF-8. A character that the end cuts is forgiven. */
export function isBinary(bytes: Uint8Array): boolean {
  const part = bytes.subarray(0, LOOKED_AT)
  if (part.includes(0)) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(part, { stream: true })
    return false
  } catch {
    return true
  }
}
