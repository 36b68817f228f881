/** A row's place in the range that the timeline shows, drawn small. The same marks as on the timeline. */
import type { Call, Exchange, Frame } from '../../proxy/core/model.ts'
import { callEnd, fateOf, lostFrom } from '../call-fate.ts'
import { isRedirect } from '../filter-match.ts'
import { duration, edge } from '../format.ts'
import type { Range } from '../view.ts'
import { exchangeOutcome, firstEnd } from './words.ts'

const WIDTH = 110
/** Characters of its heading that the column holds. */
const HEADING = 18

/** What the column shows, `zero` at 0: "−24 s to +101 s"; where both ends are long, "+21.637 s for 23 ms". */
export function waterfallHeading({ from, to }: Range, zero: number): string {
  const span = to - from
  const both = `${edge(from - zero, span)} to ${edge(to - zero, span)}`
  return both.length <= HEADING ? both : `${edge(from - zero, span)} for ${duration(span)}`
}

interface WaterfallProps {
  readonly range: Range
  readonly now: number
  /** The moment that broke the selected call or a session's calls: drawn through all rows. */
  readonly breakAt: number | undefined
  readonly row: Call | Exchange | Frame
}

export function Waterfall({ range, now, breakAt, row }: WaterfallProps) {
  const x = (at: number) => Math.max(-4, Math.min(WIDTH + 4, ((at - range.from) / (range.to - range.from)) * WIDTH))
  const seen = (from: number, to: number) => to >= range.from && from <= range.to
  return (
    <svg viewBox={`0 0 ${WIDTH} 24`} preserveAspectRatio="none" aria-hidden="true">
      {breakAt !== undefined && seen(breakAt, breakAt) && (
        <path d={`M${x(breakAt)} 0v24`} stroke="var(--fail)" strokeDasharray="2 2" opacity="0.6" />
      )}
      {row.t === 'call' && <CallBar call={row} now={now} x={x} seen={seen} />}
      {row.t === 'exchange' && <ExchangeBar one={row} now={now} x={x} seen={seen} />}
      {row.t === 'frame' && seen(row.at, row.at) && (
        <rect x={x(row.at) - 1} y="7" width="3" height="10" rx="1" fill={row.crossed ? 'var(--m-stream)' : 'var(--m-fail)'} />
      )}
    </svg>
  )
}

/** The part of a call's bar in which it could still be answered, where no answer came then: hollow where none came at all, as on the timeline. */
const UNANSWERED = {
  late: { fill: 'var(--m-call-bg)', stroke: 'var(--m-call)' },
  lost: { fill: 'none', stroke: 'var(--m-fail)' },
  open: { fill: 'none', stroke: 'var(--m-call)' },
  untold: { fill: 'none', stroke: 'var(--m-held)', strokeDasharray: '3 2' },
} as const

interface BarProps {
  readonly now: number
  readonly x: (at: number) => number
  readonly seen: (from: number, to: number) => boolean
}

function CallBar({ call, now, x, seen }: BarProps & { readonly call: Call }) {
  const end = Math.min(callEnd(call), Math.max(now, call.sentAt))
  if (!seen(call.sentAt, end)) return null
  const [from, to] = [x(call.sentAt), x(end)]
  if (call.kind === 'notification' || call.kind === 'response')
    return <rect x={from - 1} y="7" width={Math.max(3, to - from)} height="10" rx="1" fill="var(--m-post)" />
  const fate = fateOf(call)
  if (fate === 'answered' || fate === 'failed')
    return (
      <rect x={from - 1} y="7" width={Math.max(3, to - from)} height="10" rx="1" fill={`var(--m-${fate === 'failed' ? 'fail' : 'call'})`} />
    )
  const cut = fate === 'late' ? x(lostFrom(call) ?? end) : to
  return (
    <>
      <rect x={from} y="8" width={Math.max(3, cut - from)} height="8" {...UNANSWERED[fate]} />
      {fate === 'late' && (
        <rect x={cut} y="8" width={Math.max(3, to - cut)} height="8" fill="var(--m-fail-bg)" stroke="var(--m-fail)" strokeDasharray="2 2" />
      )}
      {fate === 'lost' && <rect x={to - 2} y="7" width="3" height="10" rx="1" fill="var(--m-fail)" />}
    </>
  )
}

function ExchangeBar({ one, now, x, seen }: BarProps & { readonly one: Exchange }) {
  const end = firstEnd(one)?.at ?? (one.body === 'stream' || one.status === undefined ? now : (one.lastByteAt ?? one.requestAt))
  if (!seen(one.requestAt, end)) return null
  const [from, to] = [x(one.requestAt), x(end)]
  if (isRedirect(one.status)) return <path d={`m${from} 7 5 5-5 5-5-5z`} fill="var(--m-redirect-bg)" stroke="var(--m-redirect)" />
  const mark = exchangeOutcome(one, false).tone === 'fail' ? 'fail' : one.body === 'stream' ? 'stream' : 'post'
  if (to - from < 6)
    return (
      <rect x={from - 1} y="7" width={Math.max(3, to - from)} height="10" rx="1" fill={`var(--m-${mark === 'stream' ? 'post' : mark})`} />
    )
  return <rect x={from} y="9" width={to - from} height="6" fill={`var(--m-${mark}-bg)`} stroke={`var(--m-${mark})`} />
}
