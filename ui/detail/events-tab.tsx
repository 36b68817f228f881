/** The SSE events of one stream, each with what it carries and whether it reached the client leg. Promise: any number of rows scrolls alike. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import type { Call, Frame } from '../../proxy/core/model.ts'
import { carriesWords } from '../calls/words.ts'
import { count, offset, plural, size } from '../format.ts'
import type { DetailApi, Selection } from '../view.ts'
import css from './detail.module.css'
import eventsCss from './events.module.css'
import { JsonText } from './json-view.tsx'
import { useLoaded } from './loaded.ts'

const ROW = 22

interface EventsTabProps {
  readonly frames: readonly Frame[]
  readonly calls: readonly Call[]
  /** The frame that is selected, if one of these is. */
  readonly chosen?: number | undefined
  /** The call in question: its frames are preferred. */
  readonly call?: number | undefined
  readonly api: DetailApi
  readonly zero: number
  readonly onSelect: (selection: Selection) => void
}

export function EventsTab({ frames, calls, chosen, call, api, zero, onSelect }: EventsTabProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({ count: frames.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 })
  const named = new Map(calls.map(row => [row.id, row]))
  const current = frames.findIndex(frame => (chosen === undefined ? call !== undefined && frame.call === call : frame.id === chosen))
  const frame = frames[current]
  useEffect(() => {
    if (current >= 0) rows.scrollToIndex(current, { align: 'auto' })
  }, [current, rows])
  const pings = frames.reduce((sum, row) => sum + (row.kind === 'comment' ? 1 : 0), 0)
  if (frames.length === 0) return <p className={css.none}>This exchange carried no SSE event.</p>
  return (
    <>
      <p className={css.sub}>
        <b>SSE events</b>
        {plural(frames.length - pings, 'event')}, {plural(pings, 'ping')}
      </p>
      <div className={eventsCss.eventHead} aria-hidden="true">
        <span className={css.right}>At, s</span>
        <span>Event</span>
        <span>Carries</span>
        <span className={css.right}>Bytes</span>
        <span>Client leg</span>
      </div>
      <div className={eventsCss.events} ref={scroller}>
        <ul className={eventsCss.eventList} style={{ height: rows.getTotalSize() }} aria-label="SSE events">
          {rows.getVirtualItems().map(item => {
            const row = frames[item.index]
            return (
              row && (
                <li key={row.id}>
                  <button
                    type="button"
                    className={eventsCss.event}
                    style={{ transform: `translateY(${item.start}px)` }}
                    data-crossed={row.crossed}
                    aria-current={item.index === current}
                    onClick={() => onSelect({ kind: 'frame', id: row.id })}
                  >
                    <span className={css.right}>{offset(row.at - zero)}</span>
                    <span>{row.kind === 'event' ? row.event : row.kind}</span>
                    <span>{carriesWords(row, row.call === undefined ? undefined : named.get(row.call))}</span>
                    <span className={css.right}>{count(row.size)}</span>
                    <span>{row.crossed ? 'written' : 'closed'}</span>
                  </button>
                </li>
              )
            )
          })}
        </ul>
      </div>
      {frame && <FrameData key={frame.id} frame={frame} api={api} />}
    </>
  )
}

function FrameData({ frame, api }: { frame: Frame; api: DetailApi }) {
  const loaded = useLoaded(String(frame.id), signal => api.loadData(frame.id, { signal }))
  return (
    <>
      <p className={css.sub}>
        <b>Event {frame.index + 1}</b>
        {size(frame.size)} at byte {count(frame.offset)}
        {frame.lastEventId !== undefined && <span>id {frame.lastEventId}</span>}
        <span>record #{frame.seq}</span>
      </p>
      {loaded.state === 'loading' && <p className={css.none}>Loading …</p>}
      {loaded.state === 'failed' && <p className={css.note}>{loaded.error}</p>}
      {loaded.state === 'here' && <JsonText text={loaded.value.text} />}
      {loaded.state === 'here' && loaded.value.note && <p className={css.note}>{loaded.value.note}</p>}
    </>
  )
}
