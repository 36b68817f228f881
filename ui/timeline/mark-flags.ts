/** Numbered flags of the findings above the axis: diamond error, triangle warning, circle info, with a stem at their moment. */
import type { Finding } from '../../proxy/core/model.ts'
import { isSelected, type Pass, ring, xOf } from './pass.ts'
import { findingLabel } from './say.ts'
import { inView } from './scale.ts'
import { type GlyphName, type Ink, PRIORITY } from './shapes.ts'

/** Flags stand at least this far apart; a crowded one steps aside, its stem does not. */
const PITCH = 18
const LABEL_WIDTH = 210

const LOOK: Record<Finding['severity'], { glyph: GlyphName; fill: Ink; stroke: Ink; text: Ink; label: Ink; dy: number }> = {
  error: { glyph: 'diamond', fill: 'fail', stroke: 'pane', text: 'pane', label: 'fail', dy: 0 },
  warning: { glyph: 'triangle', fill: 'redirectBg', stroke: 'warn', text: 'tx1', label: 'warn', dy: 1 },
  info: { glyph: 'circle', fill: 'info', stroke: 'pane', text: 'onAccent', label: 'info', dy: 0 },
}

/** `findings` in the order of their numbers; `y` is the middle of the row, `bottom` the end of the axis. */
export function markFlags(pass: Pass, findings: readonly Finding[], y: number, bottom: number): void {
  let room = Number.NEGATIVE_INFINITY
  const flags = findings
    .map((finding, index) => ({ finding, number: index + 1 }))
    .filter(({ finding }) => inView(pass.view, finding.at))
    .sort((a, b) => a.finding.at - b.finding.at)
  for (const { finding, number } of flags) {
    const look = LOOK[finding.severity]
    const stem = xOf(pass, finding.at)
    const x = Math.min(Math.max(stem, room + PITCH), pass.view.x1 - 4)
    // Beyond the edge a flag would hide another; the list beside the timeline has them all.
    if (x <= room) continue
    room = x
    const a = pass.alpha('finding', finding.id)
    const ink: Ink = finding.severity === 'warning' ? 'warn' : look.fill
    pass.scene.over.push({ k: 'line', x: stem, y: y + 8, x2: stem, y2: bottom, ink, width: 1, a })
    pass.scene.over.push({
      k: 'glyph',
      name: look.glyph,
      x,
      y: y + look.dy,
      size: 8,
      fill: look.fill,
      stroke: look.stroke,
      width: look.glyph === 'triangle' ? 1.1 : 0,
      text: String(number),
      textInk: look.text,
      a,
    })
    const box = { x0: x - 9, x1: x + 9, y0: y - 9, y1: y + 9 }
    pass.scene.taken.push(box)
    pass.scene.hits.push({ ...box, kind: 'finding', id: finding.id, front: true })
    if (isSelected(pass, 'finding', finding.id)) ring(pass, x - 8, y - 6, 16, 12)
    pass.scene.labels.push({
      parts: [{ text: findingLabel(finding), ink: look.label }],
      spots: [
        { x: x + 13, y: y + 4, align: 'start' },
        { x: x - 13, y: y + 4, align: 'end' },
      ],
      priority: PRIORITY.finding,
      maxWidth: LABEL_WIDTH,
      ...(a < 1 ? { a } : {}),
    })
  }
}
