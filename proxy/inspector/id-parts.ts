/**
 * Finds parts of session ids in a text: a log that is wrapped at a column cuts an id in two. Promise: a part becomes the same part of the
 * pseudonym; only what begins or ends an id and has letters and digits counts as one, so that no word does.
 */

/** Shorter parts would be found in innocent text; as many bytes of an id tell it from others in words of ours (core/words.ts). */
const SHORTEST_PART = 8
/** Whole words with a letter and a digit in them. */
const PART = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}(?![\w-])/g
const MOST_IDS = 2000

export class IdParts {
  readonly #pseudonyms = new Map<string, string>()
  /** Ids by their first characters, and by their last. */
  readonly #ids = new Map<string, string[]>()

  /** `pseudonym` is as long as `id`. */
  add(id: string, pseudonym: string): void {
    if (id.length <= SHORTEST_PART || this.#pseudonyms.has(id) || this.#pseudonyms.size >= MOST_IDS) return
    this.#pseudonyms.set(id, pseudonym)
    for (const end of [id.slice(0, SHORTEST_PART), id.slice(-SHORTEST_PART)]) this.#ids.set(end, [...(this.#ids.get(end) ?? []), id])
  }

  mask(text: string): string {
    return this.#ids.size === 0 ? text : text.replace(PART, part => this.#beginning(part) ?? this.#end(part) ?? part)
  }

  #beginning(part: string): string | undefined {
    const id = this.#ids.get(part.slice(0, SHORTEST_PART))?.find(candidate => candidate.startsWith(part))
    return id && this.#pseudonyms.get(id)?.slice(0, part.length)
  }

  #end(part: string): string | undefined {
    const id = this.#ids.get(part.slice(-SHORTEST_PART))?.find(candidate => candidate.endsWith(part))
    return id && this.#pseudonyms.get(id)?.slice(-part.length)
  }
}
