/** What stands in a session's header: its sentence, and for a folded session its whole life in one strip. */
import type { Session } from '../../proxy/core/model.ts'
import { isFailedCall, lostFrom } from './call-fate.ts'
import { type Block, type Pass, xOf } from './pass.ts'
import { sessionSentence } from './say.ts'
import { clampX, inView } from './scale.ts'
import { PRIORITY } from './shapes.ts'

/** Returns where its sentence ends: what else stands in the header begins after it. */
export function markHeader(pass: Pass, block: Block, replaces: Session | undefined, form: { short: boolean; past: boolean }): number {
  const { header } = block
  const text = sessionSentence(block.tracks.session, replaces, { full: !header.compact, ...form })
  pass.scene.labels.push({
    parts: [{ text, ink: 'tx2' }],
    spots: [{ x: pass.view.x0 + 8, y: header.y + 15, align: 'start' }],
    priority: PRIORITY.callName,
    halo: 'sunk',
    maxWidth: pass.view.x1 - pass.view.x0 - 16,
  })
  pass.scene.hits.push({
    x0: 0,
    x1: pass.view.x0,
    y0: header.y,
    y1: header.y + header.height,
    kind: 'session',
    id: block.tracks.session.id,
  })
  if (header.folded) strip(pass, block)
  return pass.view.x0 + 8 + pass.measure(text, false, false)
}

function strip(pass: Pass, block: Block): void {
  const { tracks, header } = block
  const from = tracks.from
  const to = tracks.session.ended?.at ?? Math.min(tracks.to, pass.edge)
  const x = clampX(pass.view, from)
  const w = clampX(pass.view, to) - x
  if (w > 0 || inView(pass.view, from)) {
    pass.scene.shapes.push({ k: 'rect', x, y: header.y + 7, w: Math.max(3, w), h: 8, fill: 'streamBg', stroke: 'stream', r: 2 })
    pass.scene.hits.push({ x0: x, x1: x + Math.max(3, w), y0: header.y + 4, y1: header.y + 18, kind: 'session', id: tracks.session.id })
  }
  for (const call of block.rows.calls) {
    if (call.number === 0 || !isFailedCall(call)) continue
    const at = lostFrom(call) ?? call.answeredAt ?? call.sentAt
    if (!inView(pass.view, at)) continue
    pass.scene.over.push({ k: 'rect', x: xOf(pass, at) - 1.5, y: header.y + 4, w: 3, h: 14, fill: 'fail' })
    pass.scene.hits.push({
      x0: xOf(pass, at) - 2,
      x1: xOf(pass, at) + 2,
      y0: header.y + 4,
      y1: header.y + 18,
      kind: 'call',
      id: call.id,
      front: true,
    })
  }
}
