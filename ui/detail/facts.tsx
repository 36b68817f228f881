/** What is known of a session, of an exchange's ends, of a log line: plain fields where there is no call. */
import type { Exchange, Hint, LogLine } from '../../proxy/core/model.ts'
import { lastOf } from '../../proxy/core/session-span.ts'
import { clock, duration, offset, plural, size } from '../format.ts'
import parts from '../parts/parts.module.css'
import { isOpen } from '../scene.ts'
import type { DetailProps } from '../view.ts'
import css from './detail.module.css'
import { endWords } from './end-words.ts'

/** `mono`: bytes of the wire, not words. */
function Field({ name, mono, children }: { name: string; mono?: boolean; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={mono ? css.mono : undefined}>{children}</dd>
    </div>
  )
}

interface EndsListProps {
  readonly exchanges: readonly Exchange[]
  readonly zero: number
  /** The recording has ended. */
  readonly past: boolean
  readonly onRecord: (seq: number) => void
}

/** Who ended each side of each exchange, how and when. */
export function EndsList({ exchanges, zero, past, onRecord }: EndsListProps) {
  return exchanges.map(exchange => (
    <section key={exchange.id}>
      <p className={css.sub}>
        <b>
          {exchange.method} {exchange.path}
        </b>
        <button type="button" className={parts.ref} onClick={() => onRecord(exchange.requestSeq)}>
          #{exchange.requestSeq}
        </button>
      </p>
      <dl className={css.words}>
        <Field name="client leg">{endWords(exchange.clientEnd, zero, past)}</Field>
        <Field name="server leg">{endWords(exchange.serverEnd, zero, past)}</Field>
        {exchange.requestEnd && <Field name="request">{endWords(exchange.requestEnd, zero, past)}</Field>}
        <Field name="carried">
          {plural(exchange.frames, 'event')}, {plural(exchange.pings, 'ping')}, {size(exchange.responseBytes)}
        </Field>
        {exchange.location !== undefined && (
          <Field name="redirects to" mono>
            {exchange.location}
          </Field>
        )}
        {exchange.trouble && <Field name="trouble">{exchange.trouble}</Field>}
      </dl>
    </section>
  ))
}

const ERAS = { sse: 'HTTP+SSE', streamable: 'Streamable HTTP', stateless: 'stateless', other: 'HTTP outside any session' } as const

/** What the wire gives away stands beside what both sides say of themselves. */
const HINTS: Partial<Record<Hint['about'], string>> = { client: 'client, by its traffic', server: 'server, by its traffic' }

export function SessionFacts({ rows, chain, zero, recording, onSelect, onRecord }: DetailProps) {
  const { session } = rows
  const link = (id: number | undefined) => {
    const other = chain.find(row => row.id === id)
    return (
      other && (
        <button type="button" className={parts.ref} onClick={() => onSelect({ kind: 'session', id: other.id })}>
          {other.key.slice(0, 8)}
        </button>
      )
    )
  }
  const replaces = link(session.replaces)
  const replacedBy = link(session.replacedBy)
  return (
    <dl className={css.words}>
      <Field name="id" mono>
        {session.key}
      </Field>
      <Field name="transport">
        {ERAS[session.transport]} {session.protocolVersion}
      </Field>
      <Field name="client">
        {[session.client.name, session.client.version].filter(Boolean).join(' ') || session.client.userAgent || 'unknown'} at{' '}
        {session.client.address}
      </Field>
      <Field name="server">
        {[session.server.name, session.server.version, session.server.header].filter(Boolean).join(', ') || 'unknown'}
      </Field>
      {session.endpoint && (
        <Field name="endpoint" mono>
          {session.endpoint}
        </Field>
      )}
      <Field name="began">{clock(recording.startedAt + session.startedAt)}</Field>
      {recording.live && isOpen(session) ? (
        <Field name="last heard of">{offset(session.lastAt - zero.at)} s</Field>
      ) : (
        <Field name="lasted">{duration(lastOf(session) - session.startedAt)}</Field>
      )}
      <Field name="initialized">{session.initializedAt === undefined ? 'never' : `${offset(session.initializedAt - zero.at)} s`}</Field>
      {session.ended && (
        <Field name="ended">
          {endWords(session.ended, zero.at, !recording.live)}, {plural(session.ended.inFlight, 'call')} in flight
        </Field>
      )}
      {!session.issued && <Field name="issued">not through this proxy</Field>}
      {replaces && <Field name="replaces">{replaces}</Field>}
      {replacedBy && <Field name="replaced by">{replacedBy}</Field>}
      {session.hints?.map(hint => (
        <Field key={`${hint.about} ${hint.says}`} name={HINTS[hint.about] ?? hint.about}>
          {hint.says}
          <br />
          <span className={css.why}>
            {hint.confidence}: {hint.evidence.says}{' '}
          </span>
          <button type="button" className={parts.ref} onClick={() => onRecord(hint.evidence.seq)}>
            #{hint.evidence.seq}
          </button>
        </Field>
      ))}
    </dl>
  )
}

/** The text, and when the line says that it was written, where that is not when it appeared. */
export function LogText({ log, zero }: { log: LogLine; zero: number }) {
  const late = log.statedAt === undefined ? 0 : log.at - log.statedAt
  return (
    <>
      {log.statedAt !== undefined && Math.abs(late) >= 1 && (
        <dl className={css.words}>
          <Field name="written at">
            {offset(log.statedAt - zero)} s by its own clock; it appeared at {offset(log.at - zero)} s
          </Field>
        </dl>
      )}
      <pre className={css.pre}>{log.text}</pre>
    </>
  )
}
