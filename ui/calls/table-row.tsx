/** One row of the table. Promise: its name holds number, what it is, when, what became of it, size and time, in words. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid cannot be a <table>; its rows are placed freely
// biome-ignore-all lint/a11y/useFocusableInteractive: the row has the focus, not its cells (roving tabindex)
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: the same
import { ChevronDown, ChevronRight } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import type { Call, Exchange, Frame, Gap } from '../../proxy/core/model.ts'
import { sizeOf, timeOf } from '../filter-match.ts'
import { clock, duration, offset, size } from '../format.ts'
import { classes, Icon, Tag } from '../parts/button.tsx'
import { SeverityGlyph } from '../parts/glyphs.tsx'
import { plainText } from '../plain-text.ts'
import { sessionName } from '../sessions/groups.ts'
import type { Range, Zero } from '../view.ts'
import styles from './calls.module.css'
import type { Entry } from './entries.ts'
import { OutcomeCell } from './outcome.tsx'
import { Waterfall } from './waterfall.tsx'
import { callOutcome, carriesWords, exchangeOutcome, frameOutcome, gapWords, type Outcome, sessionWords } from './words.ts'

export interface RowContext {
  readonly zero: Zero
  readonly startedAt: number
  /** The recording has ended: nothing is open any more. */
  readonly past: boolean
  readonly range: Range
  readonly now: number
  readonly breakAt: number | undefined
  readonly callsOf: (session: number) => readonly Call[]
  readonly callOf: (id: number) => Call | undefined
  /** True where a stream's end left a call without its answer. */
  readonly broke: (exchange: Exchange) => boolean
  readonly onFold: (call: number, open: boolean) => void
}

const timeText = (at: number, { zero, startedAt }: Pick<RowContext, 'zero' | 'startedAt'>): string =>
  zero.mode === 'clock' ? clock(startedAt + at) : offset(at - zero.at)

interface Cells {
  readonly number?: number
  readonly at: number
  readonly name: ReactNode
  readonly title: string
  readonly status?: number
  readonly outcome: Outcome
  readonly size: string
  readonly time: string
  readonly row: Call | Exchange | Frame
}

function callCells(call: Call, open: boolean, parts: boolean, context: RowContext): Cells {
  const title = call.name ?? call.method
  const time = timeOf(call, context.now)
  return {
    ...(call.number > 0 && { number: call.number }),
    at: call.sentAt,
    title: call.name && call.method !== 'tools/call' ? `${call.method} ${call.name}` : title,
    name: (
      <>
        {parts && (call.kind === 'request' || open) ? (
          <button
            type="button"
            className={styles.fold}
            tabIndex={-1}
            aria-hidden="true"
            onClick={event => {
              event.stopPropagation()
              context.onFold(call.id, !open)
            }}
          >
            {open && <Icon icon={ChevronDown} />}
            {!open && <Icon icon={ChevronRight} className={styles.closed} />}
          </button>
        ) : (
          <span className={styles.fold} />
        )}
        <span className={classes(styles.ellipsis, call.kind === 'request' && styles.strong)}>{title}</span>
        {call.hint !== undefined && <ArgumentsHint hint={plainText(call.hint)} />}
        {call.from === 'server' && <Tag title="Sent by the server">from server</Tag>}
      </>
    ),
    ...(call.status !== undefined && { status: call.status }),
    outcome: callOutcome(call),
    // A request that nobody answered has no size to show: what was asked is in the detail.
    size: call.kind === 'request' && call.answerBytes === undefined ? '' : size(sizeOf(call)),
    time:
      call.kind === 'request' && call.answeredAt === undefined && call.delivery !== 'pending' && call.brokenAt === undefined
        ? ''
        : duration(time),
    row: call,
  }
}

/** Tells calls of one tool apart. */
const ArgumentsHint = ({ hint }: { readonly hint: string }) => (
  <span className={classes(styles.mono, styles.small, styles.dim, styles.arguments)} title={hint}>
    {hint}
  </span>
)

function exchangeCells(one: Exchange, context: RowContext): Cells {
  const title = `${one.method} ${one.path}`
  return {
    at: one.requestAt,
    title,
    name: <MonoName title={one.target}>{title}</MonoName>,
    ...(one.status !== undefined && { status: one.status }),
    outcome: exchangeOutcome(one, context.broke(one), context.past),
    size: size(one.responseBytes),
    time: duration(timeOf(one, context.now)),
    row: one,
  }
}

function frameCells(frame: Frame, of: Call | undefined, context: RowContext): Cells {
  const call = frame.call === undefined ? undefined : context.callOf(frame.call)
  const what = frame.kind === 'event' ? `SSE ${frame.event || 'message'}` : frame.kind === 'comment' ? 'SSE comment' : `SSE ${frame.kind}`
  const carries = carriesWords(frame, call)
  return {
    at: frame.at,
    title: of ? what : `${what}, ${carries}`,
    name: (
      <>
        <MonoName title={frame.preview} whole={!of}>
          {of ? what : what.replace('SSE ', '')}
        </MonoName>
        {!of && <span className={classes(styles.ellipsis, styles.dim, styles.small)}>{carries}</span>}
      </>
    ),
    outcome: frameOutcome(frame),
    size: size(frame.size),
    time: '',
    row: frame,
  }
}

const MonoName = ({
  title,
  whole = false,
  children,
}: {
  readonly title: string
  readonly whole?: boolean
  readonly children: ReactNode
}) => (
  <>
    <span className={styles.fold} />
    <span className={classes(styles.mono, styles.small, whole ? styles.whole : styles.ellipsis)} title={title}>
      {children}
    </span>
  </>
)

function cellsOf(entry: Entry, context: RowContext): Cells | undefined {
  if (entry.kind === 'call') return callCells(entry.call, entry.open, entry.parts, context)
  if (entry.kind === 'exchange') return exchangeCells(entry.exchange, context)
  return entry.kind === 'frame' ? frameCells(entry.frame, entry.of, context) : undefined
}

/** The row in one sentence, for those who cannot see it. */
export function rowName(entry: Entry, context: RowContext): string {
  if (entry.kind === 'session')
    return `Session ${sessionName(entry.session)}, ${sessionWords(entry.session, entry.before, context.zero.at, context.callsOf(entry.session.id))}`
  if (entry.kind === 'log') return `Log at ${timeText(entry.log.at, context)}, ${entry.log.level}, ${entry.log.text.slice(0, 200)}`
  if (entry.kind === 'finding')
    return `${entry.finding.severity}, ${entry.finding.rule}, at ${timeText(entry.finding.at, context)}, ${entry.finding.title}`
  if (entry.kind === 'gap') return `Gap in the journal at ${timeText(entry.gap.at, context)}, ${gapWords(entry.gap)}`
  const cells = cellsOf(entry, context)
  if (!cells) return ''
  const unit = context.zero.mode === 'clock' ? '' : ' s'
  return [
    cells.number ? `Call ${cells.number}, ${cells.title}` : cells.title,
    entry.kind === 'call' && entry.call.hint !== undefined && plainText(entry.call.hint),
    `at ${timeText(cells.at, context)}${unit}`,
    cells.status !== undefined && `status ${cells.status}`,
    cells.outcome.text,
    // What still grows is not part of a name: it would be read out again every second.
    ...(cells.outcome.sign === 'live' || cells.outcome.sign === 'pending' ? [] : [cells.size, cells.time]),
    entry.kind === 'call' && entry.open && 'its exchanges follow',
  ]
    .filter(Boolean)
    .join(', ')
}

function GapRow({ gap, context }: { readonly gap: Gap; readonly context: RowContext }) {
  return (
    <div className={classes(styles.row, styles.text, styles.gap)} role="presentation">
      <span role="gridcell" className={styles.number} />
      <span role="gridcell" className={classes(styles.number, styles.mid)}>
        {timeText(gap.at, context)}
      </span>
      <span role="gridcell" className={styles.ellipsis} title={gap.detail}>
        {gapWords(gap)}
      </span>
      <span role="gridcell" className={classes(styles.dim, styles.small)}>
        journal
      </span>
    </div>
  )
}

function TextRow({ entry, context }: { readonly entry: Entry & { kind: 'log' | 'finding' }; readonly context: RowContext }) {
  const at = entry.kind === 'log' ? entry.log.at : entry.finding.at
  return (
    <div className={classes(styles.row, styles.text)} role="presentation">
      <span role="gridcell" className={styles.number}>
        {entry.kind === 'finding' && <SeverityGlyph severity={entry.finding.severity} />}
      </span>
      <span role="gridcell" className={classes(styles.number, styles.mid)}>
        {timeText(at, context)}
      </span>
      {entry.kind === 'log' ? (
        <span
          role="gridcell"
          className={classes(styles.mono, styles.small, styles.ellipsis, entry.log.level === 'error' && styles.error)}
          title={entry.log.text}
        >
          {entry.log.exception && <b>{entry.log.exception} </b>}
          {entry.log.text.split('\n', 1)[0]}
          {entry.log.lines > 1 && ` (${entry.log.lines} lines)`}
        </span>
      ) : (
        <span role="gridcell" className={classes(styles.strong, styles.ellipsis)} title={entry.finding.title}>
          {entry.finding.title}
        </span>
      )}
      <span role="gridcell" className={classes(styles.dim, styles.small, styles.ellipsis)}>
        {entry.kind === 'log' ? entry.log.source : entry.finding.rule}
      </span>
    </div>
  )
}

export const TableRow = memo(function TableRow({ entry, context }: { readonly entry: Entry; readonly context: RowContext }) {
  if (entry.kind === 'session')
    return (
      <div className={styles.heading} role="gridcell">
        <b>{sessionName(entry.session)}</b>
        <span className={styles.ellipsis}>
          {sessionWords(entry.session, entry.before, context.zero.at, context.callsOf(entry.session.id))}
        </span>
      </div>
    )
  if (entry.kind === 'gap') return <GapRow gap={entry.gap} context={context} />
  if (entry.kind === 'log' || entry.kind === 'finding') return <TextRow entry={entry} context={context} />
  const cells = cellsOf(entry, context)
  if (!cells) return null
  const part = (entry.kind === 'exchange' || entry.kind === 'frame') && entry.of !== undefined
  return (
    <div className={classes(styles.row, part && styles.part)} role="presentation">
      <span role="gridcell" className={classes(styles.number, styles.dim)}>
        {cells.number ?? ''}
      </span>
      <span role="gridcell" className={classes(styles.number, styles.mid)}>
        {timeText(cells.at, context)}
      </span>
      <span role="gridcell" className={styles.name} title={cells.title}>
        {cells.name}
      </span>
      <span role="gridcell">{cells.status ?? ''}</span>
      <span role="gridcell">
        <OutcomeCell outcome={cells.outcome} />
      </span>
      <span role="gridcell" className={classes(styles.number, styles.size)}>
        {cells.size}
      </span>
      <span role="gridcell" className={classes(styles.number, styles.time)}>
        {cells.time}
      </span>
      <span role="gridcell" className={styles.fall}>
        <Waterfall range={context.range} now={context.now} breakAt={context.breakAt} row={cells.row} />
      </span>
    </div>
  )
})
