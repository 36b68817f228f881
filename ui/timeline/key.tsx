/** The key below the timeline: what each mark means. Promise: the same inks and shapes as the canvas. */
import type { ReactNode } from 'react'
import classes from './key.module.css'

interface EntryProps {
  readonly text: string
  readonly wide?: boolean
  /** Has a lane of its own, which bears its name. */
  readonly laned?: boolean
  readonly children: ReactNode
}

function Entry({ text, wide, laned, children }: EntryProps) {
  return (
    <span className={laned ? `${classes.entry} ${classes.laned}` : classes.entry}>
      <svg viewBox={wide ? '0 0 48 12' : '0 0 18 12'} width={wide ? 48 : 18} height={12} aria-hidden="true">
        {children}
      </svg>
      {text}
    </span>
  )
}

export function Key() {
  return (
    <div className={classes.key} role="note" aria-label="Key to the timeline">
      <Entry text="call">
        <rect className={classes.call} x="1" y="2" width="16" height="8" rx="2" />
      </Entry>
      <Entry text="answer">
        <path className={classes.answerLine} d="M9 1v10" />
        <path className={classes.answer} d="M9 0 5.5 6h7z" />
      </Entry>
      <Entry text="307">
        <path className={classes.redirect} d="m9 .7 5 5.3-5 5.3L4 6z" />
      </Entry>
      <Entry text="POST" laned>
        <rect className={classes.post} x="7" y="0" width="4" height="12" rx="1" />
      </Entry>
      <Entry text="event">
        <rect className={classes.stream} x="0.5" y="3" width="17" height="6" />
        <rect className={classes.event} x="8" y="1" width="2.5" height="10" />
      </Entry>
      <Entry text="ping">
        <circle className={classes.ping} cx="9" cy="6" r="3" />
      </Entry>
      <Entry text="held by proxy">
        <path className={classes.hatch} d="M1 10 9 2M5 10l8-8M9 10l8-8M.5 6.5l4-4M13 10l4-4" />
        <rect className={classes.held} x="0.5" y="2" width="17" height="8" />
      </Entry>
      <Entry text="log line" laned>
        <rect className={classes.log} x="8" y="1" width="2" height="10" />
      </Entry>
      <Entry text="who ended it" wide>
        <circle className={classes.badge} cx="7" cy="6" r="6" />
        <rect className={classes.badge} x="18" y="0" width="12" height="12" rx="2" />
        <path className={classes.badge} d="m41 0 5.6 3v6L41 12l-5.600-3V3z" />
        <g className={classes.letter}>
          <text x="7" y="9.300">
            C
          </text>
          <text x="24" y="9.300">
            S
          </text>
          <text x="41" y="9.300">
            P
          </text>
        </g>
      </Entry>
    </div>
  )
}
