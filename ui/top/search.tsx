/** Search in everything that was recorded: the recorder looks through bodies and events, the page through the heads it holds. */
import { Dialog } from '@base-ui/react/dialog'
import { Search as SearchIcon, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { SearchAnswer } from '../../proxy/core/feed.ts'
import { clock } from '../format.ts'
import { usePage, usePageState } from '../page-context.tsx'
import { Icon, IconButton } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import { recordingOf } from '../rows.ts'
import { type Hit, headHits } from './head-search.ts'
import styles from './top.module.css'

const WAIT_MS = 200
type Found = { readonly text: string; readonly hits: readonly Hit[]; readonly more: boolean; readonly error?: string }

/** The excerpt with every occurrence marked. */
function Marked({ text, needle }: { readonly text: string; readonly needle: string }) {
  const out = []
  const low = text.toLowerCase()
  for (let at = 0; ; ) {
    const next = low.indexOf(needle.toLowerCase(), at)
    if (next < 0) {
      out.push(text.slice(at))
      break
    }
    out.push(text.slice(at, next), <mark key={next}>{text.slice(next, next + needle.length)}</mark>)
    at = next + needle.length
  }
  return out
}

function useSearch(text: string): Found | undefined {
  const page = usePage()
  const [found, setFound] = useState<Found>()
  useEffect(() => {
    if (text.length < 2) {
      setFound(undefined)
      return
    }
    const asking = new AbortController()
    const timer = setTimeout(() => {
      const heads = headHits(page.rows, text)
      page.recorder.search(text, undefined, asking.signal).then(
        (answer: SearchAnswer) => setFound({ text, hits: [...heads, ...answer.hits.map(asHit)], more: answer.more }),
        (error: unknown) => {
          if (!asking.signal.aborted)
            setFound({ text, hits: heads, more: false, error: error instanceof Error ? error.message : String(error) })
        },
      )
    }, WAIT_MS)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }, [page, text])
  return found
}

const asHit = (hit: SearchAnswer['hits'][number]): Hit => ({
  selection: hit.frame === undefined ? { kind: 'exchange', id: hit.exchange } : { kind: 'frame', id: hit.frame },
  session: hit.session,
  at: hit.at,
  where: hit.frame === undefined ? `${hit.part} body` : 'SSE event',
  excerpt: hit.excerpt,
})

function Hits({ found, active, onPick }: { readonly found: Found; readonly active: number; readonly onPick: (hit: Hit) => void }) {
  const page = usePage()
  const recordings = usePageState(state => state.server?.recordings)
  const startOf = (session: number) => recordings?.find(one => one.index === recordingOf(session))?.startedAt ?? 0
  if (found.hits.length === 0) return <p className={styles.say}>{found.error ?? `Nothing holds “${found.text}”.`}</p>
  return (
    <div className={styles.hits} role="listbox" aria-label="Hits">
      {found.hits.map((hit, at) => (
        <button
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={at === active}
          id={`hit-${at}`}
          key={`${hit.selection.kind}.${hit.selection.id}.${hit.where}`}
          className={styles.hit}
          onClick={() => onPick(hit)}
        >
          <span className={styles.hitAt}>{clock(startOf(hit.session) + hit.at, false)}</span>
          <span>
            {hit.where} in {page.rows.sessions.get(hit.session)?.key.slice(0, 8) ?? 'a session'}
          </span>
          <span className={styles.hitText}>
            <Marked text={hit.excerpt} needle={found.text} />
          </span>
        </button>
      ))}
      {found.more && <p className={styles.say}>There are more: write more of the text.</p>}
    </div>
  )
}

export function Search() {
  const page = usePage()
  const open = usePageState(state => state.dialog === 'search')
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const found = useSearch(open ? text : '')
  const pick = (hit: Hit) => {
    page.dialog(undefined)
    page.show(hit.selection, hit.session)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const last = (found?.hits.length ?? 0) - 1
    if (event.key === 'ArrowDown') setActive(Math.min(active + 1, last))
    else if (event.key === 'ArrowUp') setActive(Math.max(active - 1, 0))
    else if (event.key === 'Enter' && found?.hits[active]) pick(found.hits[active])
    else return
    event.preventDefault()
  }
  useEffect(() => document.getElementById(`hit-${active}`)?.scrollIntoView({ block: 'nearest' }), [active])
  return (
    <Dialog.Root open={open} onOpenChange={now => page.dialog(now ? 'search' : undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={parts.backdrop} />
        <Dialog.Popup className={parts.dialog} initialFocus={field}>
          <div className={styles.head}>
            <Dialog.Title className={parts.dialogTitle}>Search everything</Dialog.Title>
            <span className={styles.space} />
            <Dialog.Close render={<IconButton icon={X} name="Close" />} />
          </div>
          <label className={`${parts.field} ${styles.searchField}`}>
            <Icon icon={SearchIcon} />
            <input
              ref={field}
              id="search"
              value={text}
              onChange={event => {
                setText(event.target.value)
                setActive(0)
              }}
              // Of an earlier search, to be written over.
              onFocus={event => event.target.select()}
              onKeyDown={onKeyDown}
              placeholder="Text in heads, bodies and events"
              aria-label="Text in heads, bodies and events"
              aria-activedescendant={found?.hits.length ? `hit-${active}` : undefined}
              spellCheck={false}
            />
          </label>
          {found ? (
            <Hits found={found} active={active} onPick={pick} />
          ) : (
            <p className={styles.say}>Two characters at least. Upper and lower case are one.</p>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
