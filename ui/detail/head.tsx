/** The head of the detail: what is selected, its state, and what can be done with it. */
import { Check, ChevronRight, Link, Maximize2, Minimize2, SquareTerminal, X } from 'lucide-react'
import { useState } from 'react'
import type { Exchange } from '../../proxy/core/model.ts'
import { clock, duration, offset, plural, size } from '../format.ts'
import type { DetailProps } from '../view.ts'
import { curlOf } from './curl.ts'
import css from './detail.module.css'
import { Glyph } from './glyph.tsx'
import { DELIVERY_WORDS } from './ladder-model.ts'
import { type Subject, shortKey } from './subject.ts'

export type PartProps = DetailProps & { readonly subject: Subject }

export function Head({ subject, rows, recording, expanded, onExpand, onClose, api, zero }: PartProps) {
  const { call, exchanges, log } = subject
  const [first] = exchanges
  return (
    <header className={css.head}>
      <div className={css.crumb}>
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
      </div>
      <h2 className={css.title} title={subject.title}>
        {subject.title}
      </h2>
      <p className={css.facts}>
        {call && (
          <>
            <span className={css.state} data-delivery={call.delivery}>
              <Glyph
                kind={
                  call.delivery === 'delivered'
                    ? 'yes'
                    : call.delivery === 'pending' || call.delivery === 'none' || call.delivery === 'cancelled'
                      ? 'open'
                      : call.delivery === 'unknown'
                        ? 'unknown'
                        : 'break'
                }
              />
              {DELIVERY_WORDS[call.delivery]}
            </span>
            <span>
              {call.method}
              {call.rpcId !== undefined && (
                <>
                  , id <b>{call.rpcId}</b>
                </>
              )}
            </span>
            {call.answeredAt !== undefined && <strong>{duration(call.answeredAt - call.sentAt)}</strong>}
            {call.answerBytes !== undefined && <span>{size(call.answerBytes)}</span>}
            {expanded && <span>sent {clock(recording.startedAt + call.sentAt)}</span>}
          </>
        )}
        {!call && first && (
          <>
            <strong>{first.status ?? 'no answer'}</strong>
            <span>
              {first.reason || first.body} {size(first.responseBytes)}
            </span>
            <span>at {offset(first.requestAt - zero.at)} s</span>
          </>
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
