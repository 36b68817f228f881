/**
 * All rules, in the order in which a person should read their findings, and the one way to apply them.
 * Promise: one cause gives one finding, and a rule that throws is reported as a value and harms no other.
 */
import type { Facts } from '../core/facts.ts'
import type { Severity } from '../core/model.ts'
import { isClientNear, isServerNear, NEAR } from '../core/nearness.ts'
import { acceptHeaderWrong } from './accept-header-wrong.ts'
import { answerBeforeAccepted } from './answer-before-accepted.ts'
import { authChallengeLoop } from './auth-challenge-loop.ts'
import { browserConnectionLimit } from './browser-connection-limit.ts'
import { cancelIgnored } from './cancel-ignored.ts'
import { cancelledButAnswered } from './cancelled-but-answered.ts'
import { clientClosedEarly } from './client-closed-early.ts'
import { clientTimeoutShorterThanTool } from './client-timeout-shorter-than-tool.ts'
import { contentTypeWrong } from './content-type-wrong.ts'
import { corsSessionHeaderHidden } from './cors-session-header-hidden.ts'
import { duplicateInFlightId } from './duplicate-in-flight-id.ts'
import { duplicateResponse } from './duplicate-response.ts'
import { endpointCrossOrigin } from './endpoint-cross-origin.ts'
import { getNotSupported } from './get-not-supported.ts'
import { ghostSession } from './ghost-session.ts'
import { headerBodyMismatch } from './header-body-mismatch.ts'
import { hostOrOriginRejected } from './host-or-origin-rejected.ts'
import { idleCut } from './idle-cut.ts'
import { initializedMissing } from './initialized-missing.ts'
import { invalidJsonOrUtf8 } from './invalid-json-or-utf8.ts'
import { methodChangingRedirect } from './method-changing-redirect.ts'
import { acrossHole, mayBeInHole } from './missing-records.ts'
import { mountLifespanMissing } from './mount-lifespan-missing.ts'
import { mountPrefixLost } from './mount-prefix-lost.ts'
import { networkInterruption } from './network-interruption.ts'
import { noEndpointEvent } from './no-endpoint-event.ts'
import { noKeepalive } from './no-keepalive.ts'
import { notResumableDrop } from './not-resumable-drop.ts'
import { orphanRequest } from './orphan-request.ts'
import { oversizedSseEvent } from './oversized-sse-event.ts'
import { postBeforeEndpoint } from './post-before-endpoint.ts'
import { protocolProbe } from './protocol-probe.ts'
import { protocolVersionMismatch } from './protocol-version-mismatch.ts'
import { rateLimitedOrOverloaded } from './rate-limited-or-overloaded.ts'
import { reconnectedWithoutInitialize } from './reconnected-without-initialize.ts'
import { redirectLeavesOrigin } from './redirect-leaves-origin.ts'
import { redirectNotFollowed } from './redirect-not-followed.ts'
import { redirectPathMismatch } from './redirect-path-mismatch.ts'
import { requestAcceptedWithoutAnswer } from './request-accepted-without-answer.ts'
import { requestBeforeInitialize } from './request-before-initialize.ts'
import { requestBodyTooLarge } from './request-body-too-large.ts'
import { responseUnknownId } from './response-unknown-id.ts'
import type { Rule, Verdict } from './rule.ts'
import { serverRestarted } from './server-restarted.ts'
import { sessionHeaderOnStateless } from './session-header-on-stateless.ts'
import { sessionIdMissing } from './session-id-missing.ts'
import { sessionManagedByHand } from './session-managed-by-hand.ts'
import { sessionParamName } from './session-param-name.ts'
import { sessionUnknownOrExpired } from './session-unknown-or-expired.ts'
import { singleSlotServer } from './single-slot-server.ts'
import { slowInitialize } from './slow-initialize.ts'
import { sseBuffered } from './sse-buffered.ts'
import { sseCompressed } from './sse-compressed.ts'
import { sseFraming } from './sse-framing.ts'
import { staleGetStream409 } from './stale-get-stream-409.ts'
import { streamEndedUnanswered } from './stream-ended-unanswered.ts'
import { streamResumed } from './stream-resumed.ts'
import { toolErrorCredentials } from './tool-error-credentials.ts'
import { toolListEmptyOrRejected } from './tool-list-empty-or-rejected.ts'
import { transportMismatch } from './transport-mismatch.ts'
import { undeliverableResponse } from './undeliverable-response.ts'
import { upstreamUnreachable } from './upstream-unreachable.ts'
import { wrongEndpoint } from './wrong-endpoint.ts'
import { wrongWorker } from './wrong-worker.ts'

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
  clientTimeoutShorterThanTool,
  clientClosedEarly,
  networkInterruption,
  sessionIdMissing,
  sessionParamName,
  sessionUnknownOrExpired,
  sessionManagedByHand,
  serverRestarted,
  reconnectedWithoutInitialize,
  requestBeforeInitialize,
  initializedMissing,
  redirectPathMismatch,
  redirectNotFollowed,
  wrongEndpoint,
  mountPrefixLost,
  endpointCrossOrigin,
  noEndpointEvent,
  transportMismatch,
  protocolVersionMismatch,
  requestBodyTooLarge,
  browserConnectionLimit,
  corsSessionHeaderHidden,
  authChallengeLoop,
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
  idleCut,
  noKeepalive,
  wrongWorker,
  staleGetStream409,
  postBeforeEndpoint,
  cancelledButAnswered,
  cancelIgnored,
  ghostSession,
  slowInitialize,
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
        if (findings.has(key) || mayBeInHole(facts, rule.id, verdict)) continue
        const ranked = acrossHole(facts, withoutNetwork(facts, verdict))
        findings.set(key, { ...ranked, rule: rule.id, severity: verdict.severity ?? rule.severity, key })
      }
    } catch (error) {
      failures.push({ rule: rule.id, error: error instanceof Error ? error.message : String(error) })
    }
  }
  return { findings: [...findings.values()], failures }
}

/** No network lies between ends on one machine: it is the last thing to suspect there. */
function withoutNetwork(facts: Facts, verdict: Verdict): Verdict {
  const { alternatives = [] } = verdict
  const network = alternatives.find(({ rule }) => rule === 'network-interruption')
  if (network?.standing !== 'possible' || !isClientNear(facts) || !isServerNear(facts)) return verdict
  const others = alternatives.filter(one => one !== network)
  return { ...verdict, alternatives: [...others, { ...network, standing: 'ruled out', why: NEAR }] }
}
