/** One session of the list: its state as a shape, what it speaks, when, and how many findings. */
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import type { Session } from '../../proxy/core/model.ts'
import { lastOf } from '../../proxy/core/session-span.ts'
import { age, duration, moment, plural } from '../format.ts'
import { classes, Hidden } from '../parts/button.tsx'
import { BrokenGlyph, EndedGlyph, LiveGlyph, SeverityGlyph } from '../parts/glyphs.tsx'
import { isOpen } from '../scene.ts'
import { sessionKind, sessionName } from './groups.ts'
import styles from './sessions.module.css'

export const STATE_WORDS = { live: 'live', quiet: 'open, quiet', ended: 'ended', broken: 'broken' } as const

export function StateGlyph({ session }: { readonly session: Session }) {
  if (session.state === 'broken') return <BrokenGlyph />
  if (session.state === 'ended') return <EndedGlyph />
  return <LiveGlyph still={session.state === 'quiet'} />
}

/** "live 17 s", "14:02, 1 m 33 s" */
function whenOf(session: Session, recording: RecordingInfo | undefined, now: number, today: number): string {
  if (recording?.live && isOpen(session)) return `live ${age(now - session.startedAt)}`
  return `${moment((recording?.startedAt ?? 0) + session.startedAt, today)}, ${duration(lastOf(session) - session.startedAt)}`
}

/** Without a finding: a session that broke is not said to have no problems. */
const calmWords = ({ state, undelivered }: Session): string =>
  undelivered > 0 ? `${undelivered} not delivered` : state === 'broken' ? 'no finding' : 'no problems'

/** "1 error, 2 warnings" */
export const problemWords = (session: Session): string =>
  [session.errors > 0 && plural(session.errors, 'error'), session.warnings > 0 && plural(session.warnings, 'warning')]
    .filter(Boolean)
    .join(', ') || calmWords(session)

interface SessionItemProps {
  readonly session: Session
  readonly recording: RecordingInfo | undefined
  readonly now: number
  readonly selected: boolean
  readonly linked: boolean
  readonly tabIndex: 0 | -1
  readonly onPick: () => void
}

export function SessionItem({ session, recording, now, selected, linked, tabIndex, onPick }: SessionItemProps) {
  const live = recording?.live === true && isOpen(session)
  const when = whenOf(session, recording, now, Date.now())
  const { errors, warnings } = session
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles its keys
    <div
      role="option"
      aria-selected={selected}
      tabIndex={tabIndex}
      className={styles.session}
      data-session={session.id}
      title={session.key}
      onClick={onPick}
    >
      {linked && <span className={styles.chain} />}
      <span className={styles.state}>
        <StateGlyph session={session} />
      </span>
      <span className={styles.line}>
        <span className={classes(styles.mono, styles.ellipsis)}>
          <Hidden>Session </Hidden>
          {sessionName(session)}
          <Hidden>, {STATE_WORDS[session.state]}, </Hidden>
        </span>
        <span className={classes(styles.when, live && styles.live)}>{when}</span>
      </span>
      <span className={styles.line}>
        <span className={classes(styles.second, styles.ellipsis)}>
          <Hidden>, </Hidden>
          {sessionKind(session)}
        </span>
        <span className={styles.counts}>
          <Hidden>, {problemWords(session)}</Hidden>
          {errors > 0 && (
            <span className={classes(styles.count, styles.fail)} aria-hidden="true">
              <SeverityGlyph severity="error" size={10} />
              {errors}
            </span>
          )}
          {warnings > 0 && (
            <span className={classes(styles.count, styles.warn)} aria-hidden="true">
              <SeverityGlyph severity="warning" size={10} />
              {warnings}
            </span>
          )}
        </span>
      </span>
    </div>
  )
}
