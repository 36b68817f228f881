/** Byte strings as values. Promise: what comes out shares no memory with what went in. */

/** In memory of its own. `slice` would not do: that of a Node Buffer is a view. */
export const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** The parts as one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
