/** The client left while its call was in flight: the answer had nobody to go to. Promise: the loss is certain before it is told. */
import { nearest, REQUEST_LIMITS } from '../core/client-limits.ts'
import type { Facts } from '../core/facts.ts'
import { clientName, isNoticed } from '../core/lifecycle.ts'
import { type LossCause, lastByteBefore, legOf, lossCause, unfinishedBytes } from '../core/loss-cause.ts'
import { cameUnread } from '../core/lost-answer.ts'
import type { Break, Call, Evidence, LogLine } from '../core/model.ts'
import { ownRequests } from '../core/own-requests.ts'
import { carriersOf, exchangeOf, frameOf } from '../core/per-facts.ts'
import { bytesText, countText, endingText, limitText, spanText } from '../core/words.ts'
import { clientLog, fewerRequests, forgetDead, keepalive, limitSetting, ownRequestsLine, UPGRADE_PYTHON } from './advice.ts'
import { closedOn, isCancel } from './closed-response.ts'
import { isGhost } from './ghost-session.ts'
import type { Rule, Verdict } from './rule.ts'

export const undeliverableResponse: Rule = {
  id: 'undeliverable-response',
  severity: 'error',
  title: 'The answer could not be delivered',
  why: 'The tool may have done its work, but the client never learns it. Old Python servers log BrokenResourceError or ClosedResourceError at this moment; newer ones cancel the tool and log nothing.',
  signature: 'The client closes its stream (or the POST that waits for the answer) while a request of it has no answer.',
  fix: 'Depends on the cause: answer sooner, raise the client’s limit, or keep the stream alive. Upgrade the Python SDK to mcp 1.27.2 or later, so that handlers are cancelled when the client leaves.',
  references: ['modelcontextprotocol/python-sdk#237', 'modelcontextprotocol/python-sdk#2064', 'modelcontextprotocol/typescript-sdk#245'],
  check(facts) {
    const losses = lossesOf(facts)
    return [...losses.flatMap(calls => verdictOn(facts, calls)), ...closedOn(facts, losses)]
  },
}

/** Lost calls, those that one break broke together. */
function lossesOf(facts: Facts): Call[][] {
  const byBreak = new Map<number, Call[]>()
  for (const call of facts.calls) {
    if (call.delivery !== 'undeliverable' || !call.broken || call.from !== 'client') continue
    // What is posted to a dead stream, a client that leaves during the handshake, and an answer that it could not read are faults of their own.
    if (isGhost(facts, call) || call.method === 'initialize' || cameUnread(facts, call)) continue
    const together = byBreak.get(call.broken.seq)
    if (together) together.push(call)
    else byBreak.set(call.broken.seq, [call])
  }
  return [...byBreak.values()]
}

function verdictOn(facts: Facts, calls: readonly Call[]): Verdict[] {
  const call = calls[0] as Call
  const broken = call.broken as Break
  const cause = lossCause(facts, call, broken)
  if (isCancel(facts, cause)) return []
  const errors = brokenErrors(facts, broken)
  const ghost = ghostPost(facts)
  const redirects = facts.session.redirects
  // Bytes that the client's system took after its FIN prove nothing: it may have read on.
  const taken = calls.every(one => exchangeOf(facts, one.answerExchange)?.afterFin === 'taken')
  const own = cause.rule === 'oversized-sse-event' ? undefined : ownRequests(facts, call, call.answeredAt ?? facts.now)
  const verdict: Verdict = {
    ...(isTakenBack(call, cause, broken) && { severity: 'info' as const }),
    confidence: taken ? 'likely' : 'certain',
    causeConfidence: cause.confidence,
    at: broken.at,
    call: call.id,
    exchange: call.exchange,
    title: titleOf(facts, call, calls, broken),
    says: `${saysOf(facts, call, cause, redirects)}${taken ? ' What came after its FIN was not refused: had it only stopped sending, it could have read it.' : ''}`,
    cause: `${causeWords(cause)} (${cause.rule}).`,
    fix: [
      ...(own ? [fewerRequests(own.count)] : []),
      ...fixOf(facts, call, cause, errors.length > 0 ? UPGRADE_PYTHON : ghost && forgetDead(facts)),
    ],
    evidence: [
      // One record is shown once, for what it says of the cause.
      ...evidenceOf(facts, call, broken, errors, ghost).filter(({ seq }) => !cause.evidence.some(one => one.seq === seq)),
      ...cause.evidence,
      ...(own ? [ownRequestsLine(own)] : []),
    ].sort((a, b) => a.at - b.at || a.seq - b.seq),
    alternatives: [
      ...cause.others,
      ...(redirects > 0 && call.acceptedAt !== undefined
        ? [{ rule: 'redirect-path-mismatch', standing: 'ruled out' as const, why: `the call was accepted with ${call.status} after it` }]
        : []),
    ],
  }
  return [verdict]
}

/** Who ends the session waits for nothing any more; unless a limit made it end: some clients say only DELETE then. */
const isTakenBack = (call: Call, cause: LossCause, broken: Break): boolean =>
  cause.rule === 'client-closed-early' && cause.confidence === 'certain' && !nearest(broken.at - call.sentAt, REQUEST_LIMITS)

/** Bytes from which on an unfinished event is the answer's beginning, and not a ping's. */
const BEGUN = 1_000

function titleOf(facts: Facts, call: Call, calls: readonly Call[], broken: Break): string {
  const left = `The client left at ${spanText(broken.at - call.sentAt)}`
  if (calls.length > 1) return `${left} with ${countText(calls.length, 'call')} in flight.`
  const begun = call.answeredAt === undefined ? unfinishedBytes(facts, legOf(facts, call), broken) : 0
  if (begun > BEGUN) return `${left}, when ${bytesText(begun)} of the answer had come.`
  if (call.answeredAt === undefined) return `${left}, before the answer.`
  if (call.answeredAt <= broken.at) return `${left}, while the answer was on its way.`
  return `${left}. The answer came at ${spanText(call.answeredAt - call.sentAt)}.`
}

function saysOf(facts: Facts, call: Call, cause: LossCause, redirects: number): string {
  const took = call.answeredAt === undefined ? undefined : spanText(call.answeredAt - call.sentAt)
  const limit = cause.limit === undefined ? undefined : limitText(cause.limit)
  const first =
    cause.rule === 'client-timeout-shorter-than-tool' && limit
      ? `${clientName(facts)} waits ${limit} for a call; this one ${took ? `took ${took}` : 'had no answer by then'}.`
      : cause.rule === 'idle-cut' && limit
        ? `The stream was closed after ${limit} of silence, while ${call.name ?? call.method} was still running.`
        : `${clientName(facts)} left ${spanText((call.brokenAt ?? 0) - call.sentAt)} after the POST, while ${isOnItsWay(facts, call) ? 'its answer was on its way' : `${call.name ?? call.method} was still running`}: ${reasonOf(cause)}.`
  const early = call.answeredAt === undefined || call.answeredAt > (call.brokenAt ?? 0)
  const second = took && early ? ' The stream was gone when the answer was ready.' : ''
  const size = cause.rule !== 'oversized-sse-event' && early
  const third =
    size && redirects > 0 ? ' Neither its size nor the redirects broke it.' : redirects > 0 ? ' The redirects did not break it.' : ''
  return first + second + third
}

/** The cause in words; the rule that tells of it stands behind. */
function causeWords({ rule, confidence, limit, why }: LossCause): string {
  switch (rule) {
    case 'client-timeout-shorter-than-tool':
      return `The client’s own limit${limit === undefined ? '' : ` of ${limitText(limit)}`} for a call`
    case 'idle-cut':
      return `A limit${limit === undefined ? '' : ` of ${limitText(limit)}`} on silence, in the client or before it`
    case 'oversized-sse-event':
      return 'An event larger than the client reads'
    case 'client-closed-early':
      return confidence === 'certain' ? 'The client ended the session itself' : 'The client left for a reason of its own'
    case 'network-interruption':
      return 'The connection to the client broke off'
    default:
      return `The refusal just before: ${why}`
  }
}

/** Its own answer had begun to come: what came just before may have been another call’s. */
function isOnItsWay(facts: Facts, call: Call): boolean {
  const { broken, answeredAt } = call
  if (!broken) return false
  return answeredAt === undefined ? unfinishedBytes(facts, legOf(facts, call), broken) > BEGUN : answeredAt <= broken.at
}

const reasonOf = (cause: LossCause) =>
  cause.rule === 'client-closed-early' && cause.confidence !== 'certain' ? 'the wire does not show why' : cause.why

function fixOf(facts: Facts, call: Call, cause: LossCause, server: string | undefined): string[] {
  const limit = cause.limit === undefined ? 'the client’s limit' : limitText(cause.limit)
  const what =
    call.answerBytes !== undefined && call.answerBytes > 100_000
      ? `page, filter or cache the ${bytesText(call.answerBytes)}`
      : 'page, filter or cache what it returns'
  const fix: string[] = []
  if (cause.rule === 'client-timeout-shorter-than-tool') fix.push(`Answer within ${limit}: ${what}.`)
  else if (cause.rule === 'idle-cut')
    fix.push(keepalive(facts), 'Or raise the idle limit of the client, or of what stands between it and the proxy.')
  else if (cause.rule === 'oversized-sse-event') fix.push(`Make the answer smaller: ${what}, or return a link to a resource.`)
  else fix.push(clientLog(facts))
  if (server !== undefined) fix.push(server)
  if (cause.rule === 'client-timeout-shorter-than-tool') fix.push(limitSetting(facts))
  return fix
}

/** The server's own words for the same moment. */
function brokenErrors(facts: Facts, broken: Break): LogLine[] {
  return facts.logs
    .filter(line => line.at >= broken.at - 50 && /(Broken|Closed)ResourceError/.test(`${line.exception ?? ''} ${line.text}`))
    .slice(0, 1)
}

/** A later POST that the dead session still accepted. */
const ghostPost = ({ session: { transport, ended }, exchanges }: Facts) =>
  transport === 'sse'
    ? exchanges.find(({ method, status, requestAt }) => method === 'POST' && status === 202 && isNoticed(ended, requestAt))
    : undefined

function evidenceOf(facts: Facts, call: Call, broken: Break, errors: readonly LogLine[], ghost: ReturnType<typeof ghostPost>): Evidence[] {
  const leg = legOf(facts, call)
  const accepted = carriersOf(facts, call).findLast(({ id, responseSeq }) => responseSeq !== undefined && id !== facts.session.stream)
  const lines: Evidence[] = []
  const name = `call ${call.number}`
  if (accepted?.responseSeq !== undefined && accepted.responseAt !== undefined) {
    lines.push({
      seq: accepted.responseSeq,
      at: accepted.responseAt,
      says: `POST of ${name}, ${accepted.status === 202 ? 'accepted with 202' : `answered with ${accepted.status}`}`,
    })
  } else lines.push({ seq: call.seqs[0] ?? 0, at: call.sentAt, says: `POST of ${name}` })
  const alive = lastByteBefore(facts, leg, broken.at)
  if (alive && alive.at > call.sentAt && alive.seq !== accepted?.responseSeq)
    lines.push({ ...alive, says: 'Last byte that reached the client: the stream was alive' })
  const how =
    broken.how === 'fin' || broken.how === 'complete'
      ? 'sent FIN'
      : broken.how === 'reset'
        ? 'reset the connection'
        : `ended it (${endingText(broken.how)})`
  lines.push({ seq: broken.seq, at: broken.at, says: `Client ${how}, ${((broken.at - call.sentAt) / 1000).toFixed(3)} s after the POST` })
  for (const change of leg?.changes ?? []) {
    if (change.what === 'linger-begin') lines.push({ seq: change.seq, at: change.at, says: 'Server leg still open, held by linger' })
    if (change.what === 'linger-end')
      lines.push({ seq: change.seq, at: change.at, says: 'Linger ended: the client’s close was passed on to the server' })
  }
  const answer = frameOf(facts, call.answerFrame)
  const answerSeq = answer?.seq ?? call.ladder.find(step => step.name === 'answered')?.seq
  if (call.answeredAt !== undefined && answerSeq !== undefined) {
    lines.push({ seq: answerSeq, at: call.answeredAt, says: `Answer for id ${call.rpcId} came, ${bytesText(call.answerBytes ?? 0)}` })
  }
  for (const line of errors) lines.push({ seq: line.seq, at: line.at, says: `Server log: ${line.exception ?? line.text.slice(0, 80)}` })
  if (ghost?.responseSeq !== undefined)
    lines.push({
      seq: ghost.responseSeq,
      at: ghost.responseAt ?? ghost.requestAt,
      says: 'A later POST to the dead session was still accepted with 202',
    })
  return lines.sort((a, b) => a.at - b.at || a.seq - b.seq)
}
