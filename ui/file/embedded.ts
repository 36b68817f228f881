/**
 * The recording that lies in the page's own file: JSON lines, gzipped, as base64 in a block of data.
 * Promise: nothing of it is run; a file that was cut or changed is refused with words.
 */
import { base64ToBytes } from '../../proxy/core/base64.ts'
import type { WireEvent } from '../../proxy/core/event.ts'
import { lineToEvent } from '../../proxy/core/lines.ts'

/** The block's id in the document; proxy/inspector/page-file.ts writes it. */
export const BLOCK = 'recording'

/** The block of this document; undefined for the dashboard's page. */
export function embeddedBlock(document: Document): HTMLElement | undefined {
  return document.getElementById(BLOCK) ?? undefined
}

export interface Embedded {
  readonly events: readonly WireEvent[]
  /** What compressed chunks decode to, by the number of their record. */
  readonly decoded: ReadonlyMap<number, Uint8Array>
}

const CUT = 'This file is damaged: its recording cannot be read to its end. Ask for it again.'

/** Reads the events out of a block's text. Rejects with an Error whose message can be shown. */
export async function readEmbedded(base64: string): Promise<Embedded> {
  const events: WireEvent[] = []
  const decoded = new Map<number, Uint8Array>()
  let number = 0
  for await (const line of linesIn(base64)) {
    number++
    if (line === '') continue
    const event = lineToEvent(line, number)
    if ('error' in event) throw new Error(`This file is damaged: its recording has an error in ${event.error}.`)
    events.push(event)
    if (event.kind !== 'chunk' || !line.includes('"decoded":')) continue
    const bytes = base64ToBytes((JSON.parse(line) as { decoded?: string }).decoded ?? '')
    if (bytes) decoded.set(event.seq, bytes)
  }
  if (!events.some(({ kind }) => kind === 'recording')) throw new Error('This file is damaged: the beginning of its recording is missing.')
  return { events, decoded }
}

/** One after the other: all of a long recording would be more than one string may hold. */
async function* linesIn(base64: string): AsyncGenerator<string> {
  const bytes = base64ToBytes(base64)
  if (!bytes) throw new Error(CUT)
  const texts = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).pipeThrough(new TextDecoderStream()).getReader()
  let rest: string[] = []
  for (;;) {
    const { done, value } = await texts.read().catch(() => {
      throw new Error(CUT)
    })
    if (done) break
    const [first = '', ...more] = value.split('\n')
    rest.push(first)
    const last = more.pop()
    if (last === undefined) continue
    yield rest.join('')
    yield* more
    rest = [last]
  }
  yield rest.join('')
}
