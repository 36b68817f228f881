/** What became of something: a glyph and a word, never one without the other. */
import type { ReactElement } from 'react'
import { ActorBadge, BrokenGlyph, DashGlyph, LiveGlyph, NoGlyph, OkGlyph, PendingGlyph, SeverityGlyph } from '../parts/glyphs.tsx'
import styles from './calls.module.css'
import type { Outcome } from './words.ts'

function Sign({ outcome: { sign, broke } }: { readonly outcome: Outcome }): ReactElement | null {
  if (sign === 'client' || sign === 'server' || sign === 'proxy') return <ActorBadge actor={sign} broke={broke === true} />
  if (sign === 'ok') return <OkGlyph />
  if (sign === 'no') return <NoGlyph />
  if (sign === 'broken') return <BrokenGlyph />
  if (sign === 'error' || sign === 'warning') return <SeverityGlyph severity={sign} size={10} />
  if (sign === 'dash') return <DashGlyph />
  if (sign === 'live') return <LiveGlyph />
  return sign === 'pending' ? <PendingGlyph /> : null
}

export const OutcomeCell = ({ outcome }: { readonly outcome: Outcome }) => (
  <span className={styles.outcome} data-tone={outcome.tone} title={outcome.title}>
    <Sign outcome={outcome} />
    <span className={styles.ellipsis}>{outcome.text}</span>
  </span>
)
