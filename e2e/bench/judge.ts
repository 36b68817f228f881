/**
 * `node e2e/bench/judge.ts`: how long 20 sessions with 100,000 events take to be folded and judged. Promise: the same fold and rules as
 * everywhere, every third call lost, so that rules have something to do; figures only, no verdict on them.
 */
import { openSse, result, tool, WireScript } from '../../proxy/captures/wire-script.ts'
import type { WireEvent } from '../../proxy/core/event.ts'
import { Fold } from '../../proxy/core/fold.ts'
import { judge, rules } from '../../proxy/rules/index.ts'

const SESSIONS = 20
const EVENTS = 100_000

/** Sessions one after the other, each with an equal part of the events. */
function write(): readonly WireEvent[] {
  const wire = new WireScript()
  for (let session = 1; session <= SESSIONS; session++) {
    const endpoint = `/messages/?session_id=${String(session).padStart(32, '0')}`
    const { stream, conn } = openSse(wire, endpoint)
    for (let id = 1; wire.events.length < (EVENTS / SESSIONS) * session - 4; id++) {
      wire.wait(20)
      conn.post(endpoint, tool(id)).answer(202, 'Accepted')
      if (id % 3 > 0) stream.event(result(id))
    }
    stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    wire.wait(5_000)
  }
  return wire.events
}

/** CPU time in ms: other programs' load does not count. */
const spent = (what: () => void): number => {
  const began = process.cpuUsage()
  what()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

const events = write()
const fold = new Fold({ recording: 0 })
const folding = spent(() => {
  for (const event of events) fold.push(event)
  fold.finish()
})
let findings = 0
const slowest = new Map<string, number>()
const sessions = fold.changedSessions()
const now = events.at(-1)?.at ?? 0
const judging = spent(() => {
  for (const session of sessions) {
    const facts = fold.facts(session, now)
    if (facts) findings += judge(facts).findings.length
  }
})
for (const session of sessions) {
  const facts = fold.facts(session, now)
  for (const rule of facts ? rules : []) {
    const began = performance.now()
    if (facts) rule.check(facts)
    slowest.set(rule.id, (slowest.get(rule.id) ?? 0) + performance.now() - began)
  }
}
const worst = [...slowest].sort((a, b) => b[1] - a[1]).slice(0, 5)
console.log(`${events.length} events, ${sessions.length} sessions, ${rules.length} rules, ${findings} findings`)
console.log(`folded in ${folding.toFixed(0)} ms, judged in ${judging.toFixed(0)} ms`)
console.log(`slowest rules: ${worst.map(([id, ms]) => `${id} ${ms.toFixed(1)} ms`).join(', ')}`)
