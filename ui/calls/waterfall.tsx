/** A row's place in the range that the timeline shows, drawn small. The same marks as on the timeline. */
import type { Call, Exchange, Frame } from '../../proxy/core/model.ts'
import { isRedirect } from '../filter-match.ts'
import { isFailedCall } from '../timeline/tracks.ts'
import type { Range } from '../view.ts'
import { firstEnd } from './words.ts'

const WIDTH = 110

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

interface BarProps {
  readonly now: number
  readonly x: (at: number) => number
  readonly seen: (from: number, to: number) => boolean
}

function CallBar({ call, now, x, seen }: BarProps & { readonly call: Call }) {
  const end = call.answeredAt ?? (call.delivery === 'pending' ? now : (call.brokenAt ?? call.acceptedAt ?? call.sentAt))
  if (!seen(call.sentAt, end)) return null
  const [from, to] = [x(call.sentAt), x(end)]
  const failed = isFailedCall(call)
  const { brokenAt } = call
  if (brokenAt !== undefined && failed && to - from > 5) {
    const cut = x(Math.min(brokenAt, end))
    return (
      <>
        <rect x={from} y="8" width={Math.max(cut - from, 0)} height="8" fill="var(--m-call-bg)" stroke="var(--m-call)" />
        {to - cut > 0.5 && (
          <rect x={cut} y="8" width={to - cut} height="8" fill="var(--m-fail-bg)" stroke="var(--m-fail)" strokeDasharray="2 2" />
        )}
      </>
    )
  }
  const colour = failed ? 'var(--m-fail)' : call.kind === 'request' ? 'var(--m-call)' : 'var(--m-post)'
  return <rect x={from - 1} y="7" width={Math.max(3, to - from)} height="10" rx="1" fill={colour} />
}

function ExchangeBar({ one, now, x, seen }: BarProps & { readonly one: Exchange }) {
  const end = firstEnd(one)?.at ?? (one.body === 'stream' || one.status === undefined ? now : (one.lastByteAt ?? one.requestAt))
  if (!seen(one.requestAt, end)) return null
  const [from, to] = [x(one.requestAt), x(end)]
  if (isRedirect(one.status)) return <path d={`m${from} 7 5 5-5 5-5-5z`} fill="var(--m-redirect-bg)" stroke="var(--m-redirect)" />
  if (to - from < 6) return <rect x={from - 1} y="7" width={Math.max(3, to - from)} height="10" rx="1" fill="var(--m-post)" />
  return <rect x={from} y="9" width={to - from} height="6" fill="var(--m-stream-bg)" stroke="var(--m-stream)" />
}
