/** A finding as a card: what happened, by what evidence, what to do, what else it could be. Promise: every claim has its record beside it. */
import { useState } from 'react'
import type { Finding } from '../../proxy/core/model.ts'
import { rules } from '../../proxy/rules/index.ts'
import { SeverityGlyph } from '../detail/glyph.tsx'
import { letterOf, offset } from '../format.ts'
import parts from '../parts/parts.module.css'
import css from './verdict.module.css'

export const SEVERITY = { error: 'Error', warning: 'Warning', info: 'Note' } as const

/** "loss certain, cause likely" where a finding is surer of what happened than of why. */
export const sureness = (finding: Finding): string =>
  finding.causeConfidence !== undefined && finding.causeConfidence !== finding.confidence
    ? `fault ${finding.confidence}, cause ${finding.causeConfidence}`
    : finding.confidence

interface VerdictProps {
  readonly finding: Finding
  readonly zero: number
  readonly onRecord: (seq: number) => void
}

export function Verdict({ finding, zero, onRecord }: VerdictProps) {
  return (
    <article
      id={`finding-${finding.id}`}
      className={css.card}
      data-severity={finding.severity}
      aria-label={`${SEVERITY[finding.severity]}: ${finding.title}`}
      tabIndex={-1}
    >
      <header className={css.head}>
        <SeverityGlyph severity={finding.severity} />
        <span className={css.severity}>{SEVERITY[finding.severity]}</span>
        <span className={css.mono}>{finding.rule}</span>
        <span className={css.push} />
        <span>{sureness(finding)}</span>
      </header>
      <div className={css.body}>
        <h3>{finding.title}</h3>
        {finding.says && <p>{finding.says}</p>}
        {finding.cause && <p>Cause: {finding.cause}</p>}
        <h4>Evidence</h4>
        <ul className={css.evidence}>
          {finding.evidence.map((item, index) => (
            <li key={`${item.seq} ${item.says}`}>
              <span className={css.letter} aria-hidden="true">
                {letterOf(index)}
              </span>
              <span className={css.when}>{offset(item.at - zero)}</span>
              <span>{item.says}</span>
              <button type="button" className={parts.ref} onClick={() => onRecord(item.seq)} aria-label={`Show record ${item.seq}`}>
                #{item.seq}
              </button>
            </li>
          ))}
        </ul>
        {finding.fix.length > 0 && <h4>Fix</h4>}
        <ol className={css.fix}>
          {finding.fix.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ol>
        {finding.alternatives.length > 0 && <h4>What else fits</h4>}
        <ul className={css.others}>
          {finding.alternatives.map(other => (
            <li key={other.rule}>
              <span className={css.standing}>{other.standing}</span>
              <span>
                <span className={css.mono}>{other.rule}</span>
                <span className={css.why}>{other.why}</span>
              </span>
            </li>
          ))}
        </ul>
        <About rule={finding.rule} />
      </div>
    </article>
  )
}

/** The rule's documentation in place: why it matters, how it looks on the wire, where it is told of. */
function About({ rule: id }: { rule: string }) {
  const rule = rules.find(one => one.id === id)
  if (!rule) return null
  return (
    <details className={css.about}>
      <summary>About this rule: {rule.title}</summary>
      <p>{rule.why}</p>
      <h4>On the wire</h4>
      <p>{rule.signature}</p>
      <h4>In general</h4>
      <p>{rule.fix}</p>
      <h4>Told of in</h4>
      <p className={css.mono}>{rule.references.join(', ')}</p>
    </details>
  )
}

interface VerdictsProps {
  /** The first `open` are shown whole, the others folded to their title. */
  readonly findings: readonly Finding[]
  readonly open: number
  readonly zero: number
  readonly ruleFailures: readonly { readonly rule: string; readonly error: string }[]
  readonly onRecord: (seq: number) => void
}

export function Verdicts({ findings, open, zero, ruleFailures, onRecord }: VerdictsProps) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set())
  const unfold = (id: number) => {
    setUnfolded(new Set([...unfolded, id]))
    // The button has become the card, and the focus stays on it.
    requestAnimationFrame(() => document.getElementById(`finding-${id}`)?.focus({ preventScroll: true }))
  }
  return (
    <>
      {ruleFailures.map(({ rule, error }) => (
        <p key={rule} className={`${css.card} ${css.failed}`}>
          Rule {rule} could not judge this session: {error}
        </p>
      ))}
      {findings.map((finding, index) =>
        index < open || unfolded.has(finding.id) ? (
          <Verdict key={finding.id} finding={finding} zero={zero} onRecord={onRecord} />
        ) : (
          <button key={finding.id} type="button" className={css.fold} onClick={() => unfold(finding.id)}>
            <SeverityGlyph severity={finding.severity} />
            <span>
              <b>{finding.title}</b> at {offset(finding.at - zero)}
            </span>
          </button>
        ),
      )}
    </>
  )
}
