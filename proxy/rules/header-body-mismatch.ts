/** A request of 2026-07-28 whose headers do not say what its body says. Promise: what left the client is compared first, so that a middlebox is only blamed where the client was right. */
import { answerAt, answerOf, byRefusal, refusalWords, requestHeader } from '../core/http-signs.ts'
import { plainHeader } from '../core/mirrored-headers.ts'
import type { Call, Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const headerBodyMismatch: Rule = {
  id: 'header-body-mismatch',
  severity: 'error',
  title: 'Headers and body of a request disagree',
  why: 'Since 2026-07-28 the version, the method, the name of a call and some of its arguments stand in headers too, so that gateways can route by them; a server has to refuse a request where header and body differ.',
  signature:
    'Mcp-Method, Mcp-Name, MCP-Protocol-Version or an Mcp-Param-* header that the tool’s schema asks for (x-mcp-header) is missing or is not what the body says; or the server answers 400 with -32020.',
  fix: 'Let the client write the headers from the body it sends, and every gateway between pass Mcp-* headers on.',
  references: ['modelcontextprotocol/typescript-sdk#2190', 'modelcontextprotocol/java-sdk#1112'],
  check(facts) {
    if (facts.session.transport !== 'stateless') return []
    const calls = new Map(facts.calls.map(call => [call.id, call]))
    const seen = facts.exchanges.flatMap(x => {
      const difference = differenceIn(calls, x)
      const refused = byRefusal(x, 400) && /-32020/.test(x.errorText ?? '')
      return difference !== undefined || refused ? [{ x, difference, refused }] : []
    })
    const first = seen.find(({ refused }) => refused) ?? seen[0]
    if (!first) return []
    const { x, difference, refused } = first
    const count = seen.filter(one => one.refused).length
    return [
      {
        severity: refused ? 'error' : 'warning',
        confidence: 'certain',
        causeConfidence: difference === undefined ? 'likely' : 'certain',
        at: refused ? answerAt(x) : x.requestAt,
        exchange: x.id,
        ...(x.calls[0] !== undefined && { call: x.calls[0] }),
        title: `${difference ?? 'The server misses headers that the client sent'}. ${refused ? `${x.status} on ${countText(count, 'request')}.` : 'The server did not mind.'}`,
        says:
          difference === undefined
            ? `The headers agree with the body where they passed the proxy; the server says “${refusalWords(x)}”.`
            : `The client sent it so. ${refused ? 'The server refused, as it has to.' : 'Servers that check will refuse it with 400 and -32020.'}`,
        cause:
          difference === undefined
            ? 'Something between the proxy and the server removes or changes Mcp-* headers, or another header than these is meant.'
            : 'The client, or a bridge before it: it does not derive the headers from the body.',
        fix:
          difference === undefined
            ? ['Let the gateway before the server pass MCP-Protocol-Version, Mcp-Method, Mcp-Name and Mcp-Param-* on unchanged.']
            : ['Upgrade the client’s SDK, or let the code that changes its requests change headers and body together.'],
        evidence: [
          { seq: x.requestSeq, at: x.requestAt, says: `${x.method} ${x.path}: ${headersOf(x, calls.get(x.calls[0] ?? -1))}` },
          ...seen
            .filter(one => one.refused)
            .slice(0, 4)
            .map(one => answerOf(one.x)),
        ],
      },
    ]
  },
}

const headersOf = (x: Exchange, call: Call | undefined): string =>
  ['mcp-method', 'mcp-name', ...(call?.differs ?? []).slice(0, 5).map(({ header }) => header.toLowerCase())]
    .map(name => `${name} ${requestHeader(x, name).slice(0, 80) || 'missing'}`)
    .join(', ')

/** Undefined where the headers say what the body says. */
function differenceIn(calls: ReadonlyMap<number, Call>, x: Exchange): string | undefined {
  const own = x.calls.flatMap(id => calls.get(id) ?? []).filter(({ from }) => from === 'client')
  const call = own[0]
  if (own.length !== 1 || !call || call.kind === 'invalid' || call.kind === 'response' || call.method === 'initialize') return undefined
  const method = requestHeader(x, 'mcp-method')
  if (method !== call.method)
    return method === '' ? `Mcp-Method is missing for ${call.method}` : `Mcp-Method says ${method}, the body ${call.method}`
  return nameDifference(call, plainHeader(requestHeader(x, 'mcp-name'))) ?? mirrorDifference(call)
}

/** Methods whose name or URI stands in Mcp-Name. */
const NAMED = new Set(['tools/call', 'prompts/get', 'resources/read'])

function nameDifference({ method, name = '' }: Call, header: string): string | undefined {
  if (!NAMED.has(method) || name === '' || header === name) return undefined
  return header === '' ? `Mcp-Name is missing for ${name}` : `Mcp-Name says ${header}, the body ${name}`
}

function mirrorDifference({ differs = [], name = 'the call' }: Call): string | undefined {
  const [first] = differs
  if (!first) return undefined
  const { header, sent, body } = first
  const more = differs.length > 1 ? `; ${countText(differs.length - 1, 'other header')} differ${differs.length > 2 ? '' : 's'} too` : ''
  return sent === undefined
    ? `${header} is missing for ${name}, whose body says ${body}${more}`
    : `${header} says ${sent}, the body ${body}${more}`
}
