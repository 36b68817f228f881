/**
 * Recorded text without the characters that turn the direction of what follows. Promise: what one reads stands in the order in which
 * it was sent; each such character is shown by its number. (Unicode TR 36, 3.1: bidirectional text spoofing.)
 */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g

/** A tool named "U+202E" and "evil" would else read "live". */
export const plainText = (text: string): string =>
  text.replace(TURNS, one => `\u27e8U+${one.charCodeAt(0).toString(16).toUpperCase()}\u27e9`)

/** A JSON value out of text that came from the wire, with all its strings made plain. */
export const plainJson = <T>(text: string): T => JSON.parse(plainText(text)) as T
