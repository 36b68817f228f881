/** Marks that say a state by shape as well as by colour. Promise: decoration only; the words stand beside them. */
import type { Severity } from '../../proxy/core/model.ts'
import glyphCss from './glyph.module.css'

const PATHS = {
  yes: <path className={glyphCss.glyphYes} d="m2.5 7.5 3 3 6-7" />,
  no: <path className={glyphCss.glyphNo} d="m3.5 3.5 7 7m0-7-7 7" />,
  open: <circle className={glyphCss.glyphOpen} cx="7" cy="7" r="4" />,
  unknown: <path className={glyphCss.glyphOpen} d="M3.5 7h7" />,
  break: (
    <g className={glyphCss.glyphNo}>
      <circle cx="7" cy="7" r="5.5" />
      <path d="m5 5 4 4m0-4-4 4" />
    </g>
  ),
} as const

export const Glyph = ({ kind }: { kind: keyof typeof PATHS }) => (
  <svg className={glyphCss.glyph} viewBox="0 0 14 14" aria-hidden="true">
    {PATHS[kind]}
  </svg>
)

export const SeverityGlyph = ({ severity }: { severity: Severity }) => (
  <svg className={glyphCss.glyph} viewBox="0 0 14 14" aria-hidden="true" data-severity={severity}>
    {severity === 'error' ? (
      <path d="M7 1.5 12.5 7 7 12.5 1.5 7Z" />
    ) : severity === 'warning' ? (
      <path d="M7 2 13 12H1Z" />
    ) : (
      <circle cx="7" cy="7" r="5" />
    )}
  </svg>
)
