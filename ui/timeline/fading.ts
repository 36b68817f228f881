/** How the filter shows on the timeline: what it hides is drawn at a quarter, and what is drawn as one only where none of it passes. Promise: of each member of a list the filter is asked once, not once per frame. */
import type { Selection } from '../view.ts'
import type { Among } from './shapes.ts'

type Kind = Selection['kind']
export type Dimmed = (kind: Kind, id: number) => boolean

const FADE = 0.25
const [UNASKED, PASSES, HIDDEN] = [0, 1, 2]

export class Fading {
  readonly #dimmed: Dimmed | undefined
  /** Answers by index of a list. */
  readonly #asked = new WeakMap<readonly number[], Uint8Array>()

  constructor(dimmed: Dimmed | undefined) {
    this.#dimmed = dimmed
  }

  /** Opacity of one thing. */
  of(kind: Kind, id: number): number {
    return this.#dimmed?.(kind, id) ? FADE : 1
  }

  /** Opacity of several that are drawn as one. */
  ofAll(kind: Kind, { times, ids, first, count }: Among): number {
    const dimmed = this.#dimmed
    if (!dimmed) return 1
    const answers = this.#answersOf(times)
    for (let i = first; i < first + count; i++) {
      if (answers[i] === UNASKED) answers[i] = dimmed(kind, ids(i)) ? HIDDEN : PASSES
      if (answers[i] === PASSES) return 1
    }
    return FADE
  }

  #answersOf(list: readonly number[]): Uint8Array {
    const known = this.#asked.get(list)
    if (known && known.length >= list.length) return known
    // Lists grow in place: room for twice as many spares most of the copying.
    const answers = new Uint8Array(list.length * 2)
    if (known) answers.set(known)
    this.#asked.set(list, answers)
    return answers
  }
}
