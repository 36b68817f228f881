/** A Python server was mounted into another application, and its session manager never started. Promise: certain only with the server's own words. */
import { answerAt, answerOf, byRefusal, bySuccess, isSettled, mediaType } from '../core/http-signs.ts'
import type { Rule } from './rule.ts'

export const mountLifespanMissing: Rule = {
  id: 'mount-lifespan-missing',
  severity: 'error',
  title: 'The mounted server was never started',
  why: 'Each message ends in 500 with no more than “Internal Server Error”: the application routes to the MCP server, but its session manager does not run.',
  signature:
    'Each POST is answered with 500 “Internal Server Error”; the log says “Task group is not initialized. Make sure to use run().”',
  fix: 'Run the MCP server’s lifespan in that of the application that mounts it.',
  references: ['modelcontextprotocol/python-sdk#1467', 'modelcontextprotocol/python-sdk#1220', 'PrefectHQ/fastmcp#518'],
  check(facts) {
    const { session, exchanges, logs } = facts
    const posts = exchanges.filter(x => x.method === 'POST')
    const failed = posts.filter(x => byRefusal(x, 500))
    const first = failed[0]
    if (!first || posts.some(bySuccess)) return []
    const log = logs.find(({ text }) => /Task group is not initialized/.test(text))
    const python = /uvicorn|hypercorn/i.test(session.server.header ?? '')
    const plain = failed.every(x => mediaType(x) === 'text/plain' && /^Internal Server Error$/i.test((x.errorText ?? '').trim()))
    if (!log && !(python && plain && failed.length === posts.length && isSettled(facts, answerAt(first)))) return []
    return [
      {
        confidence: log ? 'certain' : 'possible',
        at: answerAt(first),
        exchange: first.id,
        ...(first.calls[0] !== undefined && { call: first.calls[0] }),
        title: `500 on ${failed.length === 1 ? 'the only POST' : `each of ${failed.length} POSTs`}. ${log ? 'The server’s session manager does not run.' : 'Its session manager may not run.'}`,
        says: log
          ? 'The server says itself that its task group is not initialized: nothing entered its lifespan.'
          : 'A Python server that was mounted without its lifespan answers just so: 500 in plain text to each message.',
        cause:
          'The application mounts streamable_http_app(), but does not run its lifespan: Starlette and FastAPI do not enter that of a mounted application.',
        fix: [
          'With the Python SDK: give the outer application a lifespan with “async with mcp.session_manager.run(): yield”.',
          'With FastMCP: pass the lifespan on, FastAPI(lifespan=mcp_app.lifespan).',
          ...(log ? [] : ['Start the server with --server-log, or after --, so that its traceback can be read here.']),
        ],
        evidence: [
          ...failed.slice(0, 4).map(answerOf),
          ...(log
            ? [
                {
                  seq: log.seq,
                  at: log.at,
                  says: `Server log: ${(log.text.split('\n').findLast(line => line.includes('Task group')) ?? '').trim().slice(0, 80)}`,
                },
              ]
            : []),
        ],
      },
    ]
  },
}
