/** A tool failed for want of credentials, behind a healthy connection. Promise: “missing” and “refused” are told apart by the tool’s own words. */
import type { Facts } from '../core/facts.ts'
import type { Call, Confidence, Severity } from '../core/model.ts'
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
      const key = `${kind.what} ${kind.severity} ${kind.variable ?? ''}`
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
  readonly severity: Severity
  readonly confidence: Confidence
  readonly text: string
}
const SURE = { severity: 'error', confidence: 'likely' } as const
const UNSURE = { severity: 'warning', confidence: 'possible' } as const
/** Too little to worry anybody. */
const NOTE = { severity: 'info', confidence: 'possible' } as const

/** What a caller left out or got wrong is no credential of the server. */
const ARGUMENTS = /validation errors? for|field required|invalid arguments?|input validation/i
/** A token alone is a word of parsers, pages and models too. */
const KEY = `(?:API[_ -]?KEYS?|ACCESS[_ -]?KEYS?|(?:ACCESS|AUTH|BEARER|API)[_ -]?TOKENS?|PASSWORDS?|CREDENTIALS?)`
const LACK = `(?:not set|not configured|not provided|missing|required|undefined|empty|must be set|not found in (?:the )?env)`
const ASK = String.raw`(?:missing|required|unset|no|provide|set)\s+(?:(?:the|a|an|your|valid|required|environment|variable)\s+){0,3}`
const NAME = `(?:[A-Z][A-Z0-9]*_)*(?:API_?KEY|ACCESS_?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|HOSTNAME)(?:_[A-Z0-9]+)*`
/** Only looks ahead: “Error in tool 'credential': API_KEY is not set” names two, and the second is meant. */
const lacks = (thing: string) => new RegExp(String.raw`\b(${thing})\b(?=[^.]{0,40}\b${LACK})|\b${ASK}(${thing})\b`, 'gi')
const NAME_LACKS = lacks(NAME)
const KEY_LACKS = lacks(String.raw`\w*${KEY}`)
const IN_CAPITALS = /^[A-Z\d_]+$/
const OF_ENVIRONMENT = /\benv(?:ironment)?\b/i

const KEY_REFUSED = new RegExp(
  String.raw`(?:invalid|bad|wrong) ${KEY}|${KEY}\b[^.]{0,20}(?:invalid|expired|revoked|rejected)|authentication (?:failed|error)`,
  'i',
)
const UNAUTHORIZED = /unauthori[sz]ed/i
/** The number is a status: many other things are counted in numbers. */
const STATUS = /\b(?:http(?:\/[\d.]+)?|status(?:[ _]?code)?)[\s:=]*(?:error\s+)?(?:401|403)\b|\b(?:401|403)\W{0,3}forbidden/i
const TESTED = /\b(?:expected|assert\w*)\b/i
/** A page somewhere that nobody may read refuses without any credentials. */
const ADDRESS = /https?:\/\//i

function kindOf(call: Call): Kind | undefined {
  if (call.from !== 'client' || call.kind !== 'request' || (call.status ?? 0) >= 400) return undefined
  const { error } = call
  const text = call.toolError ?? (error && (error.code === -32603 || error.code === -32600) ? error.message : undefined)
  if (text === undefined || ARGUMENTS.test(text)) return undefined
  if (KEY_REFUSED.test(text)) return { what: 'refused', text, ...SURE }
  const variable = missingVariable(text)
  if (variable !== undefined) return { what: 'missing', text, variable, ...SURE }
  if (text.search(KEY_LACKS) >= 0) return { what: 'missing', text, ...(OF_ENVIRONMENT.test(text) ? UNSURE : NOTE) }
  if (UNAUTHORIZED.test(text) && !ADDRESS.test(text)) return { what: 'refused', text, ...SURE }
  return (UNAUTHORIZED.test(text) || STATUS.test(text)) && !TESTED.test(text) ? { what: 'refused', text, ...UNSURE } : undefined
}

/** A variable’s name is in capitals. */
const missingVariable = (text: string): string | undefined =>
  [...text.matchAll(NAME_LACKS)].map(([, before, after]) => before ?? after ?? '').find(name => IN_CAPITALS.test(name))

function verdictOn({ session }: Facts, kind: Kind, calls: readonly Call[]): Verdict {
  const { text, severity, confidence } = kind
  const first = calls[0] as Call
  const name = first.name ?? first.method
  const { happened, cause, fix } = tell(kind, session.server.name ?? 'the server')
  return {
    severity,
    confidence,
    at: first.answeredAt ?? first.sentAt,
    call: first.id,
    exchange: first.exchange,
    title: `${name} failed: ${happened}. The connection is healthy.`,
    says: `${countText(calls.length, 'call')} ended in a tool error, the first after ${spanText((first.answeredAt ?? first.sentAt) - first.sentAt)}, with HTTP status ${first.status ?? 'unknown'}. It says: ${text}`,
    cause,
    fix,
    evidence: calls.slice(0, 5).map(call => ({
      seq: call.seqs.at(-1) ?? 0,
      at: call.answeredAt ?? call.sentAt,
      says: `Answer to call ${call.number}, ${call.name ?? call.method}: ${kind.what}`,
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

const CLIENT_SETTINGS =
  'Do not look for it in the client’s settings: an “env” or “options” block there is not passed to a server behind a URL.'
const RENEW = 'Renew the key or password that the server uses, or give its account the right that it lacks; then restart the server.'

function tell({ what, variable, severity }: Kind, server: string): { happened: string; cause: string; fix: string[] } {
  if (what === 'refused')
    return severity === 'error'
      ? {
          happened: 'what stands behind the server refused its credentials',
          cause: `The credentials of ${server} are wrong, expired or lack a right.`,
          fix: [RENEW],
        }
      : {
          happened: 'what it asked refused it, perhaps for its credentials',
          cause: `The credentials of ${server} are wrong or lack a right; or the tool asked for something that is open to nobody.`,
          fix: [`Look at what the tool asked for. If it is the server’s own backend: ${RENEW.charAt(0).toLowerCase()}${RENEW.slice(1)}`],
        }
  const thing = variable ?? 'a credential'
  const set = `Set ${thing} in the environment of the server’s own process, and restart it.`
  return severity === 'info'
    ? {
        happened: `${thing} is missing, in the call or in the server`,
        cause: 'The text names a credential and no variable: the tool may want it as an argument, or from its environment.',
        fix: ['If the tool takes it as an argument, let the client send it.', `Otherwise: ${set.charAt(0).toLowerCase()}${set.slice(1)}`],
      }
    : {
        happened: `${thing} is missing in the server`,
        cause: `${thing} is not set in the environment of ${server}.`,
        fix: [set, CLIENT_SETTINGS],
      }
}
