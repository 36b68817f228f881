/**
 * All rules, in the order in which a person should read their findings, and the one way to apply them.
 * Promise: one cause gives one finding, and a rule that throws is reported as a value and harms no other.
 */
import type { Facts } from '../core/facts.ts'
import type { Severity } from '../core/model.ts'
import { acceptHeaderWrong } from './accept-header-wrong.ts'
import { answerBeforeAccepted } from './answer-before-accepted.ts'
import { contentTypeWrong } from './content-type-wrong.ts'
import { duplicateInFlightId } from './duplicate-in-flight-id.ts'
import { duplicateResponse } from './duplicate-response.ts'
import { endpointCrossOrigin } from './endpoint-cross-origin.ts'
import { getNotSupported } from './get-not-supported.ts'
import { headerBodyMismatch } from './header-body-mismatch.ts'
import { hostOrOriginRejected } from './host-or-origin-rejected.ts'
import { invalidJsonOrUtf8 } from './invalid-json-or-utf8.ts'
import { methodChangingRedirect } from './method-changing-redirect.ts'
import { mountLifespanMissing } from './mount-lifespan-missing.ts'
import { mountPrefixLost } from './mount-prefix-lost.ts'
import { noEndpointEvent } from './no-endpoint-event.ts'
import { notResumableDrop } from './not-resumable-drop.ts'
import { orphanRequest } from './orphan-request.ts'
import { oversizedSseEvent } from './oversized-sse-event.ts'
import { protocolProbe } from './protocol-probe.ts'
import { protocolVersionMismatch } from './protocol-version-mismatch.ts'
import { rateLimitedOrOverloaded } from './rate-limited-or-overloaded.ts'
import { redirectLeavesOrigin } from './redirect-leaves-origin.ts'
import { redirectPathMismatch } from './redirect-path-mismatch.ts'
import { requestAcceptedWithoutAnswer } from './request-accepted-without-answer.ts'
import { requestBodyTooLarge } from './request-body-too-large.ts'
import { responseUnknownId } from './response-unknown-id.ts'
import type { Rule, Verdict } from './rule.ts'
import { sessionHeaderOnStateless } from './session-header-on-stateless.ts'
import { sessionUnknownOrExpired } from './session-unknown-or-expired.ts'
import { singleSlotServer } from './single-slot-server.ts'
import { sseBuffered } from './sse-buffered.ts'
import { sseCompressed } from './sse-compressed.ts'
import { sseFraming } from './sse-framing.ts'
import { streamEndedUnanswered } from './stream-ended-unanswered.ts'
import { streamResumed } from './stream-resumed.ts'
import { toolErrorCredentials } from './tool-error-credentials.ts'
import { toolListEmptyOrRejected } from './tool-list-empty-or-rejected.ts'
import { transportMismatch } from './transport-mismatch.ts'
import { undeliverableResponse } from './undeliverable-response.ts'
import { upstreamUnreachable } from './upstream-unreachable.ts'
import { wrongEndpoint } from './wrong-endpoint.ts'

/** A verdict with the rule that gave it. `key` stays the same while more evidence comes: what to recognise it by. */
export interface Judged extends Verdict {
  readonly rule: string
  readonly severity: Severity
  readonly key: string
}
export interface Judgement {
  readonly findings: readonly Judged[]
  readonly failures: readonly { readonly rule: string; readonly error: string }[]
}

export const rules: readonly Rule[] = [
  undeliverableResponse,
  sessionUnknownOrExpired,
  redirectPathMismatch,
  wrongEndpoint,
  mountPrefixLost,
  endpointCrossOrigin,
  noEndpointEvent,
  transportMismatch,
  protocolVersionMismatch,
  requestBodyTooLarge,
  hostOrOriginRejected,
  redirectLeavesOrigin,
  methodChangingRedirect,
  getNotSupported,
  sessionHeaderOnStateless,
  contentTypeWrong,
  acceptHeaderWrong,
  headerBodyMismatch,
  mountLifespanMissing,
  upstreamUnreachable,
  rateLimitedOrOverloaded,
  oversizedSseEvent,
  toolErrorCredentials,
  duplicateInFlightId,
  duplicateResponse,
  responseUnknownId,
  orphanRequest,
  streamEndedUnanswered,
  requestAcceptedWithoutAnswer,
  singleSlotServer,
  sseBuffered,
  sseCompressed,
  invalidJsonOrUtf8,
  sseFraming,
  notResumableDrop,
  toolListEmptyOrRejected,
  protocolProbe,
  answerBeforeAccepted,
  streamResumed,
]

/** Applies the rules to one session. Never throws. */
export function judge(facts: Facts, all: readonly Rule[] = rules): Judgement {
  const findings = new Map<string, Judged>()
  const failures: { rule: string; error: string }[] = []
  for (const rule of all) {
    try {
      for (const verdict of rule.check(facts)) {
        const key =
          `${rule.id} ${facts.session.id} ${verdict.call ?? ''} ${verdict.call === undefined ? (verdict.exchange ?? '') : ''}`.trim()
        if (!findings.has(key)) findings.set(key, { ...verdict, rule: rule.id, severity: verdict.severity ?? rule.severity, key })
      }
    } catch (error) {
      failures.push({ rule: rule.id, error: error instanceof Error ? error.message : String(error) })
    }
  }
  return { findings: [...findings.values()], failures }
}
