/**
 * The SQLite file of an index: its schema, and how it is opened. Promise: a regular file of its owner alone (0600), held by one process
 * at a time, never followed through a link.
 */
import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SCHEMA = 2
const TABLES = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE rows (id INTEGER PRIMARY KEY, t TEXT NOT NULL, session INTEGER NOT NULL, at REAL NOT NULL, rev INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX rows_by_session ON rows (session, rev);
  CREATE INDEX rows_by_kind ON rows (t, rev) WHERE t IN ('session', 'finding', 'gap', 'log');
  CREATE TABLE slices (exchange INTEGER NOT NULL, part INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL,
    segment INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (exchange, part, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE texts (id INTEGER PRIMARY KEY, exchange INTEGER NOT NULL, frame INTEGER NOT NULL,
    part INTEGER NOT NULL, at REAL NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE TABLE records (seq INTEGER PRIMARY KEY, number INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL) STRICT;
  CREATE INDEX records_by_number ON records (number, seq);
  CREATE TABLE marks (seq INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL) STRICT;
`

const PRAGMAS = [
  // One owner: a second process takes a private index instead (see open-index.ts).
  'locking_mode=EXCLUSIVE',
  'journal_mode=WAL',
  'synchronous=NORMAL',
  'journal_size_limit=16777216',
  'trusted_schema=OFF',
  'cache_size=-16384',
]

/** The file exists and is not an index of this version. */
export class ForeignIndex extends Error {}

/** Opens or makes the file. Throws ForeignIndex, or SQLite's error when it is locked, damaged or cannot be written. */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !found.isFile()) removeIndex(path)
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: false })
  try {
    for (const pragma of PRAGMAS) db.exec(`PRAGMA ${pragma}`)
    db.exec('BEGIN IMMEDIATE')
    const version = db.prepare('PRAGMA user_version').get()?.user_version
    const isEmpty = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0
    if (isEmpty) db.exec(`${TABLES}; PRAGMA user_version=${SCHEMA}`)
    else if (version !== SCHEMA) throw new ForeignIndex(`${path} has another schema`)
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens a copy of `db` at `path`. Throws SQLite's error when it cannot be written there; nothing is left of it then. */
export function openCopy(db: DatabaseSync, path: string): DatabaseSync {
  removeIndex(path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // SQLite would make it readable by all; it takes an empty file, too.
  closeSync(openSync(path, 'wx', 0o600))
  try {
    db.prepare('VACUUM INTO ?').run(path)
    return openDatabase(path)
  } catch (error) {
    removeIndex(path)
    throw error
  }
}

/** Deletes an index and what SQLite keeps beside it. */
export function removeIndex(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true, recursive: true })
}
