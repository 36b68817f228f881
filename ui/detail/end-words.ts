/** How the legs of an exchange ended, in words. Promise: pure; where the recording ended first, it says so as the table does. */

import type { End, Exchange } from '../../proxy/core/model.ts'
import { END_NOT_SEEN, howWords } from '../calls/words.ts'
import { offset, size } from '../format.ts'

const HOW: Partial<Record<End['how'], string>> = {
  fin: 'FIN (no terminator)',
  tls: 'TLS failure',
  closed: 'closed to pass on the other side’s end',
}

/** One end with its time and bytes. `past`: the recording has ended, so nothing is open. */
export function endWords(end: End | undefined, zero: number, past: boolean): string {
  if (end === undefined) return past ? END_NOT_SEEN : 'open'
  const how = end.how === 'fin' && end.by === 'client' ? 'FIN' : (HOW[end.how] ?? howWords(end.how))
  return `${how}, by the ${end.by}, at ${offset(end.at - zero)} s, ${size(end.bytes)}`
}

/** Both legs in one line. */
export function legWords({ clientEnd, serverEnd }: Exchange, past: boolean): string {
  if (!clientEnd && !serverEnd) return past ? `${END_NOT_SEEN} on either leg` : 'both legs open'
  const leg = (name: string, end: End | undefined) =>
    `${name} leg: ${end ? `${howWords(end.how)}, by the ${end.by}` : past ? END_NOT_SEEN : 'open'}`
  return `${leg('client', clientEnd)}; ${leg('server', serverEnd)}`
}
