/**
 * Answers `body:` terms: asks the recorder, which has the bodies, and keeps the answers by term.
 * Promise: one question at a time per term, older ones are dropped; an expression is tested against whole texts, not excerpts.
 */
import type { SearchAnswer } from '../proxy/core/feed.ts'
import { literalOf, type Term } from './filter.ts'
import type { Answers } from './recorder.ts'

type Found = ReadonlyMap<string, ReadonlySet<number> | undefined>
/** Bodies that an expression is tested on, at most; each up to this many bytes. */
const TESTED = 200
const TESTED_BYTES = 256 * 1024
const PAUSE_MS = 250

export class BodySearch {
  readonly #recorder: Pick<Answers, 'search' | 'loadBody' | 'loadData'>
  readonly #tell: (found: Found) => void
  #found = new Map<string, ReadonlySet<number> | undefined>()
  #asking: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(recorder: Pick<Answers, 'search' | 'loadBody' | 'loadData'>, tell: (found: Found) => void) {
    this.#recorder = recorder
    this.#tell = tell
  }

  /** The terms of the filter now; questions wait until one has stopped typing. */
  want(terms: readonly Term[], sessions: () => readonly number[]): void {
    const wanted = terms.filter(term => term.key === 'body')
    clearTimeout(this.#timer)
    this.#asking?.abort()
    if (wanted.length === 0) return
    this.#timer = setTimeout(() => void this.#ask(wanted, sessions()), PAUSE_MS)
  }

  async #ask(terms: readonly (Term & { key: 'body' })[], sessions: readonly number[]): Promise<void> {
    const asking = new AbortController()
    this.#asking = asking
    for (const term of terms) {
      try {
        const ids = new Set<number>()
        const text = term.pattern ? literalOf(term.pattern) : term.source
        for (const session of sessions) {
          const { hits } = await this.#recorder.search(text, session, asking.signal)
          for (const hit of hits.slice(0, TESTED))
            if (!term.pattern || (await this.#matches(hit, term.pattern, asking.signal))) ids.add(hit.frame ?? hit.exchange)
        }
        this.#found = new Map([...this.#found].slice(-20)).set(term.source, ids)
      } catch {
        if (asking.signal.aborted) return
        this.#found = new Map(this.#found).set(term.source, new Set())
      }
      this.#tell(this.#found)
    }
  }

  async #matches(hit: SearchAnswer['hits'][number], pattern: RegExp, signal: AbortSignal): Promise<boolean> {
    if (pattern.test(hit.excerpt)) return true
    if (hit.frame !== undefined) return pattern.test((await this.#recorder.loadData(hit.frame, { limit: TESTED_BYTES, signal })).text)
    const { bytes } = await this.#recorder.loadBody(hit.exchange, hit.part, { limit: TESTED_BYTES, signal })
    return pattern.test(new TextDecoder().decode(bytes))
  }
}
