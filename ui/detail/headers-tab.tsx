/** Both heads of an exchange as they were on the wire, and what the proxy changed. */
import { useState } from 'react'
import type { RawHeader } from '../../proxy/core/event.ts'
import type { Exchange } from '../../proxy/core/model.ts'
import { count, plural } from '../format.ts'
import parts from '../parts/parts.module.css'
import css from './detail.module.css'

const MASKED = /\[REDACTED len=(\d+) id=([0-9a-f]+)\]/g

/** Text in which a masked value is a tag that tells its length and the tail of its fingerprint. */
export function Masked({ text }: { text: string }) {
  const pieces: React.ReactNode[] = []
  let last = 0
  for (const match of text.matchAll(MASKED)) {
    pieces.push(
      text.slice(last, match.index),
      <span key={match.index} className={`${css.tag} ${css.masked}`}>
        masked, {match[1]} characters, …{match[2]?.slice(-4)}
      </span>,
    )
    last = match.index + match[0].length
  }
  return (
    <>
      {pieces}
      {text.slice(last)}
    </>
  )
}

const LONGEST = 2000

/** A field's value; of a very long one the beginning, until all of it is asked for. */
function Value({ text }: { text: string }) {
  const [whole, setWhole] = useState(false)
  if (text.length <= LONGEST || whole) return <Masked text={text} />
  return (
    <>
      <Masked text={text.slice(0, LONGEST)} />…{' '}
      <button type="button" className={css.more} onClick={() => setWhole(true)}>
        all {count(text.length)} characters
      </button>
    </>
  )
}

function Fields({ first, headers, warn }: { first: readonly [string, string]; headers: readonly RawHeader[]; warn?: string | undefined }) {
  return (
    <dl className={css.kv}>
      {[first, ...headers].map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: header lists keep duplicates in order.
        <div key={index}>
          <dt>{name}</dt>
          <dd data-tone={index > 0 && name.toLowerCase() === warn ? 'warn' : undefined}>
            <Value text={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const CHANGES: Record<string, string> = {
  host: 'Host rewritten for the server',
  forwarded: 'X-Forwarded headers added',
  'accept-encoding': 'OAuth resource asked for uncompressed',
  endpoint: 'Endpoint event led past the proxy',
  location: 'Location led past the proxy',
  'resource-metadata': 'OAuth resource named the server',
  'linger-begin': 'Server leg held open',
  'linger-end': 'Close passed on to the server',
  rejected: 'Refused by the proxy',
  drain: 'Ended because the recorder was stopped',
}

export function HeadersTab({ exchange, onRecord }: { exchange: Exchange; onRecord: (seq: number) => void }) {
  const answered = exchange.status !== undefined
  return (
    <>
      <p className={css.sub}>
        <b>Request</b>client leg, as sent, {plural(exchange.requestHeaders.length, 'field')}
        <span className={css.push} />
        <span className={css.tag}>
          {exchange.changes.length === 0 ? 'unchanged by the proxy' : plural(exchange.changes.length, 'change')}
        </span>
      </p>
      <Fields first={[exchange.method, exchange.target]} headers={exchange.requestHeaders} />
      <p className={css.sub}>
        <b>Response</b>
        {answered
          ? exchange.responseBy === 'proxy'
            ? 'made by the proxy'
            : `server leg, as received, ${plural(exchange.responseHeaders?.length ?? 0, 'field')}`
          : 'none came'}
      </p>
      {answered && (
        <Fields first={[String(exchange.status), exchange.reason ?? '']} headers={exchange.responseHeaders ?? []} warn="location" />
      )}
      {exchange.trouble && <p className={css.note}>{exchange.trouble}</p>}
      {exchange.errorText && <pre className={css.pre}>{exchange.errorText}</pre>}
      {exchange.changes.map(change => (
        <div key={change.seq}>
          <p className={css.sub}>
            <b>{CHANGES[change.what] ?? change.what}</b>
            <button type="button" className={parts.ref} onClick={() => onRecord(change.seq)}>
              #{change.seq}
            </button>
          </p>
          <dl className={css.kv}>
            <div>
              <dt>original</dt>
              <dd>
                <Masked text={change.original} />
              </dd>
            </div>
            <div>
              <dt>sent instead</dt>
              <dd>
                <Masked text={change.replacement} />
              </dd>
            </div>
          </dl>
        </div>
      ))}
    </>
  )
}
