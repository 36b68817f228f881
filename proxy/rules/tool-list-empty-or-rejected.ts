/** The list of tools is empty, or holds what clients reject. Promise: an empty page of a longer list is no empty list. */
import type { Facts } from '../core/facts.ts'
import type { Call } from '../core/model.ts'
import { eventSize, unread } from '../core/oversized-answer.ts'
import { bytesText, countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

const MIB = 1_048_576

export const toolListEmptyOrRejected: Rule = {
  id: 'tool-list-empty-or-rejected',
  severity: 'warning',
  title: 'The client has no tools, or not all of them',
  why: 'The connection is healthy and the user sees no tools: the server lists none, clients drop tools whose x-mcp-header is invalid without a word, or refuse a list that is too large.',
  signature:
    'The answer to tools/list of a server that offers tools holds none, or holds tools with an invalid x-mcp-header (2026-07-28), or is larger than 1 MiB.',
  fix: 'Register the tools before the server is connected; correct the x-mcp-header; list tools in pages and shorten their descriptions.',
  references: ['modelcontextprotocol/python-sdk#3332', 'https://modelcontextprotocol.io/specification/2026-07-28/server/tools'],
  check(facts) {
    const lists = facts.calls.filter(
      call => call.method === 'tools/list' && call.from === 'client' && call.answeredAt !== undefined && !call.error,
    )
    return [...empty(facts, lists), ...flawed(facts, lists), ...large(facts, lists)].slice(0, 1)
  },
}

const answerOf = (call: Call, says: string) => ({ seq: call.seqs.at(-1) ?? 0, at: call.answeredAt ?? call.sentAt, says })
const placeOf = (call: Call) => ({ at: call.answeredAt ?? call.sentAt, call: call.id, exchange: call.exchange })

function empty({ session }: Facts, lists: readonly Call[]): Verdict[] {
  const last = lists.at(-1)
  // A server that offers none, but resources or prompts, lists none.
  if (!last || !session.offersTools || lists.some(({ tools }) => tools === undefined || tools.count > 0 || tools.more)) return []
  const server = session.server.name ?? 'The server'
  return [
    {
      ...placeOf(last),
      confidence: 'certain',
      title: `${server} lists 0 tools${lists.length > 1 ? `, ${lists.length} times` : ''}. The connection is healthy.`,
      says: 'The server names tools among its capabilities, and the answer to tools/list is an empty list: the client shows none.',
      cause: 'No tool was registered on the server object that this session talks to, or the client’s account may use none.',
      fix: [
        'Register the tools before the server is connected, on the same server object; look for a failed import in the server’s log.',
        'If tools appear later, send notifications/tools/list_changed.',
      ],
      evidence: [answerOf(last, 'Answer to tools/list: no tools')],
    },
  ]
}

function flawed({ session }: Facts, lists: readonly Call[]): Verdict[] {
  // Older revisions know no such header, and their clients do not look at it.
  if (session.transport !== 'stateless') return []
  const call = lists.find(({ tools }) => tools !== undefined && tools.flawed.length > 0)
  const flaws = call?.tools?.flawed ?? []
  if (!call) return []
  return [
    {
      ...placeOf(call),
      confidence: 'certain',
      title: `${countText(flaws.length, 'tool')} of ${call.tools?.count} will be dropped by the client. Their x-mcp-header is invalid.`,
      says: `Clients of 2026-07-28 leave such tools out, with a warning in their own log: ${flaws.slice(0, 3).join('; ')}.`,
      cause: 'An x-mcp-header has to be a header name, on a string, number or boolean, once in each schema.',
      fix: [`Correct the x-mcp-header: ${flaws[0]}.`],
      evidence: [answerOf(call, `Answer to tools/list: ${call.tools?.count} tools`)],
    },
  ]
}

function large(facts: Facts, lists: readonly Call[]): Verdict[] {
  const call = lists.find(({ answerBytes = 0, delivery }) => answerBytes > MIB && delivery === 'delivered')
  // Where the client shows that it did not read the event, that is told as such.
  if (!call || (eventSize(facts, call) !== undefined && unread(facts, call))) return []
  const used = facts.calls.some(({ method, sentAt }) => method === 'tools/call' && sentAt > (call.answeredAt ?? 0))
  if (used) return []
  return [
    {
      ...placeOf(call),
      confidence: 'possible',
      title: `The list of tools is ${bytesText(call.answerBytes ?? 0)} large. Several clients refuse more than 1,048,576 B.`,
      says: 'It was delivered, and no tool was called after it.',
      cause: 'So many tools, or such long descriptions and schemas, that the list passes a limit of known clients.',
      fix: ['List tools in pages (nextCursor), shorten descriptions and schemas, or offer fewer tools at once.'],
      evidence: [answerOf(call, `Answer to tools/list, ${bytesText(call.answerBytes ?? 0)}`)],
      alternatives: [{ rule: 'oversized-sse-event', standing: 'possible', why: 'the same limit strikes an event of that size' }],
    },
  ]
}
