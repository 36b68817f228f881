/** The head of the detail: what is selected, its state, and what can be done with it. */
import { ArrowLeft, Check, ChevronRight, Link, Maximize2, Minimize2, SquareTerminal, X } from 'lucide-react'
import { useState } from 'react'
import type { Call, Exchange, Finding } from '../../proxy/core/model.ts'
import { lastOf } from '../../proxy/core/session-span.ts'
import { gaveUpAt, isLate } from '../call-fate.ts'
import { SEVERITY, sureness } from '../findings/verdict.tsx'
import { clock, duration, offset, plural, size } from '../format.ts'
import { plainText } from '../plain-text.ts'
import { isOpen } from '../scene.ts'
import { sessionKind } from '../sessions/groups.ts'
import type { DetailProps } from '../view.ts'
import { curlOf } from './curl.ts'
import css from './detail.module.css'
import { Glyph, SeverityGlyph } from './glyph.tsx'
import { DELIVERY_WORDS } from './ladder-model.ts'
import { type Subject, shortKey } from './subject.ts'

export type PartProps = DetailProps & { readonly subject: Subject }

export function Head(props: PartProps) {
  const { subject, rows, recording, expanded, level, onExpand, onClose, api, zero } = props
  const { call, exchanges, log } = subject
  const [first] = exchanges
  return (
    <header className={css.head}>
      <div className={css.crumb}>
        {level && (
          <button type="button" className={css.back} onClick={onClose}>
            <ArrowLeft aria-hidden="true" />
            Back
          </button>
        )}
        <span className={css.mono}>{shortKey(rows.session.key)}</span>
        <ChevronRight width={12} height={12} aria-hidden="true" />
        <span>{subject.crumb}</span>
        <span className={css.push} />
        <CopyButton label="Copy link" icon={<Link aria-hidden="true" />} text={async () => location.href.replace(/([#&])t=[^&]*/, '$1')} />
        {first && (
          <CopyButton
            label="Copy as cURL"
            icon={<SquareTerminal aria-hidden="true" />}
            text={() => curl(first, props => api.loadBody(props, 'request'), recording)}
          />
        )}
        {!level && (
          <>
            <button
              type="button"
              className={css.icon}
              aria-label={expanded ? 'Make the detail small' : 'Expand the detail'}
              onClick={() => onExpand(!expanded)}
            >
              {expanded ? <Minimize2 aria-hidden="true" /> : <Maximize2 aria-hidden="true" />}
            </button>
            <button type="button" className={css.icon} aria-label="Close the detail" onClick={onClose}>
              <X aria-hidden="true" />
            </button>
          </>
        )}
      </div>
      <h2 className={css.title} title={subject.title}>
        {subject.title}
      </h2>
      <p className={css.facts}>
        {props.selection.kind === 'session' ? (
          <SessionLine {...props} />
        ) : subject.finding ? (
          <FindingLine finding={subject.finding} call={call} />
        ) : call ? (
          <CallLine call={call} sentAt={expanded ? recording.startedAt + call.sentAt : undefined} />
        ) : (
          first && <ExchangeLine exchange={first} zero={zero.at} />
        )}
        {first && expanded && <span>client port {first.clientPort}</span>}
        {log && (
          <span>
            {log.source}, {plural(log.lines, 'line')}, at {offset(log.at - zero.at)} s
          </span>
        )}
      </p>
    </header>
  )
}

const SESSION_WORDS = { live: 'Live', quiet: 'Open, quiet', ended: 'Ended', broken: 'Broken' } as const

/** A recording that has ended knows of no session whether it went on. */
function SessionLine({ rows: { session }, recording, now }: PartProps) {
  const open = isOpen(session)
  const until = open ? now : lastOf(session)
  return (
    <>
      <span className={css.state} data-delivery={session.state}>
        <Glyph kind={session.state === 'broken' ? 'break' : open && !recording.live ? 'unknown' : 'open'} />
        {!recording.live && session.state !== 'broken' && !session.ended ? 'No end recorded' : SESSION_WORDS[session.state]}
      </span>
      <span>{sessionKind(session)}</span>
      <strong>{duration(until - session.startedAt)}</strong>
      <span>{size(session.bytes)}</span>
    </>
  )
}

/** How bad and how sure; what became of the call stands in its ladder. */
function FindingLine({ finding, call }: { finding: Finding; call: Call | undefined }) {
  return (
    <>
      <span className={css.state} data-severity={finding.severity}>
        <SeverityGlyph severity={finding.severity} />
        {SEVERITY[finding.severity]}
      </span>
      <span>{sureness(finding)}</span>
      {call && (
        <span>
          about call <b>{call.number || call.method}</b>
        </span>
      )}
    </>
  )
}

const GLYPHS = {
  delivered: 'yes',
  pending: 'open',
  none: 'open',
  cancelled: 'open',
  unknown: 'unknown',
  undeliverable: 'break',
  unanswered: 'break',
} as const

/** `sentAt`: wall clock, where there is room for it. */
function CallLine({ call, sentAt }: { call: Call; sentAt: number | undefined }) {
  const gaveUp = call.delivery !== 'undeliverable' && gaveUpAt(call) !== undefined
  return (
    <>
      <span className={css.state} data-delivery={gaveUp ? 'undeliverable' : call.delivery}>
        <Glyph kind={gaveUp ? 'break' : GLYPHS[call.delivery]} />
        {gaveUp ? (isLate(call) ? 'Answered too late' : 'Given up') : DELIVERY_WORDS[call.delivery]}
      </span>
      <span>
        {call.method}
        {call.rpcId !== undefined && (
          <>
            , JSON-RPC id <b>{call.rpcId}</b>
          </>
        )}
      </span>
      {call.answeredAt !== undefined && <strong>{duration(call.answeredAt - call.sentAt)}</strong>}
      {call.answerBytes !== undefined && <span>{size(call.answerBytes)}</span>}
      {sentAt !== undefined && <span>sent {clock(sentAt)}</span>}
    </>
  )
}

function ExchangeLine({ exchange, zero }: { exchange: Exchange; zero: number }) {
  return (
    <>
      <strong>{exchange.status ?? 'no answer'}</strong>
      {exchange.reason && <span>{plainText(exchange.reason)}</span>}
      <span>{size(exchange.responseBytes)}</span>
      <span>at {offset(exchange.requestAt - zero)} s</span>
    </>
  )
}

async function curl(
  exchange: Exchange,
  load: (id: number) => Promise<{ bytes: Uint8Array }>,
  recording: DetailProps['recording'],
): Promise<string> {
  const listen = recording.upstreams.find(({ name }) => name === exchange.upstream)?.listen
  const host = exchange.requestHeaders.find(([name]) => name.toLowerCase() === 'host')?.[1]
  // What the client itself wrote serves best: it works from where the client is.
  const origin = `http://${host ?? (listen ? `${listen.address}:${listen.port}` : 'localhost')}`
  const body = exchange.requestBytes > 0 ? new TextDecoder().decode((await load(exchange.id)).bytes) : undefined
  return curlOf(exchange, origin, body)
}

function CopyButton({ label, icon, text }: { label: string; icon: React.ReactNode; text: () => Promise<string> }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(await text())
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" className={css.icon} aria-label={done ? 'Copied' : label} title={label} onClick={() => void copy()}>
      {done ? <Check aria-hidden="true" /> : icon}
    </button>
  )
}
