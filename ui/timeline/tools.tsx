/** The row above the timeline: whose sessions, what stands at zero, how much time, zoom, fit, follow. Promise: holds no state of its own. */
import { Maximize, Minus, Plus } from 'lucide-react'
import type { Range, Selection, Zero } from '../view.ts'
import { shownText } from './axis.ts'
import { span, ZOOM } from './scale.ts'
import classes from './tools.module.css'

export type Scope = 'chain' | 'session'

export interface TimelineToolsProps {
  readonly scope: Scope
  /** Sessions in the chain of the selected one, itself included; a chain of 1 has nothing to choose. */
  readonly chain: number
  readonly onScope: (scope: Scope) => void
  readonly zero: Zero
  readonly onZero: (mode: Zero['mode']) => void
  readonly selection: Selection | null
  readonly range: Range
  /** Above 1: more time. */
  readonly onZoom: (factor: number) => void
  readonly onFit: () => void
  /** There is a live edge to follow. */
  readonly live: boolean
  readonly follow: boolean
  readonly onFollow: (follow: boolean) => void
}

const MODES: readonly { mode: Zero['mode']; text: string }[] = [
  { mode: 'session', text: 'session start' },
  { mode: 'clock', text: 'wall clock' },
  { mode: 'selection', text: 'the selection' },
]

export function TimelineTools(props: TimelineToolsProps) {
  const { range, selection, live, follow, zero } = props
  return (
    <div className={classes.bar} role="toolbar" aria-label="Timeline tools">
      {props.chain > 1 ? (
        <fieldset className={classes.segments} aria-label="Sessions shown">
          <button type="button" aria-pressed={props.scope === 'chain'} onClick={() => props.onScope('chain')}>
            Chain of {props.chain}
          </button>
          <button type="button" aria-pressed={props.scope === 'session'} onClick={() => props.onScope('session')}>
            This session
          </button>
        </fieldset>
      ) : null}
      <label className={classes.zero}>
        <span>Zero: {zero.label}</span>
        <select
          aria-label="What stands at zero on the time axis"
          value={zero.mode}
          onChange={event => props.onZero(event.target.value as Zero['mode'])}
        >
          {MODES.map(({ mode, text }) => (
            <option key={mode} value={mode} disabled={mode === 'selection' && selection === null && zero.mode !== 'selection'}>
              {mode === zero.mode ? zero.label : text}
            </option>
          ))}
        </select>
      </label>
      <span className={classes.space} />
      <span className={classes.shown}>{shownText(span(range))} shown</span>
      <button
        type="button"
        className={classes.icon}
        aria-label="Show more time"
        title="Show more time (s)"
        onClick={() => props.onZoom(ZOOM)}
      >
        <Minus size={14} strokeWidth={1.6} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={classes.icon}
        aria-label="Show less time"
        title="Show less time (w)"
        onClick={() => props.onZoom(1 / ZOOM)}
      >
        <Plus size={14} strokeWidth={1.6} aria-hidden="true" />
      </button>
      <button
        type="button"
        className={classes.icon}
        aria-label="Fit"
        title="Fit the selection; again: everything (f)"
        onClick={props.onFit}
      >
        <Maximize size={14} strokeWidth={1.6} aria-hidden="true" />
      </button>
      {live ? (
        <button
          type="button"
          className={classes.follow}
          aria-pressed={follow}
          title="Keep the live edge in view (l)"
          onClick={() => props.onFollow(!follow)}
        >
          <span className={classes.dot} aria-hidden="true" />
          Follow
        </button>
      ) : null}
    </div>
  )
}
