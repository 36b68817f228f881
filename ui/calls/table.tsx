/**
 * The table: the timeline's equal, row by row. Promise: every mark of the timeline is a row under one of its tabs; 100,000 rows
 * cost no more to show than a hundred.
 */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid cannot be a <table>; its rows are placed freely
// biome-ignore-all lint/a11y/useFocusableInteractive: the row has the focus, not its cells (roving tabindex)
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: the same
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef } from 'react'
import type { Gap, LogLine } from '../../proxy/core/model.ts'
import { passes, surroundings } from '../filter-match.ts'
import { sessionsInReach } from '../findings/reach.ts'
import { plural, size } from '../format.ts'
import { SMALL, useMedia, usePage, usePageState } from '../page-context.tsx'
import { Button, classes, Kbd } from '../parts/button.tsx'
import { recordingOf } from '../rows.ts'
import type { Scene } from '../scene.ts'
import { callsOf } from '../table-tab.ts'
import { useThrottled } from '../throttled.ts'
import type { SessionRows } from '../view.ts'
import styles from './calls.module.css'
import { type Entry, entriesOf, indexOf, selectionOf, type Totals, totalsOf } from './entries.ts'
import { FilterField } from './filter-field.tsx'
import { NoRows } from './no-rows.tsx'
import { TableHead } from './table-head.tsx'
import { type RowContext, rowName, TableRow } from './table-row.tsx'
import { TABS, Tabs } from './table-tabs.tsx'

const ROW = 24
const rowHeight = () => ROW

interface TableProps {
  readonly scene: Scene
  readonly sessions: readonly SessionRows[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  readonly rev: number
}

export function Table({ scene, sessions, logs, gaps, rev }: TableProps) {
  const page = usePage()
  const { table: tab, selection, filter, invert, findings: reach } = usePageState(state => state.address)
  const cleared = usePageState(state => state.cleared)
  const recordings = usePageState(state => state.server?.recordings)
  const terms = usePageState(state => state.terms)
  const unfolded = usePageState(state => state.unfolded)
  const found = usePageState(state => state.found)
  const small = useMedia(SMALL)
  const scroll = useRef<HTMLDivElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const { rows: all } = page
  const shownKey = scene.shown.map(one => one.id).join()

  const everywhere = tab === 'findings' && reach === 'all'

  const { rows, hidden, totals, findings, judged } = useThrottled(
    () => {
      const around = surroundings(all, found, scene.now)
      const inReach = sessionsInReach({ findings: reach }, sessions, all, cleared)
      const entries = entriesOf({
        tab,
        sessions: tab === 'findings' ? inReach : sessions,
        logs,
        gaps,
        unfolded,
        exchangeOf: all.exchange,
        frameOf: all.frame,
        passes: row => passes(terms, invert, row, around),
      })
      return { ...entries, totals: totalsOf(sessions), findings: inReach.flatMap(one => one.findings), judged: inReach.length }
    },
    rev,
    `${tab} ${reach} ${cleared.size} ${shownKey} ${filter} ${invert} ${[...unfolded].join()} ${found.size} ${[...found.values()].map(one => one?.size)}`,
  )

  const selected = useMemo(() => indexOf(rows, selection, chosen => callsOf(chosen, all)), [rows, selection, all])
  // Where nothing is selected any more, keys go on from the row that was.
  const left = useRef<string>(undefined)
  if (selected >= 0) left.current = rows[selected]?.key
  const from = useMemo(() => (selected >= 0 ? selected : rows.findIndex(one => one.key === left.current)), [rows, selected])
  const focusable = Math.max(from, 0)
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: rowHeight,
    // Another function would make it measure all rows anew.
    getItemKey: useCallback((at: number) => rows[at]?.key ?? at, [rows]),
    overscan: 8,
    // The heading sticks to the top of what scrolls, so that its columns are the rows' columns.
    scrollMargin: ROW,
    scrollPaddingStart: ROW,
    // The row that can have the focus is always there, wherever one has scrolled.
    rangeExtractor: range => {
      const seen = defaultRangeExtractor(range)
      return seen.includes(focusable) || focusable >= rows.length ? seen : [...seen, focusable].sort((a, b) => a - b)
    },
  })

  const shownSelection = useRef('')
  useEffect(() => {
    const key = `${selection?.kind}.${selection?.id}.${tab}`
    if (selected < 0 || shownSelection.current === key) return
    shownSelection.current = key
    list.scrollToIndex(selected, { align: 'auto' })
  }, [selected, selection, tab, list])

  // Sessions that stand far apart have no moment in common but the wall clock.
  const zero = everywhere ? { ...scene.zero, mode: 'clock' as const } : scene.zero
  const context: RowContext = {
    zero,
    startedAt: scene.recording.startedAt,
    past: !scene.recording.live,
    range: scene.range,
    now: scene.now,
    breakAt: breakOf(scene, sessions),
    callsOf: id => all.ofSession(id)?.calls ?? [],
    callOf: all.call,
    broke: one => (all.sessions.get(one.session)?.ended?.inFlight ?? 0) > 0 && all.sessions.get(one.session)?.stream === one.id,
    onFold: (call, open) => page.unfold(call, open),
  }

  /** Of what is not shown: its own recording's clock, and in its heading times from its own start. */
  const contextOf = (entry: Entry): RowContext => {
    if (!everywhere || (entry.kind !== 'session' && entry.kind !== 'finding')) return context
    const id = entry.kind === 'session' ? entry.session.id : entry.finding.session
    const startedAt = recordings?.find(one => one.index === recordingOf(id))?.startedAt ?? context.startedAt
    return { ...context, startedAt, zero: { ...zero, at: all.sessions.get(id)?.startedAt ?? zero.at } }
  }

  const pick = (at: number, by: 'table' | 'row') => {
    const entry = rows[at]
    const chosen = entry && selectionOf(entry)
    if (!chosen) {
      // Nothing to select here: a step goes on over it.
      if (entry && by === 'row' && at !== from) pick(at + Math.sign(at - from), by)
      return
    }
    page.select(chosen, by)
    // On a small page the detail lies over the rows that one steps through.
    if (small && by === 'row') page.close()
    list.scrollToIndex(at, { align: 'auto' })
    requestAnimationFrame(() => {
      // Whoever has gone elsewhere meanwhile, to the filter say, is not called back.
      const { activeElement } = document
      if (activeElement === document.body || grid.current?.contains(activeElement))
        grid.current?.querySelector<HTMLElement>(`[data-index="${at}"]`)?.focus({ preventScroll: true })
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const entry = rows[focusable]
    const page_ = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 240) / ROW) - 1)
    const to = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      j: from + 1,
      k: from - 1,
      Home: 0,
      g: 0,
      End: rows.length - 1,
      G: rows.length - 1,
      PageDown: from + page_,
      PageUp: from - page_,
    }[event.key]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowRight' && entry?.kind === 'call') page.unfold(entry.call.id, true)
    else if (event.key === 'ArrowLeft' && entry?.kind === 'call') page.unfold(entry.call.id, false)
    else if (event.key === 'ArrowLeft' && entry && 'of' in entry && entry.of) page.select({ kind: 'call', id: entry.of.id }, 'table')
    else if (to !== undefined) pick(Math.max(0, Math.min(rows.length - 1, to)), 'row')
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <section className={classes(styles.pane, zero.mode === 'clock' && styles.clock)} aria-label="Table" data-pane="table">
      <div className={styles.bar}>
        <Tabs findings={findings.length} problems={findings.some(one => one.severity === 'error')} />
        {tab === 'findings' && (
          <Button
            aria-pressed={everywhere}
            onClick={() => page.change({ findings: everywhere ? 'shown' : 'all' })}
            title="What was found in every session, not only in those shown; [ and ] step through it"
          >
            All sessions
          </Button>
        )}
        <FilterField />
      </div>
      <div
        id="table-panel"
        className={styles.grid}
        role="grid"
        ref={grid}
        aria-label={TABS.find(one => one.tab === tab)?.name}
        aria-rowcount={rows.length + 1}
        onKeyDown={onKeyDown}
      >
        <div className={styles.scroll} ref={scroll} role="presentation">
          <TableHead tab={tab} zero={zero} range={scene.range} />
          {rows.length > 0 && (
            <div className={styles.canvas} style={{ height: list.getTotalSize() }} role="rowgroup">
              {list.getVirtualItems().map(item => {
                const entry = rows[item.index]
                if (!entry) return null
                return (
                  <Place
                    key={item.key}
                    entry={entry}
                    index={item.index}
                    start={item.start - ROW}
                    selected={item.index === selected}
                    focusable={item.index === focusable}
                    context={contextOf(entry)}
                    onPick={pick}
                  />
                )
              })}
            </div>
          )}
          {rows.every(one => one.kind === 'session') && (
            <div role="rowgroup">
              <div role="row" tabIndex={rows.length === 0 ? 0 : -1}>
                <div role="gridcell">
                  <NoRows past={!scene.recording.live} tab={tab} hidden={hidden} />
                </div>
              </div>
            </div>
          )}
        </div>
      </div>
      <div className={styles.foot}>
        {everywhere ? (
          <span>
            {plural(findings.length, 'finding')} in {plural(judged, 'session')}
          </span>
        ) : (
          <TotalsOf totals={totals} />
        )}
        {hidden > 0 && <span>{plural(hidden, 'row')} hidden</span>}
        <span className={styles.space} />
        <span className={styles.hint}>
          <Kbd>j</Kbd> <Kbd>k</Kbd> move&ensp;<Kbd>/</Kbd> filter
        </span>
      </div>
    </section>
  )
}

const TotalsOf = ({ totals }: { readonly totals: Totals }) => (
  <>
    <span>{plural(totals.calls, 'call')}</span>
    <span>{plural(totals.exchanges, 'exchange')}</span>
    <span>{plural(totals.events, 'event')}</span>
    <span>{size(totals.bytes)}</span>
    {totals.undeliverable > 0 && <span className={styles.fail}>{totals.undeliverable} not delivered</span>}
  </>
)

/** The moment that broke what is shown: of the newest session that ended with something in flight. */
function breakOf(scene: Scene, sessions: readonly SessionRows[]): number | undefined {
  const own = sessions.find(one => one.session.id === scene.session.id)?.session.ended
  if (own && own.inFlight > 0) return own.at
  return sessions.findLast(one => (one.session.ended?.inFlight ?? 0) > 0)?.session.ended?.at
}

interface PlaceProps {
  readonly entry: Entry
  readonly index: number
  readonly start: number
  readonly selected: boolean
  readonly focusable: boolean
  readonly context: RowContext
  readonly onPick: (index: number, by: 'table' | 'row') => void
}
function Place({ entry, index, start, selected, focusable, context, onPick }: PlaceProps) {
  const page = usePage()
  const part = (entry.kind === 'exchange' || entry.kind === 'frame') && entry.of !== undefined
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles its keys
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-label={rowName(entry, context)}
      tabIndex={focusable ? 0 : -1}
      data-index={index}
      data-part={part ? '' : undefined}
      data-heading={entry.kind === 'session' ? '' : undefined}
      className={styles.place}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onPick(index, 'table')}
      onDoubleClick={() => page.expand(true)}
    >
      <TableRow entry={entry} context={context} />
    </div>
  )
}
