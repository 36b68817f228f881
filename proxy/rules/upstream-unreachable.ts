/** The proxy could not reach the server. Promise: a server that was there before and came back was restarted; that is only noted here. */
import { endCauses, RESTART_SPAN } from '../core/end-cause.ts'
import type { Facts } from '../core/facts.ts'
import { answerAt, answerOf, answerSeq, refusalWords } from '../core/http-signs.ts'
import type { Exchange, LogLine, Severity } from '../core/model.ts'
import type { Outage } from '../core/outages.ts'
import { saysTls, TLS_ALERT } from '../core/tls-port.ts'
import { tlsTrouble } from '../core/tls-trouble.ts'
import { unknownSession } from '../core/unknown-session.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const upstreamUnreachable: Rule = {
  id: 'upstream-unreachable',
  severity: 'error',
  title: 'The server cannot be reached',
  why: 'Nothing reaches the server; the client gets 502 from the proxy, and without it would get “connection refused”.',
  signature: 'Connecting to the server fails: refused, name not resolved, timeout, or TLS. Or what answers is no HTTP, or asks for HTTPS.',
  fix: 'Start the server, or correct the host, the port or the scheme in --target.',
  references: ['smart-mcp-proxy/mcpproxy-go#38', 'open-webui/mcpo#209'],
  check(facts) {
    const foreign = saysTls(facts) ?? speaksNoHttp(facts)
    if (foreign) return [wrongTarget(foreign)]
    const failed = facts.exchanges.filter(isUnreached)
    const first = failed[0]
    if (!first) return []
    const outage = facts.outages?.findLast(({ from }) => from <= answerAt(first))
    if (outage?.wasUp && isRestartTold(facts, outage)) return []
    const { how = 'refused', code = '' } = first.serverEnd ?? {}
    const fate = fateBefore(facts, failed, outage)
    const says = first.trouble ?? first.serverEnd?.detail ?? 'The connection failed.'
    const span = outage?.to === undefined ? undefined : spanText(outage.to - outage.from)
    return [
      {
        severity: severityOf(outage),
        confidence: 'certain',
        causeConfidence: outage?.wasUp && !fate ? 'likely' : 'certain',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `${WHAT[how] ?? 'The connection failed'}, ${countText(failed.length, 'request')}. ${span !== undefined ? `The server was back after ${span}.` : outage?.wasUp ? 'The server did not come back.' : 'It was never reached.'}`,
        says: `${says}${outage?.wasUp ? ' It had answered before.' : ''}`,
        cause: fate ? `The server’s process ${fate.text.slice(0, 80)}.` : causeOf(how, code, outage),
        fix: fate ? fixOfEnd(fate) : fixOf(how, code, says, outage),
        evidence: [
          ...(fate ? [{ seq: fate.seq, at: fate.at, says: `The server’s process: ${fate.text.slice(0, 80)}` }] : []),
          ...failed.slice(0, 5).map(x => ({
            seq: x.serverEnd?.seq ?? answerSeq(x),
            at: answerAt(x),
            says: `${x.method} ${x.path}: ${WHAT[x.serverEnd?.how ?? ''] ?? 'failed'}${x.serverEnd?.code ? ` (${x.serverEnd.code})` : ''}`,
          })),
          ...(outage?.to !== undefined && outage.backSeq !== undefined
            ? [{ seq: outage.backSeq, at: outage.to, says: 'The server was back' }]
            : []),
        ].sort((a, b) => a.at - b.at || a.seq - b.seq),
        alternatives: outage?.wasUp ? [{ rule: 'server-restarted', standing: 'possible', why: 'it was there before' }] : [],
      },
    ]
  },
}

/** The port is open, and --target is wrong about what is spoken there. */
function wrongTarget(x: Exchange): Verdict {
  const base = {
    confidence: 'certain' as const,
    at: answerAt(x),
    exchange: x.id,
    ...(x.calls[0] !== undefined && { call: x.calls[0] }),
    evidence: [answerOf(x)],
  }
  if (x.responseBy === 'server' || x.serverEnd?.detail?.includes(TLS_ALERT))
    return {
      ...base,
      title: 'The server speaks TLS on this port, and --target says http://.',
      says: `It could not read ${x.method} ${x.path}, and says so${x.responseBy === 'server' ? `: “${refusalWords(x)}”` : ` with ${TLS_ALERT}`}.`,
      cause: 'The scheme in --target.',
      fix: ['Write https:// in --target; if the certificate is your own, give its authority with --ca.'],
    }
  return {
    ...base,
    causeConfidence: 'possible',
    title: 'What answers at this port is no HTTP server.',
    says: `The answer to ${x.method} ${x.path} was not HTTP/1.1${x.serverEnd?.detail ? ` (${x.serverEnd.detail})` : ''}, and nothing else ever came from there.`,
    cause: 'Another protocol: TLS, if --target says http://, or that of another program.',
    fix: ['If the server speaks TLS on this port, write https:// in --target; otherwise correct the port.'],
  }
}

const speaksNoHttp = ({ mute, exchanges }: Facts): Exchange | undefined =>
  mute === true ? exchanges.find(({ responseBy, serverEnd }) => responseBy === 'proxy' && serverEnd?.how === 'garbage') : undefined

/** The end of the server took a stream or a call of this session: one cause, one finding. */
const isRestartTold = (facts: Facts, { from }: Outage): boolean =>
  unknownSession(facts)?.rule === 'server-restarted' ||
  endCauses(facts).some(
    ({ rule, confidence, end }) => rule === 'server-restarted' && confidence === 'certain' && Math.abs(from - end.at) <= RESTART_SPAN,
  )

const WHAT: Readonly<Record<string, string>> = {
  refused: 'The connection was refused',
  unresolved: 'The server’s name could not be resolved',
  timeout: 'The connection attempt had no answer',
  tls: 'The TLS connection failed',
}
/** Answered by the proxy, or, in a recording of another program, by nobody. */
const isUnreached = ({ responseBy, serverEnd, status }: Exchange): boolean =>
  (responseBy === 'proxy' || status === undefined) && status !== 508 && serverEnd !== undefined && WHAT[serverEnd.how] !== undefined

function severityOf(outage: Outage | undefined): Severity {
  if (outage?.to === undefined) return 'error'
  return outage.wasUp ? 'info' : 'warning'
}

function causeOf(how: string, code: string, outage: Outage | undefined): string {
  if (outage?.wasUp) return outage.to === undefined ? 'The server has stopped.' : 'The server was being restarted.'
  if (outage?.to !== undefined) return 'The server was started after the client.'
  if (how === 'unresolved') return 'The host name in --target, or the DNS of this machine.'
  if (how === 'tls') return tlsTrouble(code).cause
  return how === 'timeout' ? 'The host is down, or a firewall drops the connection.' : 'No program listens at this address.'
}

/** A process that ends is seen to end this much later than its port refuses (ms). */
const SEEN_SPAN = 2_000

/** Why nothing listens, where the proxy started the server itself, it is over, and nothing has come back in its place. */
const fateBefore = ({ fate }: Facts, failed: readonly Exchange[], outage: Outage | undefined): LogLine | undefined =>
  fate && outage?.to === undefined && failed.some(x => fate.at <= answerAt(x) + SEEN_SPAN) ? fate : undefined

const fixOfEnd = ({ text }: LogLine): string[] =>
  text.startsWith('ended')
    ? [`Start the server again, and look into its log for why it ended: “${text.slice(0, 80)}”.`]
    : ['Correct the command after --, and begin a new run.']

function fixOf(how: string, code: string, says: string, outage: Outage | undefined): string[] {
  if (outage?.wasUp)
    return outage.to === undefined
      ? ['Start the server again, and look into its log for why it ended.']
      : ['Nothing to do: the server is back.']
  if (outage?.to !== undefined) return ['Start the server before the client, or let the client try again.']
  if (how === 'unresolved') return ['Correct the host name in --target.']
  if (how === 'tls') return [tlsTrouble(code).fix]
  if (how === 'timeout') return ['Check the address in --target, and whether a firewall stands between.']
  const loopback = /localhost|\[::1\]/.test(says)
  return [
    'Start the MCP server, or correct the port in --target.',
    ...(loopback ? ['“localhost” is ::1 and 127.0.0.1: let the server listen on the one that --target names, or write 127.0.0.1.'] : []),
  ]
}
