/** Where the time of a call and of its exchanges went, as bars on a common span. Promise: pure; unknown phases are left out, never guessed. */
import type { Call, Exchange } from '../../proxy/core/model.ts'
import { lostFrom } from '../call-fate.ts'

export interface Phase {
  readonly name: string
  readonly tone: 'post' | 'wait' | 'call' | 'late' | 'redirect'
  readonly from: number
  readonly to: number
}
export interface Timing {
  readonly from: number
  readonly to: number
  readonly phases: readonly Phase[]
}

export function callTiming(call: Call, now: number): Timing {
  const from = call.sentAt
  // The end of its stream, or of its client’s patience: what comes later is waited for by nobody.
  const broken = lostFrom(call) ?? call.brokenAt
  const to = Math.max(call.answeredAt ?? broken ?? now, from)
  const phases: Phase[] = []
  const add = (name: string, tone: Phase['tone'], a: number | undefined, b: number | undefined) => {
    if (a !== undefined && b !== undefined && b >= a) phases.push({ name, tone, from: a, to: b })
  }
  add('To accepted', 'post', from, call.acceptedAt)
  const answered = call.answeredAt ?? (broken === undefined && call.delivery === 'pending' ? now : undefined)
  const works = call.acceptedAt !== undefined && (answered === undefined || call.acceptedAt <= answered) ? call.acceptedAt : from
  add(
    call.answeredAt === undefined && answered !== undefined ? 'Waiting' : 'Server works',
    'call',
    works,
    broken === undefined ? answered : Math.min(broken, answered ?? broken),
  )
  add('After the break', 'late', broken, call.answeredAt)
  return { from, to, phases }
}

export function exchangeTiming(exchange: Exchange, now: number): Timing {
  const from = exchange.requestAt
  const last = exchange.clientEnd?.at ?? exchange.serverEnd?.at ?? exchange.lastByteAt ?? now
  const to = Math.max(last, exchange.serverEnd?.at ?? from, from)
  const sent = exchange.requestEndAt ?? from
  const head = exchange.responseAt
  const tone = exchange.location === undefined ? 'post' : 'redirect'
  const phases: Phase[] = [{ name: 'Sending', tone, from, to: head === undefined ? sent : Math.min(sent, head) }]
  if (head === undefined) return { from, to, phases: [...phases, { name: 'Waiting', tone: 'wait', from: Math.min(sent, to), to }] }
  phases.push({ name: 'Waiting', tone: 'wait', from: Math.min(sent, head), to: head }, { name: 'Receiving', tone, from: head, to })
  return { from, to, phases }
}
