/**
 * What a line of a server's log says of the wire: whose request it is, and when it was written. Promise: a line is given to an exchange
 * only by the port that we ourselves called from, with the same method and path; a time is taken only where the line states one.
 *
 * Forms: uvicorn's access line, `127.0.0.1:50412 - "POST /messages/?session_id=… HTTP/1.1" 202 Accepted`, bare or behind any prefix
 * of a logging format; times as of ISO 8601 and of Python's logging, `2026-11-20 07:32:04,550`.
 */
import { pathOf } from './endpoint.ts'
import type { Exchange } from './model.ts'
import type { Grown } from './state.ts'

export interface AccessLine {
  readonly port: number
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly status?: number
}

const ACCESS = /(?:^|\s)[\w.:[\]-]+:(\d{1,5}) - "([A-Z]+) (\S+) HTTP\/[\d.]+"(?: (\d{3}))?/

/** The request that an access line is about. */
export function accessLineOf(text: string): AccessLine | undefined {
  const [, port, method, target, status] = ACCESS.exec(text.slice(0, 4096)) ?? []
  if (port === undefined || method === undefined || target === undefined) return undefined
  return { port: Number(port), method, path: pathOf(target), ...(status !== undefined && { status: Number(status) }) }
}

const STATED = /^[^\d]{0,40}?(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/
const QUARTER_MS = 15 * 60_000
/** A line is not read long after it was written, nor before (ms). */
const FURTHEST_MS = 5 * 60_000

function zoneOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/**
 * When a line says it was written, in milliseconds since the epoch. Without a zone it is the one, in whole quarters of an hour, that
 * brings the time nearest to when the line appeared. @param appearedAt epoch ms
 */
export function statedTimeOf(text: string, appearedAt: number): number | undefined {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = STATED.exec(text) ?? []
  if (year === undefined) return undefined
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const stated = local + Number(`0.${fraction || '0'}`) * 1000
  const offset = zone === undefined ? -Math.round((appearedAt - stated) / QUARTER_MS) * QUARTER_MS : zoneOf(zone)
  const at = stated - offset
  return Number.isFinite(at) && Math.abs(at - appearedAt) <= FURTHEST_MS ? at : undefined
}

/** Exchanges that an access line may still be about: as many, and for as long after their end (ms; a log file is read a little late). */
const REMEMBERED = 512
const LATE_MS = 2_000

/** Remembers the newest exchanges and gives access lines to them; each exchange gets one line. */
export class AccessBook {
  #rows: Grown<Exchange>[] = []

  saw(row: Grown<Exchange>): void {
    this.#rows.push(row)
    if (this.#rows.length > REMEMBERED * 2) this.#rows = this.#rows.slice(-REMEMBERED)
  }

  /** Id of the exchange that a line that appeared now is about. Oldest first: a server writes its lines in the order of its answers. */
  match(upstream: string, line: AccessLine, now: number): number | undefined {
    const index = this.#rows.findIndex(
      row =>
        row.serverPort === line.port &&
        row.upstream === upstream &&
        row.method === line.method &&
        row.path === line.path &&
        (line.status === undefined || row.status === undefined || row.status === line.status) &&
        now - (row.serverEnd?.at ?? now) <= LATE_MS,
    )
    return this.#rows.splice(index, index < 0 ? 0 : 1)[0]?.id
  }
}
