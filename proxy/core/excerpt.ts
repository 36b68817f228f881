/** The words around a search's hit. Promise: one line of at most about 200 characters, with the hit in it. */

const BEFORE = 60
const SHOWN = 200

/** @param text what is shown of the text, masked; `needle` is looked for whatever its case */
export function excerpt(text: string, needle: string): string {
  const at = Math.max(0, text.toLowerCase().indexOf(needle.toLowerCase()) - BEFORE)
  const words = text.slice(at, at + SHOWN).replace(/\s+/g, ' ')
  return `${at > 0 ? '…' : ''}${words}${at + SHOWN < text.length ? '…' : ''}`
}
