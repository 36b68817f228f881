/** The server does not know the session that the client names. Promise: what the proxy saw of that session before decides which fault it is. */
import type { Rule } from './rule.ts'
import { unknownSessionVerdicts } from './unknown-session-verdict.ts'

export { isUnknownSession } from '../core/unknown-session.ts'

export const sessionUnknownOrExpired: Rule = {
  id: 'session-unknown-or-expired',
  severity: 'error',
  title: 'The server does not know the session',
  why: 'Every message is refused until the client begins a new session with initialize, and most clients do not do that by themselves.',
  signature:
    'A message with a session id is answered with 404 “Could not find session”, 404 “Session not found”, or 400 “No valid session ID provided”.',
  fix: 'Begin a new session with initialize. After a restart of the server that is all; behind several workers, send one session to one worker.',
  references: [
    'modelcontextprotocol/python-sdk#1676',
    'modelcontextprotocol/python-sdk#3556',
    'geelen/mcp-remote#106',
    'jlowin/fastmcp#1003',
  ],
  check: facts => unknownSessionVerdicts(facts, 'session-unknown-or-expired'),
}
