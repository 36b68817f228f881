/** A POST goes to a path that differs by a slash and is redirected. Promise: it costs time and says so; it is never called the cause of a lost answer. */
import { pathAndQuery, pathOf, queryOf, sameButSlash } from '../core/endpoint.ts'
import type { Facts } from '../core/facts.ts'
import { redirectOrigin } from '../core/http-signs.ts'
import type { Evidence, Exchange } from '../core/model.ts'
import { callOf } from '../core/per-facts.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const redirectPathMismatch: Rule = {
  id: 'redirect-path-mismatch',
  severity: 'warning',
  title: 'Requests are redirected to the same path with or without a slash',
  why: 'Every message takes two requests instead of one, and a client that does not repeat a POST after a redirect loses it. It looks like the cause of lost answers, and is not.',
  signature: 'A request is answered with 307 or 308, and its Location is the same path but for the slash at its end.',
  fix: 'Use exactly the path in Location: in the client’s settings, or where the server mounts or advertises it.',
  references: ['modelcontextprotocol/python-sdk#732', 'modelcontextprotocol/python-sdk#781', 'jlowin/fastmcp#991', 'jlowin/fastmcp#1867'],
  check(facts) {
    const hops = facts.exchanges.filter(isSlashRedirect)
    // Messages that were lost by it are told by redirect-not-followed.
    const lost = hops.some(hop => hop.method === 'POST' && hop.followedBy === undefined && isOver(facts, hop))
    return hops.length === 0 || lost ? [] : [verdictOn(facts, hops)]
  },
}

/** One that leads to another origin is that fault, not this one. */
/** A 307 or 308 to the same path with or without its slash. */
export function isSlashRedirect(x: Exchange): boolean {
  const { status, location, target } = x
  if ((status !== 307 && status !== 308) || location === undefined || redirectOrigin(x) !== undefined) return false
  const to = pathAndQuery(location, target)
  return sameButSlash(pathOf(to), pathOf(target)) && queryOf(to) === queryOf(target)
}

function verdictOn(facts: Facts, hops: readonly Exchange[]): Verdict {
  const first = hops[0] as Exchange
  const byId = new Map(facts.exchanges.map(exchange => [exchange.id, exchange]))
  const pairs = hops.map(hop => [hop, byId.get(hop.followedBy ?? -1)] as const)
  const open = pairs.filter(([, next]) => !next).length
  const cost = pairs.reduce((sum, [hop, next]) => sum + (next ? next.requestAt - hop.requestAt : 0), 0)
  const uniform = hops.every(({ method }) => method === first.method)
  const noun = uniform ? first.method : 'request'
  const asked = facts.exchanges.filter(({ method, follows }) => (!uniform || method === first.method) && follows === undefined).length
  const { side, cause, fix } = attribution(facts, first)
  const each = hops.length >= asked && hops.length > 1 ? `each of ${countText(hops.length, noun)}` : countText(hops.length, noun)
  const undelivered = facts.calls.some(call => call.delivery === 'undeliverable' && call.acceptedAt !== undefined)
  return {
    confidence: 'certain',
    causeConfidence: side === 'unknown' ? 'possible' : 'certain',
    at: first.responseAt ?? first.requestAt,
    exchange: first.id,
    title: `${first.status} on ${each}, +${spanText(cost)}${undelivered ? ': not the cause' : ''}`,
    says: saysOf(first, hops.length, open, cost),
    cause,
    fix,
    evidence: redirectEvidence(facts, hops),
    alternatives: [],
  }
}

/** Nobody will follow it any more: its call was given up, or clients never take that long. */
export const isOver = (facts: Facts, hop: Exchange) =>
  hop.calls.some(id => callOf(facts, id)?.delivery === 'unanswered') || facts.now - (hop.responseAt ?? facts.now) > 5_000

function saysOf(first: Exchange, count: number, open: number, cost: number): string {
  const to = pathOf(pathAndQuery(first.location ?? '', first.target))
  const what = `${first.method} ${first.path} is redirected to ${to}.`
  if (open > 0) return `${what} The client has not repeated ${open === count ? 'the request' : countText(open, 'request')} there.`
  const mean = count > 1 ? `, ${spanText(cost / count)} each` : ''
  return `${what} The client followed every time; it cost ${spanText(cost)}${mean}.`
}

/** Who wrote the path: the client, when it differs from what the server advertised; the server, when it is just that. */
export function attribution({ session }: Facts, first: Exchange): { side: 'client' | 'server' | 'unknown'; cause: string; fix: string[] } {
  const to = pathOf(pathAndQuery(first.location ?? '', first.target))
  if (session.transport === 'sse' && session.endpoint !== undefined && first.method === 'POST') {
    const advertised = pathOf(session.endpoint)
    if (advertised === first.path) {
      return {
        side: 'server',
        cause: `The server: it advertises ${advertised} and routes ${to}.`,
        fix: [
          `Advertise ${to} in the endpoint event, or mount the route at ${advertised}.`,
          `With Starlette: SseServerTransport("${to}") with Mount("${to}", …).`,
        ],
      }
    }
    return {
      side: 'client',
      cause: `The client: the server advertises ${advertised}, the client posts to ${first.path}.`,
      fix: [`Let the client use the path of the endpoint event, ${advertised}: remove its own message endpoint setting.`],
    }
  }
  return {
    side: session.transport === 'other' ? 'unknown' : 'client',
    cause: `The URL in the client’s settings ends in ${first.path}; the server routes ${to}.`,
    fix: [`Write the URL with ${to} in the client’s settings.`],
  }
}

/** The advertised path, and each hop with what became of it. */
export function redirectEvidence(facts: Facts, hops: readonly Exchange[]): Evidence[] {
  const lines: Evidence[] = []
  const byId = new Map(facts.exchanges.map(exchange => [exchange.id, exchange]))
  const endpoint = facts.frames.find(frame => frame.event === 'endpoint')
  if (endpoint) lines.push({ seq: endpoint.seq, at: endpoint.at, says: `The server advertised ${pathOf(facts.session.endpoint ?? '')}` })
  for (const hop of hops.slice(0, 5)) {
    const next = byId.get(hop.followedBy ?? -1)
    const seq = hop.responseSeq ?? hop.requestSeq
    const after = next ? `, repeated ${spanText(next.requestAt - hop.requestAt)} later` : ', not repeated'
    lines.push({ seq, at: hop.responseAt ?? hop.requestAt, says: `${hop.method} ${hop.path} answered with ${hop.status}${after}` })
  }
  return lines
}
