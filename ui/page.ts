/**
 * What the page can do: joins the rows, the store and the address.
 * Promise: every change of what is shown goes through `change`, so that the address always tells it.
 */
import type { Severity } from '../proxy/core/model.ts'
import type { Address } from './address.ts'
import { AddressBar } from './address-bar.ts'
import { BodySearch } from './body-search.ts'
import type { ConnectionHandlers, Line } from './connection.ts'
import { parseFilter } from './filter.ts'
import { Intake } from './intake.ts'
import { News } from './news.ts'
import type { Answers } from './recorder.ts'
import { Rows, recordingOf } from './rows.ts'
import { aired, breakRange, isOpen, momentOf, type Scene, sceneOf, spanOf } from './scene.ts'
import { createPageStore, type PageState, type PageStore } from './store.ts'
import { callsOf, tableTabFor } from './table-tab.ts'
import { applyTheme, onSystemTheme, resolveTheme, storedTheme, type ThemeChoice } from './theme.ts'
import { zoomStep } from './timeline/fit.ts'
import { panRange } from './timeline/scale.ts'
import type { Range, Selection, Zero } from './view.ts'

/** All of what is shown, from its start, following it while it lives. */
const ALL: Partial<Address> = { range: undefined, zero: 'session', zeroAt: undefined, follow: true }

/** They look the same; what still goes on has grown a little since it was fitted. */
const alike = (a: Range, b: Range): boolean => Math.abs(a.from - b.from) + Math.abs(a.to - b.to) < (b.to - b.from) * 0.05

function filterState(text: string): Pick<PageState, 'filterError'> & Partial<Pick<PageState, 'terms'>> {
  const filter = parseFilter(text)
  return filter.ok ? { terms: filter.terms, filterError: undefined } : { filterError: filter.error }
}

export class Page {
  readonly rows = new Rows()
  readonly news = new News()
  readonly recorder: Answers
  readonly store: PageStore
  readonly #intake: Intake
  readonly #bodies: BodySearch
  readonly #bar: AddressBar
  readonly #off = new AbortController()
  #beforeExpanding: Partial<Address> = {}

  constructor(recorder: Answers, connect: (handlers: ConnectionHandlers) => Line) {
    this.recorder = recorder
    this.#bar = new AddressBar(address => this.#moved(address), this.#off.signal)
    const address = this.#bar.read()
    const themeChoice = storedTheme()
    this.store = createPageStore({
      link: { phase: 'connecting' },
      server: undefined,
      serverAt: 0,
      rev: 0,
      address,
      focus: undefined,
      loading: true,
      paused: undefined,
      cleared: new Set(),
      detailClosed: false,
      terms: [],
      ...filterState(address.filter),
      found: new Map(),
      unfolded: new Set(address.selection?.kind === 'call' ? [address.selection.id] : []),
      dialog: undefined,
      setupOf: undefined,
      sessionsOpen: false,
      themeChoice,
      theme: resolveTheme(themeChoice),
      notice: undefined,
      outdated: false,
    })
    this.#bodies = new BodySearch(this.recorder, found => this.#set({ found }))
    this.#intake = new Intake(this, connect)
    onSystemTheme(() => this.setTheme(this.#state.themeChoice), this.#off.signal)
  }

  start(): void {
    this.#intake.start()
  }
  stop(): void {
    this.#intake.stop()
    this.#off.abort()
  }
  get #state(): PageState {
    return this.store.getState()
  }
  #set(patch: Partial<PageState>): void {
    this.store.setState(patch)
  }

  /** The live edge in recording ms. Stands still while the page is paused or has lost the recorder. */
  now(): number {
    const { server, serverAt, paused, link } = this.#state
    if (paused) return paused.at
    const live = server?.recordings.find(one => one.live)
    if (!live) return server?.recordings[0]?.lastAt ?? 0
    return link.phase === 'live' ? live.now + (performance.now() - serverAt) : live.now
  }

  scene(): Scene | undefined {
    const { server, address, focus } = this.#state
    return sceneOf({ rows: this.rows, recordings: server?.recordings ?? [], address, focus, liveNow: this.now() })
  }

  /** Changes what is looked at, and the address with it. */
  change(patch: Partial<Address>): void {
    const before = this.#state.address
    const address = { ...before, ...patch }
    this.#set({ address, ...(address.filter !== before.filter && filterState(address.filter)) })
    if (address.filter !== before.filter) this.searchBodies()
    this.#bar.show(before, address)
    this.#intake.touch()
  }

  /** Nothing is chosen any more: the page shows what it shows unasked. */
  unchoose(): void {
    this.change({ session: undefined, selection: null, expanded: false, ...ALL })
  }

  /** Someone went back or forward. */
  #moved(address: Address): void {
    this.#set({ address, detailClosed: false, ...filterState(address.filter) })
    this.searchBodies()
    this.#intake.touch()
  }

  /**
   * One selection in three views. From outside of the table, the table turns to a tab that can show it. `row`: stepping through rows
   * by key, which leaves them as they are, since what lies below would jump with every step.
   */
  select(selection: Selection | null, from: 'table' | 'row' | 'elsewhere' = 'elsewhere'): void {
    if (!selection) {
      this.#set({ detailClosed: true })
      this.change({ selection: null, expanded: false })
      return
    }
    const scene = this.scene()
    const { address, unfolded } = this.#state
    const session = this.rows.sessionOf(
      selection,
      scene?.shown.map(one => one.id),
    )
    const table = from === 'elsewhere' ? tableTabFor(selection, address.table, this.rows) : address.table
    const elsewhere = session !== undefined && !scene?.shown.some(one => one.id === session)
    if (from !== 'row') this.#set({ unfolded: new Set([...unfolded, ...callsOf(selection, this.rows)]) })
    this.#set({ detailClosed: false, sessionsOpen: false })
    // In the chain, selecting in another session moves the focus with it; the view and its zero stay.
    const zeroAt = address.zeroAt ?? (scene && { kind: 'session', id: scene.session.id })
    // What a rule says stands on the first tab.
    const tab = selection.kind === 'finding' ? 'delivery' : address.tab
    this.change({ selection, table, tab, ...(session !== undefined && { session, zeroAt }), ...(elsewhere && ALL) })
  }

  /** Shows a session from the list: all of it, following it while it lives. */
  focus(session: number): void {
    const self: Selection = { kind: 'session', id: session }
    const zero = this.#state.address.zero === 'clock' ? 'clock' : 'session'
    this.#set({ detailClosed: false, sessionsOpen: false, focus: session })
    this.change({ session, selection: self, ...ALL, zero, zeroAt: self })
  }

  /** Shows something of any session, perhaps one whose rows are not here yet. */
  show(selection: Selection, session: number): void {
    if (!this.scene()?.chain.some(one => one.id === session)) this.focus(session)
    this.#set({ detailClosed: false, unfolded: new Set([...this.#state.unfolded, ...callsOf(selection, this.rows)]) })
    this.change({ selection, session, table: tableTabFor(selection, this.#state.address.table, this.rows) })
    this.reveal(selection)
  }

  /** Lists in the table what was found in every session, of one severity. */
  listFindings(severity: Severity): void {
    this.expand(false)
    this.#set({ sessionsOpen: false })
    this.change({ table: 'findings', findings: 'all', filter: `severity:${severity}`, invert: false })
  }

  /** An evidence reference: selects the row with this record; the timeline moves only if the record is out of view. */
  selectRecord(seq: number): void {
    const scene = this.scene()
    if (!scene) return
    const chain = scene.chain.map(one => one.id)
    const found = this.rows.rowOfSeq(seq, recordingOf(scene.session.id), chain)
    if (!found) {
      this.tell(`Record #${seq} stands in none of the rows that are loaded.`)
      return
    }
    this.select(found)
    this.reveal(found)
  }

  /** Moves the timeline so that a thing can be seen, if it cannot. */
  reveal(selection: Selection): void {
    const scene = this.scene()
    const at = momentOf(selection, this.rows)
    if (!scene || at === undefined || (scene.range.from <= at && at <= scene.range.to)) return
    const half = (scene.range.to - scene.range.from) / 2
    this.change({ range: { from: at - half, to: at + half }, follow: false })
  }

  /** A step of zoom, `factor` above 1 to more time: around the live edge while it is followed, else around the selection in view. */
  zoom(factor: number): void {
    const scene = this.scene()
    if (!scene) return
    const { selection } = this.#state.address
    const at = selection ? momentOf(selection, this.rows) : undefined
    this.change({ range: zoomStep(scene.range, factor, scene.follow, scene.now, at), follow: scene.follow })
  }
  /** Moves on by `share` of the shown time, which ends following. */
  pan(share: number): void {
    const range = this.scene()?.range
    if (range) this.change({ range: panRange(range, (range.to - range.from) * share), follow: false })
  }
  /** Follows the live edge, or stays where that has led. */
  follow(follow: boolean): void {
    const range = this.scene()?.range
    this.change({ follow, ...(range && !follow && { range }) })
  }

  /** Asking for the selection twice returns to the session's start. */
  zero(mode: Zero['mode']): void {
    const { selection, zeroAt, zero } = this.#state.address
    if (mode === 'clock') this.change({ zero: 'clock' })
    else if (mode === 'session' || !selection || selection.kind === 'session') this.change({ zero: 'session', zeroAt: undefined })
    else {
      const same = zero === 'selection' && zeroAt?.kind === selection.kind && zeroAt.id === selection.id
      this.change(same ? { zero: 'session', zeroAt: undefined } : { zero: 'selection', zeroAt: selection })
    }
  }

  /** Fits the selection; when that is what is shown already, or the only session, everything. */
  fit(): void {
    const scene = this.scene()
    const { selection } = this.#state.address
    const span = selection && scene ? spanOf(selection, this.rows, scene.now) : undefined
    const wanted = span && aired(span)
    const alone = selection?.kind === 'session' && scene?.shown.length === 1
    if (!scene || !wanted || alone || alike(scene.range, wanted)) this.all()
    else this.change({ range: wanted, follow: false })
  }
  /** All of what is shown, and of what will come. */
  all(): void {
    this.change({ range: undefined, follow: true })
  }

  /** Shows the detail of what is selected. */
  open(): void {
    this.#set({ detailClosed: false })
  }
  /** Hides the detail; what is selected stays. */
  close(): void {
    this.#set({ detailClosed: true })
  }
  /** The detail over the whole width, the timeline on what broke; and back to what was seen before. */
  expand(expanded: boolean): void {
    const { range, follow, scope, selection, expanded: before } = this.#state.address
    if (expanded === before) return
    if (!expanded) {
      this.change({ expanded, ...this.#beforeExpanding })
      this.#beforeExpanding = {}
      return
    }
    this.open()
    const id = selection?.kind === 'finding' ? this.rows.finding(selection.id)?.call : selection?.kind === 'call' ? selection.id : undefined
    const call = id === undefined ? undefined : this.rows.call(id)
    const around = call && breakRange(call)
    this.#beforeExpanding = { range, follow, scope }
    this.change({ expanded, ...(around && { scope: 'session', range: around, follow: false }) })
  }

  /** Shows or hides the exchanges of a call in the table. */
  unfold(call: number, open: boolean): void {
    const unfolded = new Set(this.#state.unfolded)
    if (open) unfolded.add(call)
    else unfolded.delete(call)
    this.#set({ unfolded })
  }

  /** Freezes the view, or goes on. Recording never stops. */
  pause(): void {
    if (this.#state.paused) this.#intake.resume()
    else this.#set({ paused: { at: this.now(), held: 0 } })
  }

  /** Takes what has ended out of view; nothing is deleted. */
  clear(): void {
    const ended = [...this.rows.sessions.values()].filter(one => !isOpen(one)).map(one => one.id)
    this.#set({ cleared: new Set(ended), focus: undefined })
    this.unchoose()
  }
  unclear(): void {
    this.#set({ cleared: new Set() })
    this.#intake.touch()
  }

  setTheme(themeChoice: ThemeChoice): void {
    this.#set({ themeChoice, theme: applyTheme(themeChoice) })
  }
  /** `setupOf`: the server whose setup is asked for. */
  dialog(dialog: PageState['dialog'], setupOf?: string): void {
    this.#set({ dialog, setupOf })
  }
  openSessions(sessionsOpen: boolean): void {
    this.#set({ sessionsOpen })
  }
  tell(notice: string | undefined): void {
    this.#set({ notice })
  }
  retry(): void {
    this.#intake.retry()
  }

  /** Asks anew which bodies hold what the filter names. */
  searchBodies(): void {
    this.#bodies.want(this.#state.terms, () => this.scene()?.shown.map(one => one.id) ?? [])
  }
}
