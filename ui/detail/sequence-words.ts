/** A moment's words in lines, for the drawing of a sequence. Promise: pure; no line is longer than its room, whatever the words are. */
import type { Moment } from './sequence-model.ts'

export interface Line {
  readonly text: string
  readonly tone: 'strong' | 'fail' | 'quiet'
}

/** Widths of a character in px, rather too wide: letters in bold, and small ones. */
const STRONG = 6.6
const QUIET = 5.8

/** The name of a rung with what it says, or how long was waited. `room`: px from their left edge to the client's lifeline. */
export function linesOf({ rung, wait }: Moment, room: number): readonly Line[] {
  const quiet = (text: string): Line[] => wrapped(text, room / QUIET).map(line => ({ text: line, tone: 'quiet' }))
  if (wait) return quiet(wait.says)
  if (!rung) return []
  const tone = rung.kind === 'break' ? 'fail' : 'strong'
  return [...wrapped(rung.name, room / STRONG).map((text): Line => ({ text, tone })), ...quiet(rung.says)]
}

/** In lines of at most so many characters; only a word that is longer is cut. */
function wrapped(text: string, characters: number): readonly string[] {
  const most = Math.max(1, Math.floor(characters))
  return text.match(new RegExp(`\\S.{0,${most - 1}}(?=\\s|$)|\\S{${most}}`, 'g')) ?? []
}
