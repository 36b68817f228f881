/**
 * Masks rows of a recording whose heads were stored as they crossed the wire (`--capture-secrets`, a HAR of another tool).
 * Promise: what is shown is masked whatever was stored.
 */
import type { AnyRow, Exchange } from '../core/model.ts'
import type { Masker } from '../core/redact.ts'

export function maskRow(row: AnyRow, masker: Masker): AnyRow {
  if (row.t === 'exchange') return maskExchange(row, masker)
  if (row.t === 'log') {
    const text = masker.text(row.text)
    return text === row.text ? row : { ...row, text }
  }
  if (row.t === 'session' && row.endpoint !== undefined) {
    const endpoint = masker.target(row.endpoint)
    return endpoint === row.endpoint ? row : { ...row, endpoint }
  }
  return row
}

function maskExchange(row: Exchange, masker: Masker): Exchange {
  const { responseHeaders, location } = row
  return {
    ...row,
    target: masker.target(row.target),
    requestHeaders: masker.headers(row.requestHeaders),
    ...(responseHeaders && { responseHeaders: masker.headers(responseHeaders) }),
    ...(location !== undefined && { location: masker.target(location) }),
    changes: row.changes.map(change => ({
      ...change,
      original: masker.target(change.original),
      replacement: masker.target(change.replacement),
    })),
  }
}
