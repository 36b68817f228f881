/** The fault that a refused POST stands for. Promise: its words decide before its status does; one that fits no fault has no name. */
import type { Exchange } from './model.ts'
import { isUnknownSession } from './unknown-session.ts'

/** Words of the SDKs. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/unsupported protocol version|-32022/i, 'protocol-version-mismatch'],
  [/-32020/, 'header-body-mismatch'],
  [
    /(invalid|forbidden|disallowed|foreign)[ _](host|origin)|(host|origin)( header)?( is)? not allowed|misdirected/i,
    'host-or-origin-rejected',
  ],
  [/insufficient_scope/i, 'auth-challenge-loop'],
  [
    /session[_ -]?id (header |parameter |query parameter )?(is |was )?(required|missing)|missing (mcp-)?session[_ -]?id/i,
    'session-id-missing',
  ],
  [/(entity|payload|body|content|message) (is )?too large/i, 'request-body-too-large'],
  [/content[- ]type|media type/i, 'content-type-wrong'],
]
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'auth-challenge-loop',
  404: 'wrong-endpoint',
  406: 'accept-header-wrong',
  413: 'request-body-too-large',
  415: 'content-type-wrong',
  421: 'host-or-origin-rejected',
  429: 'rate-limited-or-overloaded',
  502: 'rate-limited-or-overloaded',
  503: 'rate-limited-or-overloaded',
  504: 'rate-limited-or-overloaded',
}

/** The rule that tells of such a refusal; undefined where none does. */
export function refusalName(refused: Exchange): string | undefined {
  const { status = 0, errorText = '' } = refused
  const words = BY_WORDS.find(([pattern]) => pattern.test(errorText))?.[1]
  if (words) return words
  return isUnknownSession(refused) ? 'session-unknown-or-expired' : BY_STATUS[status]
}
