/** A judgement, as every form of it is made from. Promise: values only; how they are said is the forms' business. */
import type { Finding, Session, Severity } from '../core/model.ts'
import type { Loaded } from '../inspector/load.ts'

export interface Report {
  readonly loaded: Loaded
  /** Those of `loaded` that are wanted. */
  readonly findings: readonly Finding[]
  /** Ids of the rules that were asked. */
  readonly asked: readonly string[]
  /** Where the recording lies: its folder or file. */
  readonly source: string
  /** Whether a finding of this severity makes the judgement fail. */
  readonly fails: (severity: Severity) => boolean
}

export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const sum = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) sum[severity] += 1
  return sum
}

export const sumOf = (sessions: readonly Session[], field: 'calls' | 'undelivered'): number =>
  sessions.reduce((total, session) => total + session[field], 0)
