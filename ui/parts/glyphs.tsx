/** Signs of state and severity. Promise: one shape each, so that colour is never alone; silent to screen readers, the text beside them speaks. */
import type { Actor } from '../../proxy/core/event.ts'
import type { Severity } from '../../proxy/core/model.ts'
import styles from './parts.module.css'

interface GlyphProps {
  readonly size?: number
}

const ErrorGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <path d="M6 .5 11.5 6 6 11.5.5 6z" fill="var(--fail)" />
  </svg>
)
const WarningGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <path d="M6 1 11.5 11H.5z" fill="var(--m-redirect-bg)" stroke="var(--warn)" strokeWidth="1.2" strokeLinejoin="round" />
  </svg>
)
const InfoGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <circle cx="6" cy="6" r="4.6" fill="var(--info-bg)" stroke="var(--info)" strokeWidth="1.3" />
  </svg>
)
export function SeverityGlyph({ severity, size }: GlyphProps & { readonly severity: Severity }) {
  const props = size === undefined ? {} : { size }
  if (severity === 'error') return <ErrorGlyph {...props} />
  return severity === 'warning' ? <WarningGlyph {...props} /> : <InfoGlyph {...props} />
}

export const OkGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <path d="M2.5 6.3 5 8.7 9.5 3.5" fill="none" stroke="var(--good)" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
)
export const NoGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <path d="m3 3 6 6M9 3 3 9" fill="none" stroke="var(--fail)" strokeWidth="1.8" strokeLinecap="round" />
  </svg>
)
export const BrokenGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <circle cx="6" cy="6" r="4.5" fill="none" stroke="var(--fail)" strokeWidth="1.4" />
    <path d="m4.3 4.3 3.4 3.4m0-3.4L4.3 7.7" stroke="var(--fail)" strokeWidth="1.4" strokeLinecap="round" />
  </svg>
)
/** `still`: open, but nothing has come for a while. */
export const LiveGlyph = ({ size = 12, still = false }: GlyphProps & { readonly still?: boolean }) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <circle className={still ? undefined : styles.breathing} cx="6" cy="6" r="4" fill="var(--good)" />
    {still && <circle cx="6" cy="6" r="1.8" fill="var(--bg-pane)" />}
  </svg>
)
export const EndedGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <circle cx="6" cy="6" r="3.5" fill="none" stroke="var(--edge)" strokeWidth="1.4" />
  </svg>
)
export const DashGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <path d="M3 6h6" stroke="var(--edge)" strokeWidth="1.5" strokeLinecap="round" />
  </svg>
)
/** Asked and not yet answered: half a ring. */
export const PendingGlyph = ({ size = 12 }: GlyphProps) => (
  <svg className={styles.glyph} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
    <circle cx="6" cy="6" r="4" fill="none" stroke="var(--line-strong)" strokeWidth="1.6" />
    <path d="M6 2a4 4 0 0 1 4 4" fill="none" stroke="var(--m-call)" strokeWidth="1.8" strokeLinecap="round" />
  </svg>
)

const LETTER = { client: 'C', server: 'S', proxy: 'P' } as const
/** Who ended something: C in a circle, S in a square, P in a hexagon; red only when something was in flight. */
export function ActorBadge({
  actor,
  broke = false,
  size = 13,
}: {
  readonly actor: Actor
  readonly broke?: boolean
  readonly size?: number
}) {
  const fill = broke ? 'var(--m-fail)' : 'var(--m-held)'
  return (
    <svg className={styles.glyph} width={size} height={size} viewBox="0 0 13 13" aria-hidden="true">
      {actor === 'client' && <circle cx="6.5" cy="6.5" r="6.5" fill={fill} />}
      {actor === 'server' && <rect x="0.5" y="0.5" width="12" height="12" rx="2" fill={fill} />}
      {actor === 'proxy' && <path d="M6.5 0 12.500 3.250v6.500L6.5 13 .5 9.750v-6.500z" fill={fill} />}
      <path d={LETTERS[LETTER[actor]]} fill="none" stroke="var(--bg-pane)" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}
/** Drawn, not set: at this size a font would blur. */
const LETTERS = {
  C: 'M8.500 4.700A2.700 2.700 0 1 0 8.500 8.300',
  S: 'M8.300 4.600C7.900 3.900 7.200 3.700 6.500 3.700 5.500 3.700 4.800 4.200 4.800 5c0 2 3.500 1.100 3.500 3 0 .9-.8 1.400-1.800 1.400-.9 0-1.500-.3-1.900-1',
  P: 'M5 9.600V3.600h1.900a1.650 1.650 0 0 1 0 3.400H5',
} as const

export const Wave = ({ className, d, box }: { readonly className?: string | undefined; readonly d: string; readonly box: string }) => (
  <svg className={className} viewBox={box} aria-hidden="true" fill="none" strokeLinecap="round" strokeLinejoin="round">
    <path d={d} />
  </svg>
)
