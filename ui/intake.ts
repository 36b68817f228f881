/**
 * Takes in what the recorder says, and shows it: rows as they come, ten times a second at most; none while the view is paused.
 * Promise: nothing that came is lost to the page, and it keeps no more rows than it can hold.
 */
import type { State } from '../proxy/core/feed.ts'
import type { AnyRow } from '../proxy/core/model.ts'
import type { ConnectionHandlers, Line, Link } from './connection.ts'
import type { Page } from './page.ts'
import { foremost, newest, type Scene } from './scene.ts'
import type { PageState } from './store.ts'

/** Rows that the page keeps of sessions that are no longer shown. */
const KEPT_ROWS = 300_000
const GATHER_MS = 100
/** Rows that wait while the view is paused; beyond them the page loads anew. */
const HELD_ROWS = 200_000

export class Intake {
  readonly #page: Pick<Page, 'rows' | 'news' | 'store' | 'scene' | 'unchoose' | 'searchBodies'>
  readonly #line: Line
  readonly #filled = new Set<number>()
  #held: AnyRow[] = []
  #frame = 0
  #gathering: ReturnType<typeof setTimeout> | undefined
  #shownAt = Number.NEGATIVE_INFINITY
  #started = false
  /** What the page shows unasked is chosen: once all that was there had come. */
  #settled = false
  #watchOrder: number[] = []

  constructor(page: Page, connect: (handlers: ConnectionHandlers) => Line) {
    this.#page = page
    this.#line = connect({
      rows: rows => this.#receive(rows),
      state: state => this.#heard(state),
      link: link => this.#linked(link),
      reset: () => this.#reset(),
      filled: sessions => this.#fill(sessions),
    })
  }

  start(): void {
    this.#line.start()
  }
  stop(): void {
    this.#line.stop()
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#gathering)
  }
  /** Does not wait for the next attempt to reach the recorder. */
  retry(): void {
    this.#line.retryNow()
  }
  get #state(): PageState {
    return this.#page.store.getState()
  }
  #set(patch: Partial<PageState>): void {
    this.#page.store.setState(patch)
  }

  #receive(rows: readonly AnyRow[]): void {
    const { paused } = this.#state
    if (paused) {
      if (this.#held.length <= HELD_ROWS) this.#held.push(...rows)
      this.#set({ paused: { ...paused, held: paused.held + rows.length } })
      return
    }
    const { changed, findings, ended } = this.#page.rows.ingest(rows)
    if (changed === 0) return
    if (this.#started) {
      this.#page.news.tell(...findings.map(one => `New finding: ${one.title}`))
      this.#page.news.tell(...ended.map(one => `Session ${one.key.slice(0, 8)} ended.`))
    }
    this.#gather()
  }

  /** Rows that keep coming are shown together, ten times a second: more nobody reads, and each time costs the whole page. */
  #gather(): void {
    if (this.#gathering !== undefined) return
    const wait = this.#shownAt + GATHER_MS - performance.now()
    if (wait <= 0) this.touch()
    else this.#gathering = setTimeout(() => this.touch(), wait)
  }

  /** All causes within one frame are one; a hidden page gets no frames, and waits. */
  touch(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.#shownAt = performance.now()
      this.#chooseFocus()
      const scene = this.#page.scene()
      this.#watch(scene)
      const loading = !this.#started || scene?.shown.some(one => !this.#filled.has(one.id)) === true
      this.#set({ rev: this.#page.rows.rev, loading })
    })
  }

  #fill(sessions: readonly number[]): void {
    for (const id of sessions) this.#filled.add(id)
    if (this.#state.terms.some(one => one.key === 'body')) this.#page.searchBodies()
    this.touch()
  }

  #heard(server: State): void {
    this.#set({ server, serverAt: performance.now(), outdated: !server.product.includes(__VERSION__) })
    this.touch()
  }

  #linked(link: Link): void {
    if (link.phase === 'live') this.#started = true
    if (link.phase === 'lost' && this.#state.link.phase === 'live')
      this.#page.news.tell(link.ended ? 'The run has ended.' : 'The connection to the recorder is lost.')
    this.#set({ link })
    this.touch()
  }

  #reset(): void {
    this.#page.rows.clear()
    this.#filled.clear()
    this.#held = []
    this.#started = false
    this.#settled = false
    this.#set({ paused: undefined, cleared: new Set(), focus: undefined, unfolded: new Set() })
    this.#page.unchoose()
  }

  /** Of what was there before the page, the worst; then it stays with what is shown; from a session that is none (a health check) it goes to the first real one. */
  #chooseFocus(): void {
    const { focus, address, cleared } = this.#state
    const now = focus === undefined ? undefined : this.#page.rows.sessions.get(focus)
    if (address.session !== undefined || (this.#settled && now && now.transport !== 'other')) return
    const all = [...this.#page.rows.sessions.values()].filter(one => !cleared.has(one.id))
    const next = this.#settled ? newest(all) : foremost(all)
    this.#settled = this.#started && next !== undefined
    if (next !== focus) this.#set({ focus: next })
  }

  /** Asks for the rows of what is shown, and drops those of sessions not looked at for longest when there are too many. */
  #watch(scene: Scene | undefined): void {
    const wanted = scene?.shown.map(one => one.id) ?? []
    this.#line.watch(wanted)
    this.#watchOrder = [...this.#watchOrder.filter(id => !wanted.includes(id)), ...wanted]
    while (this.#page.rows.held > KEPT_ROWS && this.#watchOrder.length > wanted.length) {
      const old = this.#watchOrder.shift()
      if (old === undefined) break
      this.#page.rows.evict(old)
      this.#filled.delete(old)
      this.#line.forget(old)
    }
  }

  /** The pause is over: what came in it is shown. */
  resume(): void {
    // More came than was kept: the recorder has it all.
    if (this.#held.length > HELD_ROWS) location.reload()
    this.#set({ paused: undefined })
    this.#receive(this.#held.splice(0))
    this.touch()
  }
}
