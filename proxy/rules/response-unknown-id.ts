/** The server answers under an id that nobody asked with. Promise: a changed type (1 and "1") and errors without an id are told as what they are. */
import type { Facts } from '../core/facts.ts'
import { awaiting, strays, WHOLE_IDS } from '../core/lost-answer.ts'
import type { Call, Frame } from '../core/model.ts'
import { countText, shortId } from '../core/words.ts'
import type { Rule, Verdict } from './rule.ts'

export const responseUnknownId: Rule = {
  id: 'response-unknown-id',
  severity: 'warning',
  title: 'An answer bears an id that was never asked',
  why: 'A client finds its request by the id of the answer. One that it does not know is dropped, and the request behind it waits until its limit; an answer meant for another client is a leak of data.',
  signature: 'A response or error comes whose id no request of this session has.',
  fix: 'Return the id of the request exactly as it came, with its type. Use one server object for each session, so that answers cannot reach another client.',
  references: ['modelcontextprotocol/python-sdk#3060', 'https://github.com/advisories/GHSA-345p-7cg4-v4c7'],
  check: facts => [...unknown(facts), ...renamed(facts)],
}

function unknown(facts: Facts): Verdict[] {
  const known = new Set(facts.calls.map(({ rpcId }) => rpcId))
  const found = strays(facts).filter(({ rpcId }) => !known.has(rpcId))
  const first = found.find(frame => frame.elsewhere !== undefined) ?? found.find(({ rpcId = '' }) => !WHOLE_IDS.has(rpcId)) ?? found[0]
  if (!first) return []
  const waiting = awaiting(facts, first.at)
  return [
    {
      ...(first.elsewhere !== undefined ? leaked(facts, first) : WHOLE_IDS.has(first.rpcId) ? forAll(first) : plain(first, waiting)),
      at: first.at,
      exchange: first.exchange,
      ...(waiting && { call: waiting.id }),
      evidence: [
        ...(waiting
          ? [{ seq: waiting.seqs[0] ?? 0, at: waiting.sentAt, says: `Request under id ${waiting.rpcId}, without an answer` }]
          : []),
        ...found.slice(0, 5).map(frame => ({ seq: frame.seq, at: frame.at, says: `Answer under id ${frame.rpcId}` })),
      ],
    },
  ]
}

type Words = Omit<Verdict, 'at' | 'evidence'>

function leaked({ others }: Facts, { rpcId, elsewhere }: Frame): Words {
  const key = shortId(others.find(({ id }) => id === elsewhere)?.key ?? 'another')
  return {
    severity: 'error',
    confidence: 'likely',
    title: `An answer under id ${rpcId} reached a client that had not asked. Session ${key} was waiting for it.`,
    says: `No request of this session has the id ${rpcId}; session ${key} had one in flight under it at that moment. An answer, with its data, has probably gone to the wrong client.`,
    cause: 'One server or transport object serves several sessions.',
    fix: ['Create a new server object (TypeScript: McpServer and its transport) for each session, and upgrade the SDK.'],
    alternatives: [{ rule: 'duplicate-response', standing: 'ruled out', why: 'no request of this session had that id' }],
  }
}

const forAll = ({ rpcId }: Frame): Words => ({
  severity: 'info',
  confidence: 'certain',
  title: `An error came with the id ${rpcId}. It belongs to no request.`,
  says: 'So a server reports that it could not read a message, or could not tell its id.',
  cause: 'The server could not read a message, or reports a failure of the whole connection.',
  fix: ['Look at the message that was posted just before it.'],
})

function plain({ rpcId }: Frame, waiting: Call | undefined): Words {
  return {
    severity: waiting ? 'error' : 'warning',
    confidence: 'certain',
    title: `An answer came under id ${rpcId}, which was never asked.${waiting ? ` Call ${waiting.number} (id ${waiting.rpcId}) has none.` : ''}`,
    says: waiting
      ? `The client drops an answer that it cannot place. ${waiting.name ?? waiting.method} waits under id ${waiting.rpcId} for one that has probably come already.`
      : 'The client drops an answer that it cannot place, with a line in its log at best.',
    cause: 'The server does not return the id of the request as it came.',
    fix: ['Let the server copy the id of the request into its answer, value and type unchanged.'],
    alternatives: [{ rule: 'orphan-request', standing: 'ruled out', why: 'an answer did come' }],
  }
}

/** Answered in its own response, or closely enough, under another id. */
function renamed({ calls }: Facts): Verdict[] {
  const found = calls.filter(({ answerId, from }) => answerId !== undefined && from === 'client')
  const bare = (id = '') => id.replaceAll('"', '')
  const wrong = found.filter(call => bare(call.answerId) !== bare(call.rpcId))
  const first = wrong[0] ?? found[0]
  if (!first) return []
  const loose = wrong.length === 0
  return [
    {
      severity: loose ? 'info' : 'error',
      confidence: 'certain',
      at: first.answeredAt ?? first.sentAt,
      call: first.id,
      exchange: first.exchange,
      title: `Id ${first.rpcId} was answered as ${first.answerId}${found.length > 1 ? `, and ${countText(found.length - 1, 'other')} alike` : ''}. ${loose ? 'SDK clients accept it.' : 'Clients drop such an answer.'}`,
      says: loose
        ? 'The id came back with another type. The official SDKs take both for the same; a stricter client does not.'
        : `The response to the POST of ${first.name ?? first.method} holds an answer under another id: the client waits on for its own.`,
      cause: 'The server does not return the id of the request as it came.',
      fix: ['Let the server copy the id of the request into its answer, value and type unchanged.'],
      evidence: [
        { seq: first.seqs[0] ?? 0, at: first.sentAt, says: `Request under id ${first.rpcId}` },
        { seq: first.seqs.at(-1) ?? 0, at: first.answeredAt ?? first.sentAt, says: `Answer under id ${first.answerId}` },
      ],
    },
  ]
}
