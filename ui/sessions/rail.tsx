/** The rail of signs that stands for the list of sessions on narrow pages. Promise: each sign says by its shape what state a session is in, and whether it has trouble. */
import { Menu as MenuIcon } from 'lucide-react'
import { useRef } from 'react'
import type { Session } from '../../proxy/core/model.ts'
import { usePage, usePageState, useScene } from '../page-context.tsx'
import { IconButton } from '../parts/button.tsx'
import { SeverityGlyph } from '../parts/glyphs.tsx'
import { useThrottled } from '../throttled.ts'
import { listEntries, sessionKind, sessionName } from './groups.ts'
import { onListKey, useGoTo, useOptions } from './options.ts'
import { problemWords, STATE_WORDS, StateGlyph } from './session-item.tsx'
import styles from './sessions.module.css'

const SIGN = 36

export function Rail({ sessions }: { readonly sessions: readonly Session[] }) {
  const page = usePage()
  const scene = useScene()
  const open = usePageState(state => state.sessionsOpen)
  const recordings = usePageState(state => state.server?.recordings)
  const rev = usePageState(state => state.rev)
  const ordered = useThrottled(
    () => listEntries(sessions, recordings ?? []).flatMap(one => (one.kind === 'session' ? [one.session] : [])),
    rev,
    `${sessions.length} ${recordings?.map(one => one.live).join()}`,
  )
  const ids = ordered.map(one => one.id)
  const chosen = scene?.session.id
  const at = chosen === undefined ? -1 : ids.indexOf(chosen)
  const goTo = useGoTo()
  const scroll = useRef<HTMLDivElement>(null)
  const list = useOptions({ scroll, count: ordered.length, sizeOf: () => SIGN, keyOf: place => ids[place] ?? place, chosen, at })
  return (
    <>
      <div className={styles.rail}>
        <IconButton icon={MenuIcon} name="Open the session list" aria-expanded={open} onClick={() => page.openSessions(!open)} />
      </div>
      <div className={styles.scroll} ref={scroll}>
        <div
          role="listbox"
          aria-label="Sessions"
          className={styles.canvas}
          style={{ height: list.getTotalSize() }}
          tabIndex={ordered.length === 0 ? -1 : undefined}
          onKeyDown={event =>
            onListKey(event, ids, chosen, id => {
              goTo(id)
              requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-sign="${id}"]`)?.focus())
            })
          }
        >
          {list.getVirtualItems().map(item => {
            const one = ordered[item.index]
            if (!one) return null
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles its keys
              <div
                key={item.key}
                role="option"
                aria-selected={one.id === chosen}
                aria-label={`Session ${sessionName(one)}, ${STATE_WORDS[one.state]}, ${sessionKind(one)}, ${problemWords(one)}`}
                title={`${sessionName(one)}: ${sessionKind(one)}, ${problemWords(one)}`}
                tabIndex={item.index === Math.max(at, 0) ? 0 : -1}
                data-sign={one.id}
                className={styles.sign}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => goTo(one.id)}
              >
                <StateGlyph session={one} />
                {(one.errors > 0 || one.warnings > 0) && (
                  <span className={styles.trouble}>
                    <SeverityGlyph severity={one.errors > 0 ? 'error' : 'warning'} size={10} />
                  </span>
                )}
              </div>
            )
          })}
        </div>
      </div>
    </>
  )
}
