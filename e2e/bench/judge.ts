/**
 * `node e2e/bench/judge.ts`: what it costs to fold and judge 100,000 events, in three shapes: 20 sessions, one session, and one session that
 * is judged again and again while it goes on. Promise: the same fold, rules and judging loop as everywhere, every third call lost, so that
 * rules have something to do; figures only, no verdict on them.
 */
import { openSse, result, tool, WireScript } from '../../proxy/captures/wire-script.ts'
import type { WireEvent } from '../../proxy/core/event.ts'
import { Fold } from '../../proxy/core/fold.ts'
import { SessionJudge } from '../../proxy/inspector/session-judge.ts'
import { judge, rules } from '../../proxy/rules/index.ts'

const EVENTS = 100_000
/** In the live shape: events between two chances to judge, as many as one batch of a busy follower may bring. */
const LIVE_EVERY = 500
/** Milliseconds between two calls. */
const PACE = 20

/** `sessions` sessions one after the other, each with an equal part of the events. */
function write(sessions: number): readonly WireEvent[] {
  const wire = new WireScript()
  for (let session = 1; session <= sessions; session++) {
    const endpoint = `/messages/?session_id=${String(session).padStart(32, '0')}`
    const { stream, conn } = openSse(wire, endpoint)
    for (let id = 1; wire.events.length < (EVENTS / sessions) * session - 4; id++) {
      wire.wait(PACE)
      conn.post(endpoint, tool(id)).answer(202, 'Accepted')
      if (id % 3 > 0) stream.event(result(id))
    }
    stream.clientEnd('fin', 'client').serverEnd('closed', 'proxy')
    wire.wait(5_000)
  }
  return wire.events
}

/** CPU time in ms: other programs' load does not count. */
function spent(what: () => void): number {
  const began = process.cpuUsage()
  what()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

/** Folded whole, then judged once. */
function afterwards(name: string, sessions: number): void {
  const events = write(sessions)
  const fold = new Fold({ recording: 0 })
  const folding = spent(() => {
    for (const event of events) fold.push(event)
    fold.finish()
  })
  const ids = fold.changedSessions()
  const now = events.at(-1)?.at ?? 0
  let findings = 0
  const judging = spent(() => {
    for (const session of ids) {
      const facts = fold.facts(session, now)
      if (facts) findings += judge(facts).findings.length
    }
  })
  const lost = fold.takeRows().reduce((sum, row) => sum + (row.t === 'session' ? row.undelivered : 0), 0)
  console.log(`${name}: ${events.length} events, ${ids.length} sessions, ${lost} calls lost, ${rules.length} rules, ${findings} findings`)
  console.log(`  folded in ${folding.toFixed(0)} ms, judged in ${judging.toFixed(0)} ms`)
  console.log(`  slowest rules: ${slowest(fold, ids, now)}`)
}

function slowest(fold: Fold, sessions: readonly number[], now: number): string {
  const times = new Map<string, number>()
  for (const session of sessions) {
    const facts = fold.facts(session, now)
    for (const rule of facts ? rules : []) {
      const began = performance.now()
      if (facts) rule.check(facts)
      times.set(rule.id, (times.get(rule.id) ?? 0) + performance.now() - began)
    }
  }
  const worst = [...times].sort((a, b) => b[1] - a[1]).slice(0, 5)
  return worst.map(([id, ms]) => `${id} ${ms.toFixed(1)} ms`).join(', ')
}

/** Judged whenever the loop of the inspector would, at the pace of the recording's own clock. */
function live(): void {
  const events = write(1)
  const fold = new Fold({ recording: 0 })
  const sessionJudge = new SessionJudge(fold, 0)
  let folding = 0
  let judging = 0
  let chances = 0
  for (let i = 0; i < events.length; i += LIVE_EVERY) {
    const part = events.slice(i, i + LIVE_EVERY)
    folding += spent(() => {
      for (const event of part) fold.push(event)
      fold.takeRows()
    })
    const at = part.at(-1)?.at ?? 0
    chances += 1
    judging += spent(() => {
      sessionJudge.judgeDue(at, at, true)
    })
  }
  const last = spent(() => {
    fold.finish()
    sessionJudge.judgeLast(events.at(-1)?.at ?? 0)
  })
  console.log(`live: ${events.length} events in 1 session, ${chances} chances to judge, one after every ${LIVE_EVERY} events`)
  console.log(`  folded in ${folding.toFixed(0)} ms, judged in ${judging.toFixed(0)} ms in all, and at the end in ${last.toFixed(0)} ms`)
}

afterwards('20 sessions', 20)
afterwards('1 session', 1)
live()
