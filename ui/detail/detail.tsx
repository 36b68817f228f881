/**
 * The detail pane: what is selected, in six tabs, and what the rules say of it. Expanded, the ladder becomes a drawing with the verdict beside it.
 * Promise: shows rows as they are; everything large is asked of the recorder only when its tab is open.
 */
import { useState } from 'react'
import type { Exchange, Finding } from '../../proxy/core/model.ts'
import { Verdicts } from '../findings/verdict.tsx'
import { plural } from '../format.ts'
import { DETAIL_TABS, type DetailProps, type DetailTab } from '../view.ts'
import css from './detail.module.css'
import { EventsTab } from './events-tab.tsx'
import { ExchangeChoice } from './exchange-choice.tsx'
import { EndsList, LogText, SessionFacts } from './facts.tsx'
import { Head, type PartProps } from './head.tsx'
import { HeadersTab } from './headers-tab.tsx'
import { JsonRpcTab } from './jsonrpc-tab.tsx'
import { Ladder } from './ladder.tsx'
import { summaryOf } from './ladder-model.ts'
import { RawTab } from './raw-tab.tsx'
import { SequenceDrawing } from './sequence.tsx'
import { type Subject, subjectOf } from './subject.ts'
import { TimingTab } from './timing-tab.tsx'

const TAB_NAMES: Record<DetailTab, string> = {
  delivery: 'Delivery',
  headers: 'Headers',
  jsonrpc: 'JSON-RPC',
  events: 'Events',
  raw: 'Raw',
  timing: 'Timing',
}

export function Detail(props: DetailProps) {
  const subject = subjectOf(props.selection, props.rows, props.logs)
  if (!subject) {
    return (
      <div className={css.pane}>
        <div className={css.body}>
          <p className={css.none}>This record has not come yet, or is no longer kept.</p>
        </div>
      </div>
    )
  }
  const main = (
    <div className={css.pane}>
      <Head {...props} subject={subject} />
      <Tabs {...props} subject={subject} />
    </div>
  )
  if (!props.expanded) return main
  return (
    <div className={css.split}>
      {main}
      <div className={css.side}>
        <VerdictPart {...props} subject={subject} open={2} />
      </div>
    </div>
  )
}

/** Tabs that have something to show for this subject. */
function tabsOf({ call, exchanges, log }: Subject): DetailTab[] {
  if (log && exchanges.length === 0) return ['delivery']
  return DETAIL_TABS.filter(tab => (tab === 'jsonrpc' ? call !== undefined : tab === 'delivery' || exchanges.length > 0))
}

/** The stream whose events belong to the subject: the answer's, or its own. */
const streamOf = ({ exchanges }: Subject): Exchange | undefined => exchanges.findLast(({ frames, pings }) => frames + pings > 0)

function Tabs(props: PartProps) {
  const { subject, tab, onTab, rows, expanded } = props
  const tabs = tabsOf(subject)
  const shown = tabs.includes(tab) ? tab : (tabs[0] ?? 'delivery')
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const next = step === undefined ? undefined : tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    onTab(next)
    ;(event.currentTarget.querySelector(`[data-tab="${next}"]`) as HTMLElement | null)?.focus()
  }
  const answers = subject.call ? rows.frames.filter(({ call }) => call === subject.call?.id).length : 0
  return (
    <>
      <div className={css.tabs} role="tablist" aria-label="Detail" onKeyDown={move}>
        {tabs.map((name, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            data-tab={name}
            aria-selected={name === shown}
            aria-controls="detail-panel"
            aria-keyshortcuts={String(index + 1)}
            tabIndex={name === shown ? 0 : -1}
            className={css.tab}
            onClick={() => onTab(name)}
          >
            {TAB_NAMES[name]}
            {name === 'events' && answers > 0 && <sup>{answers}</sup>}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling panel must be reachable by keyboard. */}
      <div className={css.body} role="tabpanel" id="detail-panel" aria-labelledby={`tab-${shown}`} tabIndex={0}>
        <Panel key={`${props.selection.kind}${props.selection.id}`} {...props} shown={shown} expanded={expanded} />
      </div>
    </>
  )
}

function Panel(props: PartProps & { shown: DetailTab }) {
  const { shown, subject, rows, api, zero, now, expanded, recording, onSelect, onRecord } = props
  const [picked, setPicked] = useState<number>()
  const { call, exchanges } = subject
  const stream = streamOf(subject)
  const chosen = exchanges.find(({ id }) => id === picked) ?? (shown === 'events' ? stream : undefined) ?? exchanges[0]
  if (shown === 'delivery') return <DeliveryPart {...props} />
  if (shown === 'jsonrpc' && call) {
    const carrier = call.from === 'server' ? rows.frames.find(frame => frame.call === call.id && frame.rpc === 'request') : undefined
    return <JsonRpcTab key={call.id} call={call} requestFrame={carrier?.id} api={api} zero={zero.at} />
  }
  if (shown === 'timing') return <TimingTab call={call} exchanges={exchanges} now={now} past={!recording.live} />
  if (!chosen) return null
  return (
    <>
      <ExchangeChoice exchanges={exchanges} chosen={chosen.id} onChoose={setPicked} />
      {shown === 'headers' && <HeadersTab exchange={chosen} onRecord={onRecord} />}
      {shown === 'raw' && <RawTab key={chosen.id} exchange={chosen} api={api} wide={expanded} />}
      {shown === 'events' && (
        <EventsTab
          frames={rows.frames.filter(({ exchange }) => exchange === chosen.id)}
          calls={rows.calls}
          chosen={subject.frame?.id}
          call={call?.id}
          api={api}
          zero={zero.at}
          onSelect={onSelect}
        />
      )}
    </>
  )
}

function DeliveryPart(props: PartProps) {
  const { subject, rows, zero, expanded, onRecord, recording, selection } = props
  const { call, exchanges, log } = subject
  const aboutSession = selection.kind === 'session'
  // Of a call one asks first how far it came; of a session or a finding, what is wrong.
  const verdictFirst = aboutSession || selection.kind === 'finding'
  const verdict = !expanded && <VerdictPart {...props} open={aboutSession ? 1 : subject.own} />
  const upstream = recording.upstreams.find(({ name }) => name === rows.session.upstream)
  const ports = [
    `:${exchanges[0]?.clientPort ?? ''}`,
    upstream ? `:${upstream.listen.port}` : '',
    upstream ? URL.parse(upstream.url)?.host.replace(/^.*(?=:)/, '') || '' : '',
  ] as const
  return (
    <>
      {verdictFirst && verdict}
      {log && <LogText log={log} zero={zero.at} />}
      {call && expanded && <SequenceDrawing call={call} exchanges={exchanges} frames={rows.frames} zero={zero.at} ports={ports} />}
      {call && !expanded && (
        <>
          <h3 className={css.h2}>
            Delivery<span>{summaryOf(call)}</span>
          </h3>
          <Ladder call={call} zero={zero.at} onRecord={onRecord} />
        </>
      )}
      {aboutSession && <SessionFacts {...props} />}
      {!call && exchanges.length > 0 && <EndsList exchanges={exchanges} zero={zero.at} past={!recording.live} onRecord={onRecord} />}
      {!verdictFirst && verdict}
    </>
  )
}

const verdictWords = (findings: readonly Finding[], own: number): string =>
  findings.length === 0 ? 'no finding' : own === 0 ? 'about this session' : plural(findings.length, 'finding')

function VerdictPart({ subject, zero, onRecord, ruleFailures, open, rows }: PartProps & { open: number }) {
  const { findings, own } = subject
  if (findings.length === 0 && ruleFailures.length === 0 && rows.session.state === 'live') return null
  return (
    <section className={css.verdict}>
      <h3 className={css.h2}>
        Verdict<span>{verdictWords(findings, own)}</span>
      </h3>
      <Verdicts findings={findings} open={open} zero={zero.at} ruleFailures={ruleFailures} onRecord={onRecord} />
      {findings.length === 0 && <p className={css.none}>Nothing in this session needs mending.</p>}
    </section>
  )
}
