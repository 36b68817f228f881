/** The list of sessions, and the rail of their signs that takes its place on narrow pages. */
import { FileText, Search, X } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { Session } from '../../proxy/core/model.ts'
import { clock, plural } from '../format.ts'
import { SMALL, useBeat, useMedia, usePage, usePageState, useScene } from '../page-context.tsx'
import { classes, Icon, IconButton, Tag } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import { recordingOf } from '../rows.ts'
import { useThrottled } from '../throttled.ts'
import { type ListEntry, listEntries } from './groups.ts'
import { onListKey, useGoTo, useOptions } from './options.ts'
import { Rail } from './rail.tsx'
import { SessionItem } from './session-item.tsx'
import styles from './sessions.module.css'

const HEIGHT = { recording: 26, upstream: 26, client: 24, session: 44 } as const

/** Sessions that are not cleared out of view. */
function useSessions(): Session[] {
  const page = usePage()
  const rev = usePageState(state => state.rev)
  const cleared = usePageState(state => state.cleared)
  // biome-ignore lint/correctness/useExhaustiveDependencies: rev tells that the rows changed
  return useMemo(() => [...page.rows.sessions.values()].filter(one => !cleared.has(one.id)), [page, rev, cleared])
}

const sum = (sessions: readonly Session[], of: (one: Session) => number): number => sessions.reduce((all, one) => all + of(one), 0)

function Totals({ sessions }: { readonly sessions: readonly Session[] }) {
  const page = usePage()
  const cleared = usePageState(state => state.cleared.size)
  const recording = usePageState(state => state.server?.recordings[0])
  const [errors, warnings] = [sum(sessions, one => one.errors), sum(sessions, one => one.warnings)]
  const small = useMedia(SMALL)
  const list = (severity: 'error' | 'warning') => {
    // There the detail lies over the table.
    if (small) page.close()
    page.listFindings(severity)
  }
  const calls = sum(sessions, one => one.calls)
  return (
    <div className={styles.foot}>
      {sessions.length === 0 && cleared === 0 ? (
        recording && `Listening since ${clock(recording.startedAt, false)}`
      ) : (
        <span>
          {plural(sessions.length, 'session')}, {plural(calls, 'call')}
          {errors > 0 && (
            <>
              ,{' '}
              <button type="button" onClick={() => list('error')} title="List them all">
                {plural(errors, 'error')}
              </button>
            </>
          )}
          {warnings > 0 && (
            <>
              ,{' '}
              <button type="button" onClick={() => list('warning')} title="List them all">
                {plural(warnings, 'warning')}
              </button>
            </>
          )}
        </span>
      )}
      {cleared > 0 && (
        <button type="button" onClick={() => page.unclear()}>
          {cleared} hidden, show
        </button>
      )}
    </div>
  )
}

interface HeadingProps {
  readonly entry: Exclude<ListEntry, { kind: 'session' }>
  /** A click on a client's name goes to its newest session, which by key is the option below. */
  readonly onNewest: () => void
}

function Heading({ entry, onNewest }: HeadingProps) {
  if (entry.kind === 'client')
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles its keys
      // biome-ignore lint/a11y/noStaticElementInteractions: a list box holds options alone
      <div className={styles.client} title="Show its newest session" onClick={onNewest}>
        <span className={styles.ellipsis}>{entry.name}</span>
      </div>
    )
  if (entry.kind === 'recording')
    return (
      <div className={styles.recording}>
        <Icon icon={FileText} />
        <span className={styles.ellipsis} title={entry.name}>
          {entry.name}
        </span>
      </div>
    )
  return (
    <div className={styles.upstream}>
      <b>{entry.name}</b>
      <span className={classes(styles.mono, styles.ellipsis)}>{entry.target}</span>
      {entry.past && <Tag>{entry.imported ? 'imported' : 'past'}</Tag>}
    </div>
  )
}

function List({ sessions }: { readonly sessions: readonly Session[] }) {
  const page = usePage()
  const scene = useScene()
  const recordings = usePageState(state => state.server?.recordings)
  const cleared = usePageState(state => state.cleared.size > 0)
  const [text, setText] = useState('')
  const scroll = useRef<HTMLDivElement>(null)
  useBeat(
    1000,
    recordings?.some(one => one.live),
  )
  const rev = usePageState(state => state.rev)
  const entries = useThrottled(
    () => listEntries(sessions, recordings ?? [], text, id => page.rows.ofSession(id)?.findings ?? []),
    rev,
    `${text} ${sessions.length} ${recordings?.map(one => one.live).join()}`,
  )
  const ids = useMemo(() => entries.flatMap(one => (one.kind === 'session' ? [one.session.id] : [])), [entries])
  const chosen = scene?.session.id
  const list = useOptions({
    scroll,
    count: entries.length,
    sizeOf: at => HEIGHT[entries[at]?.kind ?? 'session'],
    keyOf: at => entries[at]?.key ?? at,
    chosen,
    at: entries.findIndex(one => one.kind === 'session' && one.session.id === chosen),
  })
  const goTo = useGoTo()
  const pick = (id: number) => {
    goTo(id)
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-session="${id}"]`)?.focus())
  }
  const pickBelow = (heading: number) => {
    const below = entries[heading + 1]
    if (below?.kind === 'session') pick(below.session.id)
  }
  return (
    <>
      <div className={styles.bar}>
        <label className={parts.field}>
          <Icon icon={Search} />
          <input
            value={text}
            onChange={event => setText(event.target.value)}
            placeholder="Filter sessions"
            aria-label="Filter sessions"
            title="Id, client, server, protocol, state; rule and severity of what was found"
            spellCheck={false}
          />
          {text && <IconButton icon={X} name="Clear the filter" onClick={() => setText('')} />}
        </label>
      </div>
      <div className={styles.scroll} ref={scroll}>
        {entries.length === 0 && (
          <p className={styles.say}>
            {text
              ? 'No session matches.'
              : sessions.length === 0
                ? cleared
                  ? 'Nothing in view. New sessions appear here.'
                  : 'No session yet. The first one appears here by itself.'
                : ''}
          </p>
        )}
        {entries.length > 0 && (
          <div
            role="listbox"
            aria-label="Sessions"
            className={styles.canvas}
            style={{ height: list.getTotalSize() }}
            onKeyDown={event => onListKey(event, ids, chosen, pick)}
          >
            {list.getVirtualItems().map(item => {
              const entry = entries[item.index]
              if (!entry) return null
              return (
                <div
                  key={item.key}
                  role="presentation"
                  className={styles.place}
                  style={{ transform: `translateY(${item.start}px)`, height: item.size }}
                >
                  {entry.kind === 'session' ? (
                    <SessionItem
                      session={entry.session}
                      recording={recordings?.find(one => one.index === recordingOf(entry.session.id))}
                      now={page.now()}
                      selected={entry.session.id === chosen}
                      linked={entry.linked}
                      tabIndex={entry.session.id === (chosen !== undefined && ids.includes(chosen) ? chosen : ids[0]) ? 0 : -1}
                      onPick={() => pick(entry.session.id)}
                    />
                  ) : (
                    <Heading entry={entry} onNewest={() => pickBelow(item.index)} />
                  )}
                </div>
              )
            })}
          </div>
        )}
      </div>
      <Totals sessions={sessions} />
    </>
  )
}

export function Sessions({ narrow }: { readonly narrow: boolean }) {
  const page = usePage()
  const sessions = useSessions()
  const open = usePageState(state => state.sessionsOpen)
  if (!narrow)
    return (
      <nav className={styles.pane} aria-label="Sessions" data-pane="sessions">
        <List sessions={sessions} />
      </nav>
    )
  return (
    <nav className={styles.pane} aria-label="Sessions" data-pane="sessions">
      <Rail sessions={sessions} />
      {open && (
        <div className={styles.over} data-overlay-list="">
          <List sessions={sessions} />
        </div>
      )}
      {open && <OutsideClick onOutside={() => page.openSessions(false)} />}
    </nav>
  )
}

/** A sheet behind the opened list: a click on it closes the list. */
const OutsideClick = ({ onOutside }: { readonly onOutside: () => void }) => (
  <button type="button" tabIndex={-1} aria-label="Close the session list" className={styles.sheet} onClick={onOutside} />
)
