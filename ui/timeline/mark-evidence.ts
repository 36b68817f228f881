/** The moments that prove the verdict beside the timeline: lettered as in its card, each with a line through the lanes. */
import type { Finding } from '../../proxy/core/model.ts'
import { letterOf } from '../format.ts'
import { type Pass, xOf } from './pass.ts'
import { inView } from './scale.ts'
import type { Ink, Scene } from './shapes.ts'

/** Radius of a letter's disc. Discs that would cover each other stand side by side, on one line through the lanes. */
const DISC = 6
const PITCH = 2 * DISC + 1
const INK: Record<Finding['severity'], Ink> = { error: 'fail', warning: 'warn', info: 'info' }

/** Discs stand on the lower edge of the axis, `axis`, where neither its words nor those of the first lane are; lines end at `bottom`. */
export function markEvidence(
  pass: Pass,
  finding: Finding,
  flags: Scene,
  { axis, bottom }: { readonly axis: number; readonly bottom: number },
): void {
  const ink = INK[finding.severity]
  let room = Number.NEGATIVE_INFINITY
  let stem = Number.NEGATIVE_INFINITY
  const moments = finding.evidence.map(({ at }, index) => ({ at, letter: letterOf(index) })).filter(({ at }) => inView(pass.view, at))
  for (const { at, letter } of moments.sort((a, b) => a.at - b.at)) {
    const moment = xOf(pass, at)
    const x = Math.max(moment, room)
    room = x + PITCH
    if (moment - stem > 1) {
      stem = moment
      pass.scene.under.push({ k: 'line', x: stem, y: axis, x2: stem, y2: bottom, ink, width: 1.2, dash: [2, 3], a: 0.75 })
    }
    flags.over.push({
      k: 'glyph',
      name: 'circle',
      x,
      y: axis,
      size: DISC,
      fill: ink,
      stroke: 'pane',
      width: 1,
      text: letter,
      textInk: 'pane',
    })
  }
}
