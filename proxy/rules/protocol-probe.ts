/** A client’s first try was refused, and its second worked: that is how clients find out what a server speaks. Promise: a note, never a fault. */
import type { Facts } from '../core/facts.ts'
import type { Exchange } from '../core/model.ts'
import { spanText } from '../core/words.ts'
import type { Rule } from './rule.ts'

const PROBE_SPAN = 5_000
const REFUSALS = new Set([400, 404, 405, 406])

export const protocolProbe: Rule = {
  id: 'protocol-probe',
  severity: 'info',
  title: 'The first request was a probe',
  why: 'A 4xx at the very beginning looks like a fault and is none: clients try the newest way first and fall back to an older one.',
  signature:
    'The first request of a connection is refused with 400, 404, 405 or 406, and within 5 s the same client is served another way.',
  fix: 'Nothing to mend. To save the round trip, name the transport in the client’s settings ("type": "sse" or "http").',
  references: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports',
    'https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning',
  ],
  check(facts) {
    const { transport } = facts.session
    const probe = facts.exchanges[0]
    if (transport === 'other' || !probe || probe.method !== 'POST' || !REFUSALS.has(probe.status ?? 0) || probe.responseBy !== 'server')
      return []
    const served = servedAfter(facts, probe)
    if (!served) return []
    const call = facts.calls.find(one => one.exchange === probe.id)
    if (call?.kind !== 'request') return []
    const way =
      transport === 'sse' ? 'HTTP+SSE' : facts.session.protocolVersion ? `revision ${facts.session.protocolVersion}` : 'another way'
    return [
      {
        confidence: 'certain',
        at: probe.responseAt ?? probe.requestAt,
        exchange: probe.id,
        title: `The first request was refused with ${probe.status}. It was a probe: ${spanText((served.responseAt ?? served.requestAt) - probe.requestAt)} later the client was served.`,
        says: `${facts.session.client.name ?? 'The client'} tried ${call.method} on ${probe.path} first, and then went on with ${way}. This is healthy.`,
        cause: 'Clients find out in this way what a server speaks.',
        fix: ['Nothing to mend. To save the round trip, name the transport in the client’s settings.'],
        evidence: [
          {
            seq: probe.responseSeq ?? probe.requestSeq,
            at: probe.responseAt ?? probe.requestAt,
            says: `${probe.method} ${probe.path} refused with ${probe.status}`,
          },
          {
            seq: served.responseSeq ?? served.requestSeq,
            at: served.responseAt ?? served.requestAt,
            says: `${served.method} ${served.path} answered with ${served.status}`,
          },
        ],
        alternatives: [{ rule: 'transport-mismatch', standing: 'ruled out', why: 'the client fell back by itself' }],
      },
    ]
  },
}

const servedAfter = ({ exchanges }: Facts, probe: Exchange): Exchange | undefined =>
  exchanges.find(
    ({ id, status = 0, requestAt, body }) =>
      id !== probe.id &&
      status === 200 &&
      requestAt - probe.requestAt <= PROBE_SPAN &&
      (body === 'stream' || body === 'sse' || body === 'json'),
  )
