/** A tool failed for want of credentials, behind a healthy connection. Promise: “missing” and “refused” are told apart by the tool’s own words. */
import type { Facts } from '../core/facts.ts'
import type { Call, Confidence } from '../core/model.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const toolErrorCredentials: Rule = {
  id: 'tool-error-credentials',
  severity: 'error',
  title: 'A tool lacks its credentials',
  why: 'Everything looks well on the wire: HTTP says 200 or 202, the session lives, an answer comes. Only its text says that no tool can do its work.',
  signature:
    'A result with isError (or an error -32603 or -32600) whose text says that a key, token, password or host name is not set, or that what stands behind the server refused it.',
  fix: 'Set the variable in the environment of the server’s own process. The “env” block of a client’s settings reaches only servers that this client starts itself, never one behind a URL.',
  references: ['tavily-ai/tavily-mcp#161', 'QuantGeekDev/mcp-framework#68'],
  check(facts) {
    const found = new Map<string, { readonly kind: Kind; readonly calls: Call[] }>()
    for (const call of facts.calls) {
      const kind = kindOf(call)
      if (!kind) continue
      const key = `${kind.what} ${kind.variable ?? ''}`
      const group = found.get(key) ?? { kind, calls: [] }
      group.calls.push(call)
      found.set(key, group)
    }
    return [...found.values()].map(({ kind, calls }) => verdictOn(facts, kind, calls))
  },
}

interface Kind {
  readonly what: 'missing' | 'refused'
  readonly variable?: string
  readonly confidence: Confidence
  readonly text: string
}

const NOUN = `(?:API[_ -]?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|HOSTNAME|ACCESS[_ -]?KEY)`
const LACK = `(?:not set|not configured|not provided|missing|required|undefined|empty|must be set|not found in (?:the )?env)`
const ASKED = String.raw`(?:missing|required|unset|no|provide|set)\s+(?:(?:the|a|an|your|valid|environment|variable)\s+){0,3}\w*${NOUN}\b`
const MISSING = new RegExp(String.raw`${NOUN}(?:S|_\w*)?\b[^.]{0,40}${LACK}|${ASKED}`, 'i')
/** Tokens that are no credentials. */
const OTHER_TOKEN = /(?:page|next|continuation|cursor|progress|sync)[_ -]?token/i
const REFUSED =
  /\b(?:401|403)\b.{0,40}(?:unauthori[sz]ed|forbidden|denied|error)|(?:status|http|code|error)\D{0,12}\b(?:401|403)\b|invalid (?:api[ _-]?key|token|credentials?|password)|unauthori[sz]ed|authentication (?:failed|error)|(?:api[ _-]?key|token|credentials?)[^.]{0,20}(?:invalid|expired|revoked|rejected)/i
/** In capitals, with an underscore: the name of a variable. */
const VARIABLE = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/

function kindOf(call: Call): Kind | undefined {
  if (call.from !== 'client' || call.kind !== 'request' || (call.status ?? 0) >= 400) return undefined
  const { error } = call
  const text = call.toolError ?? (error && (error.code === -32603 || error.code === -32600) ? error.message : undefined)
  if (text === undefined || OTHER_TOKEN.test(text)) return undefined
  const variable = VARIABLE.exec(text)?.[0]
  const named = variable !== undefined && new RegExp(NOUN, 'i').test(variable)
  if (MISSING.test(text) && !/invalid|expired|revoked/i.test(text))
    return { what: 'missing', confidence: named ? 'likely' : 'possible', text, ...(named && { variable }) }
  return REFUSED.test(text) ? { what: 'refused', confidence: 'likely', text } : undefined
}

function verdictOn({ session }: Facts, { what, variable, confidence, text }: Kind, calls: readonly Call[]): Verdict {
  const first = calls[0] as Call
  const name = first.name ?? first.method
  const server = session.server.name ?? 'the server'
  const thing = variable ?? 'a credential'
  return {
    ...(confidence === 'possible' && { severity: 'warning' as const }),
    confidence,
    at: first.answeredAt ?? first.sentAt,
    call: first.id,
    exchange: first.exchange,
    title:
      what === 'missing'
        ? `${name} failed: ${thing} is missing in the server. The connection is healthy.`
        : `${name} failed: what stands behind the server refused its credentials. The connection is healthy.`,
    says: `${countText(calls.length, 'call')} ended in a tool error, the first after ${spanText((first.answeredAt ?? first.sentAt) - first.sentAt)}, with HTTP status ${first.status ?? 'unknown'}. It says: ${text}`,
    cause:
      what === 'missing'
        ? `${thing} is not set in the environment of ${server}.`
        : `The credentials of ${server} are wrong, expired or lack a right.`,
    fix:
      what === 'missing'
        ? [
            `Set ${thing} in the environment of the server’s own process, and restart it.`,
            'Do not look for it in the client’s settings: an “env” or “options” block there is not passed to a server behind a URL.',
          ]
        : ['Renew the key or password that the server uses, or give its account the right that it lacks; then restart the server.'],
    evidence: calls.slice(0, 5).map(call => ({
      seq: call.seqs.at(-1) ?? 0,
      at: call.answeredAt ?? call.sentAt,
      says: `Answer to call ${call.number}, ${call.name ?? call.method}: ${what}`,
    })),
    alternatives: [
      {
        rule: 'auth-challenge-loop',
        standing: 'ruled out',
        why: `the MCP server itself accepted the request with ${first.status ?? 'no status'}`,
      },
    ],
  }
}
