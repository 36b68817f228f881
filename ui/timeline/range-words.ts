/** What a range drawn on the axis holds: its length, calls, exchanges, events and bytes. Promise: counts by binary search; bytes by the exchanges begun in it. */
import { plural, size } from '../format.ts'
import type { Range, SessionRows } from '../view.ts'
import { lengthText } from './axis.ts'

function within<T>(rows: readonly T[], at: (row: T) => number, range: Range): T[] {
  const bound = (value: number): number => {
    let low = 0
    let high = rows.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (at(rows[mid] as T) < value) low = mid + 1
      else high = mid
    }
    return low
  }
  return rows.slice(bound(range.from), bound(range.to))
}

export function rangeWords(sessions: readonly SessionRows[], range: Range): string {
  let calls = 0
  let exchanges = 0
  let events = 0
  let bytes = 0
  for (const rows of sessions) {
    calls += within(rows.calls, call => call.sentAt, range).filter(call => call.number > 0).length
    const begun = within(rows.exchanges, exchange => exchange.requestAt, range)
    exchanges += begun.length
    for (const exchange of begun) bytes += exchange.requestBytes + (exchange.body === 'stream' ? 0 : exchange.responseBytes)
    for (const frame of within(rows.frames, row => row.at, range)) {
      if (frame.kind === 'event') events++
      bytes += frame.size
    }
  }
  return `${lengthText(range.to - range.from)}: ${plural(calls, 'call')}, ${plural(exchanges, 'exchange')}, ${plural(events, 'event')}, ${size(bytes)}`
}
