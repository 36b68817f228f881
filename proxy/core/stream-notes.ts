/**
 * What is peculiar about a stream of events: its framing, silences and the lumps after them, pings that were held. Promise: a few numbers for
 * each stream, however long it is, each with the chunk that proves it.
 */
import type { Burst, Framing } from './model.ts'
import type { SseFrame } from './sse.ts'
import type { ExchangeState, FrameMark } from './state.ts'

/** A lump is worth noting only after a silence this long (ms). */
const LUMP_SILENCE = 2_000
const ENDS_BYTES = 4_096
const decoder = new TextDecoder('utf-8')
const KNOWN_EVENTS = new Set(['', 'message', 'endpoint', 'ping', 'keepalive', 'keep-alive', 'heartbeat'])
const PING_TIME = /^ping - (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*(\+00:00|Z)?$/

type Drawn = FrameMark['row']

export function noteFraming(x: ExchangeState, frame: SseFrame, drawn: Drawn): void {
  const note = (what: Framing['what'], detail: string) => {
    const rpc = holdsMessage(frame.data)
    const before = x.row.framing?.find(one => one.what === what)
    const one: Framing = before
      ? { ...before, count: before.count + 1, rpc: before.rpc || rpc }
      : { what, count: 1, seq: drawn.seq, at: drawn.at, detail, rpc }
    x.row.framing = [...(x.row.framing ?? []).filter(other => other.what !== what), one]
  }
  if (frame.loneCr) note('lone-cr', '')
  if (frame.dataLines > 1) note('multi-line', `${frame.dataLines} lines`)
  if (frame.nulId) note('nul-id', '')
  if (frame.kind === 'event' && !KNOWN_EVENTS.has(frame.event)) note('event-name', frame.event.slice(0, 80))
  if (frame.kind === 'unfinished' && frame.dataBytes > 0) note('unfinished', drawn.preview.slice(0, 80))
}

/** Some servers write `jsonrpc` first, some last. */
function holdsMessage(data: Uint8Array): boolean {
  const ends = [data.subarray(0, ENDS_BYTES), data.subarray(Math.max(ENDS_BYTES, data.length - ENDS_BYTES))]
  return ends.some(part => /"jsonrpc"\s*:/.test(decoder.decode(part)))
}

/** Counts what one chunk completed, and keeps the largest lump and the range of the pings' delay. */
export function noteLump(x: ExchangeState, drawn: Drawn): void {
  const { lump, row } = x
  if (drawn.kind === 'comment') {
    lump.pings++
    noteLag(x, drawn)
  } else if (drawn.kind === 'event') lump.events++
  if (lump.seq !== drawn.seq || lump.pings + lump.events < 2 || lump.silence < LUMP_SILENCE) return
  if (!row.burst || row.burst.seq === lump.seq || weight(lump) > weight(row.burst)) row.burst = { ...lump }
}

/** Pings have a rhythm of their own, so several at once show most. */
const weight = ({ pings, events, silence }: Burst) => (pings > 1 ? 1e9 : 0) + pings * 1e6 + events * 1e4 + Math.min(silence, 9_999)

function noteLag({ row }: ExchangeState, drawn: Drawn): void {
  const [, day, time] = PING_TIME.exec(drawn.preview) ?? []
  if (day === undefined) return
  const lag = drawn.at - Date.parse(`${day}T${time}Z`)
  const { least = lag, most = lag, seq = drawn.seq, at = drawn.at } = row.pingLag ?? {}
  row.pingLag =
    lag >= most ? { least: Math.min(least, lag), most: lag, seq: drawn.seq, at: drawn.at } : { least: Math.min(least, lag), most, seq, at }
}

/** The longest span without a byte, counted when it is over. */
export function noteSilence({ row }: ExchangeState, at: number): void {
  if (row.body !== 'stream' && row.body !== 'sse') return
  const from = row.lastByteAt ?? row.responseAt ?? at
  if (at - from > Math.max(1_000, row.silence?.ms ?? 0)) row.silence = { ms: at - from, from }
}
