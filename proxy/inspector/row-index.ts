/**
 * The derived index of one recording: its rows, where its bodies lie, and text for the search, in SQLite.
 * Promise: nothing in it is truth. It can be deleted at any time, and is rebuilt when its schema, the code that derived it or the
 * journal it was made from is another.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Part, Position } from '../core/event.ts'
import type { Span } from '../core/log-span.ts'
import type { AnyRow, BodySlice, RowKind } from '../core/model.ts'
import { openCopy, openDatabase, removeIndex } from './index-file.ts'

/** Row kinds that every page gets, whichever sessions it watches. */
const GLOBAL_KINDS: ReadonlySet<RowKind> = new Set<RowKind>(['session', 'finding', 'gap'])

/** Text that the search looks through: one SSE event's data, or a body. `frame` 0 for a body. */
export interface BodyText {
  readonly exchange: number
  readonly frame: number
  readonly part: Part
  readonly at: number
  readonly text: string
}

/** Where the record of a number lies: one for some hundreds of records. */
export interface Mark extends Position {
  readonly seq: number
}
/** Where a record lies that belongs to an exchange and is no chunk. `number` is the exchange's own in the journal. */
export interface ExchangeRecord extends Mark {
  readonly number: number
}
/** A piece of a body: where its record lies, and where it begins in the body as it crossed the wire. */
export interface Piece extends Position {
  readonly seq: number
  readonly size: number
  readonly start: number
}

/** All that one batch of events gave. */
export interface IndexBatch {
  readonly rows: readonly AnyRow[]
  readonly slices: readonly BodySlice[]
  readonly texts: readonly BodyText[]
  readonly records: readonly ExchangeRecord[]
  readonly marks: readonly Mark[]
  readonly meta: Readonly<Record<string, string>>
}

/** A row as stored: its JSON without `rev`, which depends on where this recording stands among others. */
export interface StoredRow {
  readonly id: number
  readonly rev: number
  readonly t: RowKind
  readonly at: number
  readonly json: string
}

/** What one step of a search found, and the number of the last text it looked at. */
export interface SearchStep {
  readonly hits: readonly (BodyText & { readonly session: number })[]
  readonly last: number
  readonly done: boolean
}

/** Which rows a reader wants: after a revision, at most `limit`, in the order of their revisions. */
export interface RowQuery {
  readonly after: number
  readonly upTo?: number
  readonly limit: number
  /** Undefined: rows of global kinds. Else all rows of these sessions, and log lines within `spans`. */
  readonly sessions?: readonly number[]
  /** Leave out rows of global kinds, which the reader has already. */
  readonly withoutGlobal?: boolean
  /** Time spans of the sessions, for the log lines. */
  readonly spans?: readonly Span[]
}

const PART = { request: 0, response: 1 } as const
const sessionOf = (row: AnyRow): number => (row.t === 'session' ? row.id : row.t === 'log' || row.t === 'gap' ? 0 : row.session)
const timeOf = (row: AnyRow): number =>
  row.t === 'session' ? row.startedAt : row.t === 'exchange' ? row.requestAt : row.t === 'call' ? row.sentAt : row.at

/** JSON of a row with its revision in the inspector's count. */
export const rowJson = (row: { rev: number; json: string }): string => `{"rev":${row.rev},${row.json.slice(1)}`

const withoutRev = (row: AnyRow): string => JSON.stringify({ ...row, rev: undefined })

interface Statements {
  readonly row: StatementSync
  readonly slice: StatementSync
  readonly text: StatementSync
  readonly record: StatementSync
  readonly mark: StatementSync
  readonly meta: StatementSync
  readonly bySession: StatementSync
  readonly onlySession: StatementSync
  readonly byKind: StatementSync
}

export class RowIndex {
  #path: string
  #db: DatabaseSync
  #sql: Statements

  /** Opens the file at `path`, or makes it with mode 0600. Throws when it is locked by another process or cannot be written. */
  constructor(path: string) {
    this.#path = path
    this.#db = openDatabase(path)
    this.#sql = this.#prepare()
  }

  get path(): string {
    return this.#path
  }

  /** Goes on in a file at `path` with all that is stored, and gives up its own. Throws when that one cannot be written either; nothing has changed then. */
  moveTo(path: string): void {
    const copy = openCopy(this.#db, path)
    this.discard()
    this.#path = path
    this.#db = copy
    this.#sql = this.#prepare()
  }

  #prepare(): Statements {
    const db = this.#db
    return {
      row: db.prepare(`INSERT INTO rows (id, t, session, at, rev, json) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET session = excluded.session, at = excluded.at, rev = excluded.rev, json = excluded.json`),
      slice: db.prepare('INSERT OR REPLACE INTO slices (exchange, part, seq, at, segment, offset, size) VALUES (?, ?, ?, ?, ?, ?, ?)'),
      text: db.prepare('INSERT INTO texts (exchange, frame, part, at, text) VALUES (?, ?, ?, ?, ?)'),
      record: db.prepare('INSERT OR REPLACE INTO records (seq, number, segment, offset) VALUES (?, ?, ?, ?)'),
      mark: db.prepare('INSERT OR REPLACE INTO marks (seq, segment, offset) VALUES (?, ?, ?)'),
      meta: db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
      bySession: db.prepare('SELECT id, rev, t, at, json FROM rows WHERE session = ? AND rev > ? AND rev <= ? ORDER BY rev LIMIT ?'),
      onlySession: db.prepare(
        "SELECT id, rev, t, at, json FROM rows WHERE session = ? AND rev > ? AND rev <= ? AND t NOT IN ('session', 'finding', 'gap') ORDER BY rev LIMIT ?",
      ),
      byKind: db.prepare(
        "SELECT id, rev, t, at, json FROM rows WHERE t = ? AND t IN ('session', 'finding', 'gap', 'log') AND rev > ? AND rev <= ? ORDER BY rev LIMIT ?",
      ),
    }
  }

  /** One transaction: all of a batch, or nothing of it. */
  write(batch: IndexBatch): void {
    const { row, slice, text, record, mark, meta } = this.#sql
    this.#db.exec('BEGIN')
    try {
      for (const item of batch.rows) row.run(item.id, item.t, sessionOf(item), timeOf(item), item.rev, withoutRev(item))
      for (const item of batch.slices) slice.run(item.exchange, PART[item.part], item.seq, item.at, item.segment, item.offset, item.size)
      for (const item of batch.texts) text.run(item.exchange, item.frame, PART[item.part], item.at, item.text)
      for (const item of batch.records) record.run(item.seq, item.number, item.segment, item.offset)
      for (const item of batch.marks) mark.run(item.seq, item.segment, item.offset)
      for (const [key, value] of Object.entries(batch.meta)) meta.run(key, value)
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  meta(key: string): string | undefined {
    const value = this.#db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value
    return typeof value === 'string' ? value : undefined
  }

  /** Rows after a revision, in order. Each range is one walk along an index, however large the recording. */
  page(query: RowQuery): StoredRow[] {
    const upTo = query.upTo ?? Number.MAX_SAFE_INTEGER
    const walk = (statement: StatementSync, key: SQLInputValue): StoredRow[] =>
      statement.all(key, query.after, upTo, query.limit) as unknown as StoredRow[]
    if (query.sessions === undefined)
      return merge(
        [...GLOBAL_KINDS].map(kind => walk(this.#sql.byKind, kind)),
        query.limit,
      )
    const lists = query.sessions.map(session => walk(query.withoutGlobal ? this.#sql.onlySession : this.#sql.bySession, session))
    if (query.spans && query.spans.length > 0) lists.push(this.#logs(query.after, upTo, query.limit, query.spans))
    return merge(lists, query.limit)
  }

  #logs(after: number, upTo: number, limit: number, spans: readonly Span[]): StoredRow[] {
    const within = spans.map(() => '(at >= ? AND at <= ?)').join(' OR ')
    const sql = `SELECT id, rev, t, at, json FROM rows WHERE t = 'log' AND rev > ? AND rev <= ? AND (${within}) ORDER BY rev LIMIT ?`
    const values = spans.flatMap(({ from, to }) => [from, Math.min(to, Number.MAX_SAFE_INTEGER)])
    return this.#db.prepare(sql).all(after, upTo, ...values, limit) as unknown as StoredRow[]
  }

  row(id: number): StoredRow | undefined {
    return this.#db.prepare('SELECT id, rev, t, at, json FROM rows WHERE id = ?').get(id) as unknown as StoredRow | undefined
  }

  rowsOf(kind: RowKind): IterableIterator<StoredRow> {
    return this.#db
      .prepare('SELECT id, rev, t, at, json FROM rows WHERE t = ? ORDER BY id')
      .iterate(kind) as unknown as IterableIterator<StoredRow>
  }

  /** Exchanges in the order of their requests, of one session or of all. */
  exchanges(session?: number): number[] {
    const sql = `SELECT id FROM rows WHERE t = 'exchange' ${session === undefined ? '' : 'AND session = ?'} ORDER BY at, id`
    return this.#db
      .prepare(sql)
      .all(...(session === undefined ? [] : [session]))
      .map(found => Number(found.id))
  }

  /** Pieces of one part of an exchange that hold bytes `from` to `to` of it, in order. */
  pieces(exchange: number, part: Part, from = 0, to: number = Number.MAX_SAFE_INTEGER): Piece[] {
    const sql = `SELECT * FROM (SELECT seq, segment, offset, size, sum(size) OVER (ORDER BY seq) - size AS start
      FROM slices WHERE exchange = ? AND part = ?) WHERE start < ? AND start + size > ? ORDER BY seq`
    return this.#db.prepare(sql).all(exchange, PART[part], to, from) as unknown as Piece[]
  }

  /** Bytes of one part of an exchange that crossed the wire. */
  bodyBytes(exchange: number, part: Part): number {
    const found = this.#db.prepare('SELECT sum(size) AS size FROM slices WHERE exchange = ? AND part = ?').get(exchange, PART[part])
    return Number(found?.size ?? 0)
  }

  /** Where all records of an exchange lie, in order. `requestSeq` is the number of the first. */
  recordsOf(exchange: number, requestSeq: number): Mark[] {
    const sql = `SELECT seq, segment, offset FROM records WHERE number = (SELECT number FROM records WHERE seq = ?)
      UNION SELECT seq, segment, offset FROM slices WHERE exchange = ? ORDER BY seq`
    return this.#db.prepare(sql).all(requestSeq, exchange) as unknown as Mark[]
  }

  /** The last mark at or before a record's number: from there it is found by reading on. */
  markBefore(seq: number): Mark | undefined {
    const sql = 'SELECT seq, segment, offset FROM marks WHERE seq <= ? ORDER BY seq DESC LIMIT 1'
    return this.#db.prepare(sql).get(seq) as unknown as Mark | undefined
  }

  /** Sums over all sessions, and findings by severity. */
  totals(): { sessions: number; calls: number; undelivered: number; cut: number; error: number; warning: number; info: number } {
    const sessions = this.#db
      .prepare(
        `SELECT count(*) AS sessions, sum(json ->> 'calls') AS calls, sum(json ->> 'undelivered') AS undelivered, sum(json ->> 'cut') AS cut FROM rows WHERE t = 'session'`,
      )
      .get()
    const findings = this.#db
      .prepare(`SELECT json ->> 'severity' AS severity, count(*) AS n FROM rows WHERE t = 'finding' AND json ->> 'gone' IS NULL GROUP BY 1`)
      .all()
    const of = (severity: string): number => Number(findings.find(found => found.severity === severity)?.n ?? 0)
    return {
      sessions: Number(sessions?.sessions ?? 0),
      calls: Number(sessions?.calls ?? 0),
      undelivered: Number(sessions?.undelivered ?? 0),
      cut: Number(sessions?.cut ?? 0),
      error: of('error'),
      warning: of('warning'),
      info: of('info'),
    }
  }

  /** Texts that contain `needle` whatever its case, among the `limit` texts after number `after`, in the order they came. */
  searchTexts(needle: string, after: number, limit: number, session?: number): SearchStep {
    const last = this.#db
      .prepare('SELECT max(id) AS last FROM (SELECT id FROM texts WHERE id > ? ORDER BY id LIMIT ?)')
      .get(after, limit)?.last
    if (typeof last !== 'number') return { hits: [], last: after, done: true }
    const escaped = `%${needle.replace(/[\\%_]/g, '\\$&')}%`
    const found = this.#db
      .prepare(`SELECT rows.session, texts.exchange, texts.frame, texts.part, texts.at, texts.text FROM texts JOIN rows ON rows.id = texts.exchange
        WHERE texts.id > ? AND texts.id <= ? AND texts.text LIKE ? ESCAPE '\\' ${session === undefined ? '' : 'AND rows.session = ?'} ORDER BY texts.id`)
      .all(after, last, escaped, ...(session === undefined ? [] : [session]))
    const hits = found.map(hit => ({
      session: Number(hit.session),
      exchange: Number(hit.exchange),
      frame: Number(hit.frame),
      part: hit.part === 0 ? ('request' as const) : ('response' as const),
      at: Number(hit.at),
      text: String(hit.text),
    }))
    return { hits, last, done: false }
  }

  maxRev(): number {
    return Number(this.#db.prepare('SELECT max(rev) AS rev FROM rows').get()?.rev ?? 0)
  }

  close(): void {
    this.#db.close()
  }

  /** Closes the file and removes it. Does not throw for a disk that has become read-only. */
  discard(): void {
    this.close()
    try {
      removeIndex(this.#path)
    } catch {
      // It does not say that it is complete: nobody takes it for right.
    }
  }
}

function merge(lists: readonly StoredRow[][], limit: number): StoredRow[] {
  const full = lists.filter(list => list.length > 0)
  if (full.length === 1) return full[0] ?? []
  return full
    .flat()
    .sort((a, b) => a.rev - b.rev)
    .slice(0, limit)
}

/** Position as text, to compare where an index stands with where the journal ends. */
export const positionText = (position: Position | null): string => (position ? `${position.segment}:${position.offset}` : '')
