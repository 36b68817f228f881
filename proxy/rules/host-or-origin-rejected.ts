/** The server (or the proxy) guards against DNS rebinding, and refuses this Host or Origin. Promise: told only where the refusal says so. */
import { answerAt, answerOf, requestHeader } from '../core/http-signs.ts'
import type { Exchange } from '../core/model.ts'
import { countText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const hostOrOriginRejected: Rule = {
  id: 'host-or-origin-rejected',
  severity: 'error',
  title: 'The server refuses the Host or the Origin',
  why: 'Every request is refused before MCP begins. Clients show only “an error response”, because the refusal is plain text.',
  signature: '421 “Invalid Host header” or “Misdirected Request”; 403 that names an invalid host or origin.',
  fix: 'Add the name that the client uses to the server’s allow-list, or start the proxy with --host-header upstream.',
  references: ['PrefectHQ/fastmcp#4468', 'jztan/redmine-mcp-server#69'],
  check({ exchanges, logs }) {
    const refused = exchanges.filter(isRejected)
    const first = refused[0]
    if (!first) return []
    const told = `${first.errorText ?? ''} ${first.trouble ?? ''}`
    const byOrigin = /FOREIGN_ORIGIN|\borigin\b/i.test(told) && !/FOREIGN_HOST|\bhost\b/i.test(told)
    const what = byOrigin ? 'Origin' : 'Host'
    const value = requestHeader(first, what.toLowerCase()) || 'none'
    const log = logs.find(({ text }) => /Invalid (Host|Origin) header/i.test(text))
    return [
      {
        confidence: 'certain',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `The ${first.responseBy} refuses the ${what} ${value}: ${first.status} on ${countText(refused.length, 'request')}.`,
        says: `${first.responseBy === 'proxy' ? 'The proxy' : 'The server'} accepts requests for the names on its list alone, as a defence against DNS rebinding; ${value} is not on it.`,
        cause:
          first.responseBy === 'proxy'
            ? byOrigin
              ? 'The page that sends this Origin is none of this machine’s.'
              : 'The client addresses the proxy by a name that is not the proxy’s own.'
            : byOrigin
              ? 'The page that sends this Origin is not on the server’s list.'
              : 'The name is the proxy’s address, which passes on unchanged, and the server knows only its own.',
        fix: first.responseBy === 'proxy' ? ownFix(byOrigin, value) : serverFix(byOrigin, value, first),
        evidence: [
          ...refused.slice(0, 5).map(answerOf),
          ...(log ? [{ seq: log.seq, at: log.at, says: `Server log: ${log.text.slice(0, 80)}` }] : []),
        ],
      },
    ]
  },
}

const WORDS =
  /invalid (host|origin)|forbidden (host|origin)|(host|origin)( header)?( is)? not allowed|disallowed (host|origin)|misdirected/i

function isRejected(x: Exchange): boolean {
  if (x.responseBy === 'proxy') return x.status === 403 && /FOREIGN_(HOST|ORIGIN)/.test(`${x.trouble ?? ''} ${x.errorText ?? ''}`)
  return x.status === 421 || ((x.status === 403 || x.status === 400) && WORDS.test(x.errorText ?? ''))
}

function ownFix(byOrigin: boolean, value: string): string[] {
  if (byOrigin) return [`If this page may call, start the proxy with --allow-host ${value}.`]
  return [
    `If that name is meant to lead here, start the proxy with --allow-host ${value.replace(/:\d+$/, '')}.`,
    'Otherwise use the proxy’s own address in the client’s settings, as it prints it when it starts.',
  ]
}

function serverFix(byOrigin: boolean, value: string, x: Exchange): string[] {
  const python =
    x.status === 421 ||
    (x.responseHeaders ?? []).some(([name, header]) => name.toLowerCase() === 'server' && /uvicorn|hypercorn/i.test(header))
  const list = byOrigin ? (python ? 'allowed_origins' : 'allowedOrigins') : python ? 'allowed_hosts' : 'allowedHosts'
  const where = python ? `TransportSecuritySettings(${list}=["${value}"])` : `${list}: ['${value}'] in the options of its transport`
  return [
    `Allow it on the server: ${where}.`,
    ...(byOrigin ? [] : ['Or start the proxy with --host-header upstream, so that the server sees its own name.']),
  ]
}
