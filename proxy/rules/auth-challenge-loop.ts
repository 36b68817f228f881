/** Signing in does not lead anywhere. Promise: a first 401 that names its way, and a sign-in that succeeds after it, are no fault. */
import type { Facts } from '../core/facts.ts'
import {
  answerAt,
  answerOf,
  answerSeq,
  byRefusal,
  bySuccess,
  foreignOrigin,
  isSettled,
  ownOrigin,
  requestHeader,
  responseHeader,
} from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const authChallengeLoop: Rule = {
  id: 'auth-challenge-loop',
  severity: 'error',
  title: 'Signing in does not succeed',
  why: 'The client asks its user to sign in again and again, or does not know where. Each attempt looks successful by itself.',
  signature:
    '401 without WWW-Authenticate; 401 again for a request that bears a token; 403 insufficient_scope repeated; or protected-resource metadata whose resource is not the URL that the client uses.',
  fix: 'Answer 401 with WWW-Authenticate and resource_metadata; let the token’s audience and the metadata’s resource be the URL that the client uses, to the slash.',
  references: ['microsoft/vscode#259251', 'mcp-use/mcp-use#1951', 'czlonkowski/n8n-mcp#604', 'exa-labs/exa-mcp-server#387'],
  check(facts) {
    const found = facts.session.transport === 'other' ? metadata(facts) : (scope(facts) ?? token(facts) ?? challenge(facts))
    return found ? [found] : []
  },
}

const about = (x: Exchange) => ({ at: answerAt(x), exchange: x.id, ...(x.calls[0] !== undefined && { call: x.calls[0] }) })
const hasToken = (x: Exchange) => requestHeader(x, 'authorization') !== ''

/** The same client was served later, here or in a session that it began after it. */
const servedLater = ({ session, exchanges, others }: Facts, at: number): boolean =>
  exchanges.some(x => x.requestAt > at && bySuccess(x)) ||
  others.some(({ client, startedAt, protocolVersion, initializedAt }) => {
    return startedAt > at && client.userAgent === session.client.userAgent && protocolVersion !== undefined && initializedAt !== undefined
  })

/** A sign-in that began with a look at the metadata may take a person this long (ms). */
const SIGN_IN_SPAN = 60_000

/** The same client asked for something else later, or may still be signing in: whether its token was widened is not to be told from here. */
const wentOn = ({ session, exchanges, others, now }: Facts, { requestAt, id }: Exchange): boolean =>
  exchanges.some(x => x.id !== id && x.method === 'POST' && x.requestAt > requestAt) ||
  others.some(
    ({ client, lastAt, transport }) =>
      lastAt > requestAt && client.userAgent === session.client.userAgent && (transport !== 'other' || now - lastAt <= SIGN_IN_SPAN),
  )

function scope(facts: Facts): Verdict | undefined {
  const refused = facts.exchanges.filter(
    x => byRefusal(x, 403) && /insufficient_scope/i.test(`${responseHeader(x, 'www-authenticate')} ${x.errorText ?? ''}`),
  )
  const first = refused[0]
  if (!first) return undefined
  // Widening a token once is how it is meant to go: one refusal is a fault only where nothing comes of it.
  const again = refused.length > 1
  if (!again && (!isSettled(facts, answerAt(first)) || wentOn(facts, first))) return undefined
  const wanted = /scope="([^"]*)"/i.exec(responseHeader(first, 'www-authenticate'))?.[1]
  return {
    ...about(first),
    ...(!again && { severity: 'warning' as const }),
    confidence: again ? 'certain' : 'likely',
    title: `403 insufficient_scope on ${countText(refused.length, 'request')}. ${again ? 'The token was not widened.' : 'Nothing succeeded after it.'}`,
    says: `The server wants ${wanted ? `the scope ${wanted}` : 'a scope that the token lacks'}. ${again ? 'The client repeats the request with the same rights.' : 'The client asked for no more rights, or got none.'}`,
    cause: 'The client does not ask for more rights, or the authorization server does not grant them.',
    fix: [
      `Sign in again and grant ${wanted ?? 'the missing scope'}; if it is not offered, allow it for this client at the authorization server.`,
    ],
    evidence: refused.slice(0, 5).map(answerOf),
  }
}

function token(facts: Facts): Verdict | undefined {
  const refused = facts.exchanges.filter(x => byRefusal(x, 401) && hasToken(x))
  const first = refused[0]
  const last = refused.at(-1)
  if (!first || !last || !isSettled(facts, answerAt(last)) || servedLater(facts, answerAt(first))) return undefined
  const reason = /error_description="([^"]*)"/i.exec(responseHeader(first, 'www-authenticate'))?.[1]
  const again = refused.length > 1
  return {
    ...about(first),
    severity: again ? 'error' : 'warning',
    confidence: again ? 'certain' : 'likely',
    causeConfidence: 'possible',
    title: `401 on ${countText(refused.length, 'request')} with a token. ${again ? 'Each new attempt ends alike.' : 'The client did not try again.'}`,
    says: `The client has a token, and the server does not take it${reason ? `: ${reason.slice(0, 80)}` : ''}.`,
    cause: 'The token is for another audience than this URL, has expired, or comes from another authorization server.',
    fix: [
      'Compare the token’s audience with the resource of the server’s metadata and with the URL in the client’s settings: they have to be the same, to the slash.',
      'If the token is a fixed one: renew it in the client’s settings.',
    ],
    evidence: refused.slice(0, 5).map(answerOf),
  }
}

function challenge(facts: Facts): Verdict | undefined {
  const refused = facts.exchanges.filter(x => byRefusal(x, 401) && !hasToken(x) && responseHeader(x, 'www-authenticate') === '')
  const first = refused[0]
  if (!first || !isSettled(facts, answerAt(first)) || servedLater(facts, answerAt(first))) return undefined
  return {
    ...about(first),
    confidence: 'certain',
    title: `401 without WWW-Authenticate on ${countText(refused.length, 'request')}. The client cannot learn where to sign in.`,
    says: 'The server wants credentials and does not say of which kind, or who gives them.',
    cause: 'The server, or a gateway before it, leaves out the header that begins the sign-in.',
    fix: [
      'If it wants a key: write the header for it (often Authorization) into the client’s settings.',
      `On the server: answer 401 with WWW-Authenticate: Bearer resource_metadata="https://…${WELL_KNOWN}${first.path}".`,
    ],
    evidence: refused.slice(0, 5).map(answerOf),
  }
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** The resource of the metadata against the URL that was asked about (RFC 9728, 3.3). */
function metadata({ exchanges, others }: Facts): Verdict | undefined {
  for (const x of exchanges) {
    const own = ownOrigin(x)
    if (x.resource === undefined || own === undefined || !x.path.startsWith(WELL_KNOWN)) continue
    const seen = x.changes.find(({ what, original }) => what === 'resource-metadata' && original === x.resource)?.replacement ?? x.resource
    const wanted = own + x.path.slice(WELL_KNOWN.length)
    const found = compared(x, seen, wanted)
    const agent = requestHeader(x, 'user-agent')
    const served = others.some(
      ({ client, lastAt, initializedAt }) => client.userAgent === agent && initializedAt !== undefined && lastAt > answerAt(x),
    )
    if (found)
      return { ...found, ...(served && { severity: 'info' as const }), ...about(x), confidence: 'certain', evidence: evidenceOf(x) }
  }
  return undefined
}

function compared(x: Exchange, seen: string, wanted: string): Pick<Verdict, 'severity' | 'title' | 'says' | 'cause' | 'fix'> | undefined {
  if (foreignOrigin(x, seen) !== undefined)
    return {
      title: `The metadata is for ${seen.slice(0, 80)}. The client uses ${wanted}.`,
      says: 'Clients compare the two, and refuse a token for another address than their own.',
      cause: 'The server writes its public address, and is reached here by the address of this proxy.',
      fix: [
        'Give the server’s own public address to --target, so that the proxy can lead it back; or sign in once without the proxy.',
        `Or set the server’s resource to ${wanted} while it is being looked at.`,
      ],
    }
  // Metadata at the root may be that of any path.
  if (x.path === WELL_KNOWN || seen === wanted) return undefined
  const slash = seen.replace(/\/+$/, '') === wanted.replace(/\/+$/, '')
  return {
    severity: slash ? 'warning' : 'error',
    title: slash
      ? `The metadata’s resource differs from the URL by a slash: ${seen.slice(0, 80)}.`
      : `The metadata at ${x.path} is for ${seen.slice(0, 80)}.`,
    says: `The client asked about ${wanted}. ${slash ? 'Some clients compare to the letter, and sign in again and again.' : 'Clients refuse metadata for another resource.'}`,
    cause: 'The server writes another resource into its metadata than the URL at which it is reached.',
    fix: [`Set the resource of the metadata to ${wanted}, or use ${seen.slice(0, 80)} in the client’s settings.`],
  }
}

const evidenceOf = (x: Exchange) => [
  { seq: answerSeq(x), at: answerAt(x), says: `GET ${x.path} gives resource ${(x.resource ?? '').slice(0, 100)}` },
]
