/** A server serves one request at a time, and the GET stream has taken its only place. Promise: a single slow call does not look like it. */
import { holdsAll } from '../core/single-slot.ts'
import { countText, spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

export const singleSlotServer: Rule = {
  id: 'single-slot-server',
  severity: 'error',
  title: 'The open stream blocks every request behind it',
  why: 'A server that works on one request at a time never finishes the GET stream, which is meant to stay open: the client connects and then hangs at its first request.',
  signature: 'A GET stream is open, and no later POST gets a response head; as soon as the stream ends, they all do.',
  fix: 'Let the server handle requests concurrently (more threads or workers, an async handler), or answer GET with 405 when it has nothing to send.',
  references: ['modelcontextprotocol/inspector#2187'],
  check(facts) {
    const slot = holdsAll(facts)
    if (!slot) return []
    const { stream, waiting, releasedAt } = slot
    const first = waiting[0] ?? stream
    const last = waiting.at(-1) ?? stream
    const span = (releasedAt ?? facts.now) - first.requestAt
    return [
      {
        confidence: releasedAt === undefined ? 'likely' : 'certain',
        at: first.requestAt,
        exchange: first.id,
        title: `${countText(waiting.length, 'request')} waited behind the open GET stream. ${releasedAt === undefined ? 'None has a response yet.' : `All moved on when it ended, ${spanText(span)} later.`}`,
        says: `The stream opened ${spanText(first.requestAt - (stream.responseAt ?? stream.requestAt))} before the first of them. The server took no other request while it was open.`,
        cause: 'The server handles one request at a time, and the stream is one that does not end.',
        fix: [
          'Let the server handle requests concurrently: an async handler, more threads, or a server class that has them.',
          'If it sends nothing of its own, let it answer GET with 405: clients do without the stream.',
        ],
        evidence: [
          { seq: stream.responseSeq ?? stream.requestSeq, at: stream.responseAt ?? stream.requestAt, says: 'The GET stream opened' },
          ...waiting
            .slice(0, 5)
            .map(one => ({ seq: one.requestSeq, at: one.requestAt, says: `${one.method} ${one.path}, no response head` })),
          ...(releasedAt !== undefined
            ? [
                {
                  seq: last.responseSeq ?? last.requestSeq,
                  at: last.responseAt ?? releasedAt,
                  says: 'Responses came as soon as the stream had ended',
                },
              ]
            : []),
        ],
        alternatives: [{ rule: 'orphan-request', standing: 'ruled out', why: 'not one handler hangs: nothing is taken on' }],
      },
    ]
  },
}
