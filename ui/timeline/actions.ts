/** What clicks and keys on the timeline do to the page: select, zoom, bring into view. Promise: every change leaves by the props' callbacks. */
import type { Range, Selection } from '../view.ts'
import { edgeOf, extentOf, fitSelection, spanOf } from './fit.ts'
import { selectionOf } from './hit.ts'
import type { Command } from './keys.ts'
import { inView, span } from './scale.ts'
import type { Hit } from './shapes.ts'
import type { Stage } from './stage.ts'
import { stopsOf, walk } from './walk.ts'

/** Carries out a key's command; false where it has nothing to do. */
export function perform(stage: Stage, command: Command): boolean {
  if (command.do === 'clear') return clearChosen(stage)
  const { data, selection } = stage.props
  return select(stage, walk(stopsOf(data, stage.tracks), selection, command.to, stage.shown))
}

function clearChosen(stage: Stage): boolean {
  const had = stage.chosen !== undefined
  stage.chosen = undefined
  stage.invalidateOverlay()
  return had
}

function select(stage: Stage, selection: Selection | null): boolean {
  if (!selection) return false
  stage.props.onSelect(selection)
  reveal(stage, selection)
  return true
}

/** Moves only if the mark is out of view. */
export function reveal(stage: Stage, selection: Selection): void {
  const place = spanOf(stage.props.data, selection)
  if (!place) return
  const { shown } = stage
  if (inView(shown, place.from) || (place.from < shown.from && place.to > shown.from)) return
  const half = span(shown) / 2
  stage.choose({ from: place.from - half, to: place.from + half }, true)
  stage.settle()
}

/** A click on a mark selects it; beside all marks it clears the drawn range, but not within that: there it may be half of a double click. */
export function click(stage: Stage, hit: Hit | null, at: number): void {
  if (hit) stage.props.onSelect(selectionOf(hit, at))
  else if (stage.chosen && !inView(stage.chosen.range, at)) clearChosen(stage)
}

/** Into the range drawn on the axis, else onto the mark. */
export function doubleClick(stage: Stage, hit: Hit | null, at: number): void {
  const { chosen } = stage
  if (chosen && inView(chosen.range, at)) {
    stage.chosen = undefined
    stage.choose(chosen.range, true)
    stage.settle()
    return
  }
  if (!hit) return
  const { among } = hit
  const { data } = stage.props
  if (among && among.count > 1) {
    const from = among.times[among.first] as number
    const to = among.times[among.first + among.count - 1] as number
    const pad = Math.max((to - from) * 0.2, 0.05)
    stage.choose({ from: from - pad, to: Math.min(to, edgeOf(data)) + pad }, true)
  } else {
    const target = fitSelection(data, selectionOf(hit, at))
    if (target) stage.choose(target, true)
  }
  stage.settle()
}

export const wholeOf = (stage: Stage): Range => extentOf({ ...stage.props.data, ...liveNow(stage) })
const liveNow = (stage: Stage): { now?: number } => {
  const now = stage.now()
  return now === undefined ? {} : { now }
}
