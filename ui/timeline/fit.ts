/** How much there is to show: of everything, and of one selected thing. Promise: pure; open ends reach the live edge. */
import type { Call, Exchange } from '../../proxy/core/model.ts'
import { callEnd } from '../call-fate.ts'
import type { Range, Selection, SessionRows, TimelineData } from '../view.ts'
import { fitRange, followRange, zoomRange } from './scale.ts'
import { reachOf } from './tail.ts'
import { exchangeEnd, type SessionTracks } from './tracks.ts'

/** From the first beginning to the last moment of the shown chain. */
export function extentOf(data: TimelineData): Range {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const rows of data.sessions) {
    const { session, exchanges } = rows
    from = Math.min(from, session.startedAt, exchanges[0]?.requestAt ?? session.startedAt)
    to = Math.max(to, reachOf(rows, data.now))
  }
  return from <= to ? { from, to } : { from: 0, to: Math.max(1000, data.now ?? 0) }
}

/** Where open ends lead: the live edge, or the recording's last known moment. */
export const edgeOf = (data: TimelineData): number => data.now ?? extentOf(data).to

export function findIn<T extends { readonly id: number }>(
  data: TimelineData,
  list: (rows: SessionRows) => readonly T[],
  id: number,
): T | undefined {
  for (const rows of data.sessions) {
    const found = list(rows).find(row => row.id === id)
    if (found) return found
  }
  return undefined
}

/** The stretch of time that a selection stands for. */
export function spanOf(data: TimelineData, selection: Selection | null): Range | undefined {
  if (!selection) return undefined
  const edge = edgeOf(data)
  const { kind, id } = selection
  if (kind === 'call')
    return callSpan(
      findIn(data, rows => rows.calls, id),
      edge,
    )
  if (kind === 'exchange')
    return exchangeSpan(
      findIn(data, rows => rows.exchanges, id),
      edge,
    )
  if (kind === 'session') {
    const rows = data.sessions.find(item => item.session.id === id)
    return rows ? extentOf({ ...data, sessions: [rows] }) : undefined
  }
  const at = momentOf(data, selection)
  return at === undefined ? undefined : { from: at, to: at }
}

const callSpan = (call: Call | undefined, edge: number): Range | undefined =>
  call && { from: call.sentAt, to: Math.min(callEnd(call), edge) }
const exchangeSpan = (exchange: Exchange | undefined, edge: number): Range | undefined =>
  exchange && { from: exchange.requestAt, to: Math.min(exchangeEnd(exchange), edge) }

/** When a selected thing began. */
export function momentOf(data: TimelineData, selection: Selection): number | undefined {
  const { kind, id } = selection
  if (kind === 'frame') return findIn(data, rows => rows.frames, id)?.at
  if (kind === 'finding') return findIn(data, rows => rows.findings, id)?.at
  if (kind === 'log') return data.logs.find(log => log.id === id)?.at
  return spanOf(data, selection)?.from
}

/** The selection with air around it; a moment gets a second. */
export function fitSelection(data: TimelineData, selection: Selection | null): Range | undefined {
  const span = spanOf(data, selection)
  if (!span) return undefined
  return span.to > span.from ? fitRange(span.from, span.to, 0.15) : { from: span.from - 500, to: span.to + 500 }
}

/** A step of zoom by button or key: around the live edge while it is followed, else around the selection in view, else the middle. */
export function zoomStep(range: Range, factor: number, follow: boolean, now: number | undefined, at: number | undefined): Range {
  if (follow && now !== undefined) return followRange(zoomRange(range, factor, now), now)
  const pivot = at !== undefined && at >= range.from && at <= range.to ? at : (range.from + range.to) / 2
  return zoomRange(range, factor, pivot)
}

/** The call that a selection is or belongs to: its band is drawn, its lanes are pinned. */
export function callOf(data: TimelineData, tracks: readonly SessionTracks[], selection: Selection | null): Call | undefined {
  const call = (id: number | undefined): Call | undefined => {
    if (id === undefined) return undefined
    for (const track of tracks) {
      const found = track.callRow.get(id)
      if (found) return found.call
    }
    return undefined
  }
  if (selection?.kind === 'call') return call(selection.id)
  if (selection?.kind === 'frame') return call(findIn(data, rows => rows.frames, selection.id)?.call)
  const finding = selection?.kind === 'finding' ? findIn(data, rows => rows.findings, selection.id) : undefined
  if (finding?.call !== undefined) return call(finding.call)
  const exchange = selection?.kind === 'exchange' ? selection.id : finding?.exchange
  if (exchange === undefined) return undefined
  const place = tracks.map(track => track.places.get(exchange)).find(found => found !== undefined)
  // A stream carries many calls; no one of them is meant.
  return place && place.path >= 0 ? call(place.exchange.calls[0]) : undefined
}
