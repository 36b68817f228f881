/**
 * What the page can do: joins the recorder's line, the rows, the store and the browser's history.
 * Promise: every change of what is shown goes through here, so that the address always tells it.
 */
import type { State } from '../proxy/core/feed.ts'
import type { AnyRow } from '../proxy/core/model.ts'
import { type Address, isStep, parse, write } from './address.ts'
import { BodySearch } from './body-search.ts'
import { Connection, type Link } from './connection.ts'
import { parseFilter } from './filter.ts'
import { Recorder } from './recorder.ts'
import { Rows, recordingOf } from './rows.ts'
import { aired, breakRange, isOpen, momentOf, newest, type Scene, sceneOf, spanOf } from './scene.ts'
import { createPageStore, type PageState, type PageStore } from './store.ts'
import { tableTabFor } from './table-tab.ts'
import { applyTheme, onSystemTheme, resolveTheme, storedTheme, type ThemeChoice } from './theme.ts'
import type { Range, Selection, Zero } from './view.ts'

/** Rows that the page keeps of sessions that are no longer shown. */
const KEPT_ROWS = 300_000
const HELD_ROWS = 200_000
/** All of what is shown, from its start, following it while it lives. */
const ALL: Partial<Address> = { range: undefined, zero: 'session', zeroAt: undefined, follow: true }

export class Page {
  readonly rows = new Rows()
  readonly recorder: Recorder
  readonly store: PageStore
  readonly #connection: Connection
  readonly #bodies: BodySearch
  readonly #off = new AbortController()
  #held: AnyRow[] = []
  #overflowed = false
  #frame = 0
  #filled = new Set<number>()
  #started = false
  #watchOrder: number[] = []
  #addressTimer: ReturnType<typeof setTimeout> | undefined
  #announceAt = 0
  #beforeExpanding: Partial<Address> = {}
  #announce: ReturnType<typeof setTimeout> | undefined
  #news: string[] = []
  /** Sentences for the polite live region. */
  onAnnounce: (text: string) => void = () => {}

  constructor(base: string, token: string) {
    this.recorder = new Recorder(base, token)
    const address = parse(location.hash)
    const filter = parseFilter(address.filter)
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
      terms: filter.ok ? filter.terms : [],
      filterError: filter.ok ? undefined : filter.error,
      found: new Map(),
      unfolded: new Set(address.selection?.kind === 'call' ? [address.selection.id] : []),
      dialog: undefined,
      sessionsOpen: false,
      themeChoice,
      theme: resolveTheme(themeChoice),
      notice: undefined,
      outdated: false,
    })
    this.#bodies = new BodySearch(this.recorder, found => this.#set({ found }))
    this.#connection = new Connection(this.recorder, `mcp-seismograph ${__VERSION__}`, {
      rows: rows => this.#receive(rows),
      state: state => this.#heard(state),
      link: link => this.#linked(link),
      reset: () => this.#reset(),
      filled: sessions => {
        for (const id of sessions) this.#filled.add(id)
        this.#touch()
      },
    })
    applyTheme(themeChoice)
    const { signal } = this.#off
    onSystemTheme(() => this.setTheme(this.#state.themeChoice), signal)
    window.addEventListener('popstate', () => this.#readAddress(), { signal })
    window.addEventListener('hashchange', () => this.#readAddress(), { signal })
  }

  start(): void {
    this.#connection.start()
    this.#searchBodies()
  }

  stop(): void {
    this.#connection.stop()
    cancelAnimationFrame(this.#frame)
    this.#off.abort()
  }

  get #state(): PageState {
    return this.store.getState()
  }
  #set(patch: Partial<PageState>): void {
    this.store.setState(patch)
  }

  // What the recorder says

  #receive(rows: readonly AnyRow[]): void {
    const { paused } = this.#state
    if (paused) {
      if (this.#held.length < HELD_ROWS) this.#held.push(...rows)
      else this.#overflowed = true
      this.#set({ paused: { ...paused, held: paused.held + rows.length } })
      return
    }
    const { changed, findings, ended } = this.rows.ingest(rows)
    if (changed === 0) return
    if (this.#started) {
      for (const one of findings) this.#news.push(`New finding: ${one.title}`)
      for (const one of ended) this.#news.push(`Session ${one.key.slice(0, 8)} ended.`)
      this.#announceSoon()
    }
    this.#touch()
  }

  /** Everything that came within one frame is shown together; a hidden page gets no frames, and waits. */
  #touch(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      const scene = this.#chooseFocus()
      this.#watch(scene)
      const loading = !this.#started || scene?.shown.some(one => !this.#filled.has(one.id)) === true
      this.#set({ rev: this.rows.rev, loading })
    })
  }

  #heard(server: State): void {
    const outdated = !server.product.includes(__VERSION__)
    this.#set({ server, serverAt: performance.now(), outdated })
    this.#touch()
  }

  #linked(link: Link): void {
    if (link.phase === 'live') this.#started = true
    if (link.phase === 'lost') this.#news.push('The connection to the recorder is lost.')
    this.#set({ link })
    this.#touch()
  }

  #reset(): void {
    this.rows.clear()
    this.#filled.clear()
    this.#held = []
    this.#started = false
    this.#set({ paused: undefined, cleared: new Set(), focus: undefined })
    this.change({ session: undefined, selection: null, ...ALL })
  }

  /** Stays with what is shown; from a session that is none (a health check) it goes to the first real one. */
  #chooseFocus(): Scene | undefined {
    const { focus, address, cleared } = this.#state
    const now = focus === undefined ? undefined : this.rows.sessions.get(focus)
    if (address.session === undefined && (!now || now.transport === 'other')) {
      const next = newest([...this.rows.sessions.values()].filter(one => !cleared.has(one.id)))
      if (next !== focus) this.#set({ focus: next })
    }
    return this.scene()
  }

  #watch(scene: Scene | undefined): void {
    const wanted = scene?.shown.map(one => one.id) ?? []
    this.#connection.watch(wanted)
    this.#watchOrder = [...this.#watchOrder.filter(id => !wanted.includes(id)), ...wanted]
    while (this.rows.held > KEPT_ROWS && this.#watchOrder.length > wanted.length) {
      const old = this.#watchOrder.shift()
      if (old === undefined) break
      this.rows.evict(old)
      this.#filled.delete(old)
      this.#connection.forget(old)
    }
  }

  #announceSoon(): void {
    if (this.#news.length === 0 || this.#announce) return
    this.#announce = setTimeout(
      () => {
        this.#announce = undefined
        this.#announceAt = performance.now()
        const news = this.#news.splice(0)
        this.onAnnounce(news.length > 3 ? `${news.slice(0, 2).join(' ')} And ${news.length - 2} more.` : news.join(' '))
      },
      Math.max(200, this.#announceAt + 5000 - performance.now()),
    )
  }

  // What is shown

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

  /** Changes what is looked at, and the URL with it. */
  change(patch: Partial<Address>): void {
    const before = this.#state.address
    const address = { ...before, ...patch }
    const filter = parseFilter(address.filter)
    this.#set({ address, ...(filter.ok ? { terms: filter.terms, filterError: undefined } : { filterError: filter.error }) })
    if (patch.filter !== undefined) this.#searchBodies()
    this.#writeAddress(isStep(before, address))
    this.#touch()
  }

  #writeAddress(step: boolean): void {
    clearTimeout(this.#addressTimer)
    const url = () => `${location.pathname}${location.search}#${write(this.#state.address)}`
    if (step) history.pushState(null, '', url())
    // Browsers allow few changes per second, and a pan makes many.
    else this.#addressTimer = setTimeout(() => history.replaceState(null, '', url()), 300)
  }

  #readAddress(): void {
    const address = parse(location.hash)
    if (write(address) === write(this.#state.address)) return
    clearTimeout(this.#addressTimer)
    const filter = parseFilter(address.filter)
    this.#set({
      address,
      detailClosed: false,
      ...(filter.ok ? { terms: filter.terms, filterError: undefined } : { filterError: filter.error }),
    })
    this.#touch()
  }

  /** The address of the view as it is, without the token. */
  link(): string {
    return `${location.origin}${location.pathname}#${write(this.#state.address)}`
  }

  /** One selection in three views. From outside of the table, the table turns to a tab that can show it. */
  select(selection: Selection | null, from: 'table' | 'row' | 'elsewhere' = 'elsewhere'): void {
    if (!selection) {
      this.#set({ detailClosed: true })
      this.change({ selection: null, expanded: false })
      return
    }
    const scene = this.scene()
    const session = this.rows.sessionOf(
      selection,
      scene?.shown.map(one => one.id),
    )
    const { address, unfolded } = this.#state
    // Stepping through rows by key leaves them as they are: what lies below would jump with every step.
    if (selection.kind === 'call' && from !== 'row') this.#set({ unfolded: new Set([...unfolded, selection.id]) })
    const table = from !== 'elsewhere' ? address.table : tableTabFor(selection, address.table, this.rows)
    const elsewhere = session !== undefined && !scene?.shown.some(one => one.id === session)
    this.#set({ detailClosed: false, sessionsOpen: false })
    // In the chain, selecting in another session moves the focus with it; the view stays.
    this.change({
      selection,
      table,
      ...(session !== undefined && { session }),
      ...(elsewhere && { range: undefined, follow: true }),
    })
  }

  /** Shows a session from the list: all of it, following it while it lives. */
  focus(session: number): void {
    const one = this.rows.sessions.get(session)
    const { range: _, zeroAt: __, ...rest } = this.#state.address
    this.#set({ detailClosed: false, sessionsOpen: false, focus: session })
    const address: Address = {
      ...rest,
      session,
      selection: { kind: 'session', id: session },
      zero: rest.zero === 'clock' ? 'clock' : 'session',
    }
    this.#replace({ ...address, follow: one ? isOpen(one) || !address.range : true })
  }

  #replace(address: Address): void {
    const before = this.#state.address
    this.#set({ address })
    this.#writeAddress(isStep(before, address))
    this.#touch()
  }

  setRange(range: Range): void {
    const now = this.now()
    this.change({ range, follow: this.#state.address.follow && range.from <= now && now <= range.to })
  }
  follow(follow: boolean): void {
    this.change({ follow })
  }
  zero(mode: Zero['mode']): void {
    const { selection, zeroAt, zero } = this.#state.address
    // Pressing again returns to the session's start.
    if (mode === 'selection' && selection && selection.kind !== 'session') {
      const same = zero === 'selection' && zeroAt?.kind === selection.kind && zeroAt.id === selection.id
      this.change(same ? { zero: 'session' } : { zero: 'selection', zeroAt: selection })
    } else this.change({ zero: mode === 'selection' && !zeroAt ? 'session' : mode })
  }

  /** Fits the selection; when that is what is shown already, everything. */
  fit(all = false): void {
    const scene = this.scene()
    const { selection, range } = this.#state.address
    const span = all || !selection || !scene ? undefined : spanOf(selection, this.rows, scene.now)
    const wanted = span && aired(span)
    const same = wanted && range && Math.abs(range.from - wanted.from) < 1 && Math.abs(range.to - wanted.to) < 1
    if (!wanted || same || selection?.kind === 'session') this.change({ range: undefined, follow: true })
    else this.change({ range: wanted, follow: false })
  }

  /** An evidence reference: selects the row with this record; the timeline moves only if the record is out of view. */
  selectRecord(seq: number): void {
    const scene = this.scene()
    if (!scene) return
    const found = this.rows.rowOfSeq(
      seq,
      recordingOf(scene.session.id),
      scene.chain.map(one => one.id),
    )
    if (!found) {
      this.tell(`Record #${seq} stands in none of the rows that are loaded.`)
      return
    }
    this.select(found)
    this.reveal(found)
  }

  /** Shows something of any session, perhaps one whose rows are not here yet. */
  show(selection: Selection, session: number): void {
    const scene = this.scene()
    if (!scene?.chain.some(one => one.id === session)) this.focus(session)
    this.#set({ detailClosed: false })
    this.change({ selection, session, table: tableTabFor(selection, this.#state.address.table, this.rows) })
    this.reveal(selection)
  }

  /** Moves the timeline so that a thing can be seen, if it cannot. */
  reveal(selection: Selection): void {
    const scene = this.scene()
    const at = momentOf(selection, this.rows)
    if (!scene || at === undefined || (scene.range.from <= at && at <= scene.range.to)) return
    const half = (scene.range.to - scene.range.from) / 2
    this.change({ range: { from: at - half, to: at + half }, follow: false })
  }

  /** Shows the detail of what is selected. */
  open(): void {
    this.#set({ detailClosed: false })
  }
  /** The detail over the whole width, the timeline on what broke; and back to what was seen before. */
  expand(expanded: boolean): void {
    const { address } = this.#state
    if (expanded === address.expanded) return
    if (!expanded) {
      this.change({ expanded, ...this.#beforeExpanding })
      this.#beforeExpanding = {}
      return
    }
    this.open()
    const { range, follow, scope, selection } = address
    const call = selection?.kind === 'call' ? this.rows.call(selection.id) : undefined
    const around = call && breakRange(call)
    this.#beforeExpanding = { range, follow, scope }
    this.change({ expanded, ...(around && { scope: 'session', range: around, follow: false }) })
  }

  unfold(call: number, open: boolean): void {
    const unfolded = new Set(this.#state.unfolded)
    if (open) unfolded.add(call)
    else unfolded.delete(call)
    this.#set({ unfolded })
  }

  pause(): void {
    if (!this.#state.paused) {
      this.#set({ paused: { at: this.now(), held: 0 } })
      return
    }
    this.#set({ paused: undefined })
    if (this.#overflowed) {
      location.reload()
      return
    }
    this.#receive(this.#held.splice(0))
    this.#touch()
  }

  /** Takes what has ended out of view; nothing is deleted. */
  clear(): void {
    const cleared = new Set([...this.rows.sessions.values()].filter(one => !isOpen(one)).map(one => one.id))
    this.#set({ cleared, focus: undefined })
    this.change({ session: undefined, selection: null, expanded: false, ...ALL })
  }
  unclear(): void {
    this.#set({ cleared: new Set() })
    this.#touch()
  }

  setTheme(themeChoice: ThemeChoice): void {
    this.#set({ themeChoice, theme: applyTheme(themeChoice) })
  }
  dialog(dialog: PageState['dialog']): void {
    this.#set({ dialog })
  }
  openSessions(sessionsOpen: boolean): void {
    this.#set({ sessionsOpen })
  }
  tell(notice: string | undefined): void {
    this.#set({ notice })
  }
  retry(): void {
    this.#connection.retryNow()
  }

  #searchBodies(): void {
    this.#bodies.want(this.#state.terms, () => this.scene()?.shown.map(one => one.id) ?? [])
  }
}
