/**
 * The ticks of the time axis and the words of a moment on it: relative to zero, or by the wall clock.
 * Promise: ticks stand on round values of the axis' own zero, and a moment is written as fine as a pixel can tell.
 */
import { clock } from '../format.ts'
import type { Zero } from '../view.ts'
import { msPerPx, span, timeToX, type View } from './scale.ts'

const MINUS = '\u2212'

export interface Tick {
  readonly at: number
  readonly x: number
  readonly text: string
  /** The axis' zero, or a full day on the clock. */
  readonly strong: boolean
}
export interface Axis {
  /** What the gutter calls the row: the unit of the labels. */
  readonly unit: string
  readonly stepMs: number
  readonly ticks: readonly Tick[]
}
interface Unit {
  readonly name: string
  readonly ms: number
}

const CLOCK_STEPS = [
  60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
]

/** The smallest round step (1, 2, 5 times a power of ten; whole minutes and hours beyond) that is at least `ms`. */
export function niceStep(ms: number): number {
  if (ms > 20_000) {
    const found = CLOCK_STEPS.find(step => step >= ms)
    if (found) return found
    const days = ms / 86_400_000
    return 86_400_000 * round125(days)
  }
  return round125(ms)
}
function round125(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9)
  for (const times of [1, 2, 5]) if (power * times >= value * 0.999999) return power * times
  return power * 10
}

function unitFor(stepMs: number): Unit {
  if (stepMs < 1) return { name: 'Milliseconds', ms: 1 }
  if (stepMs < 60_000) return { name: 'Seconds', ms: 1000 }
  if (stepMs < 3_600_000) return { name: 'Minutes', ms: 60_000 }
  return { name: 'Hours', ms: 3_600_000 }
}

const digitsFor = (step: number): number => Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)))

export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return '0'
  return (value < 0 ? MINUS : '+') + text
}

/** Ticks at least `room` pixels apart. */
export function axisOf(view: View, zero: Zero, startedAt: number, room = 48): Axis {
  const step = niceStep(msPerPx(view) * (zero.mode === 'clock' ? room * 1.5 : room))
  if (zero.mode === 'clock') return clockAxis(view, startedAt, step)
  const unit = unitFor(step)
  const digits = digitsFor(step / unit.ms)
  const ticks: Tick[] = []
  const first = Math.ceil((view.from - zero.at) / step - 1e-9)
  const last = Math.floor((view.to - zero.at) / step + 1e-9)
  for (let n = first; n <= last; n++) {
    const at = zero.at + n * step
    ticks.push({ at, x: timeToX(view, at), text: signed((n * step) / unit.ms, digits), strong: n === 0 })
  }
  return { unit: unit.name, stepMs: step, ticks }
}

function clockAxis(view: View, startedAt: number, step: number): Axis {
  // Round local times, so that a step of an hour falls on full hours in zones that are half an hour off.
  const shift = new Date(startedAt + view.from).getTimezoneOffset() * 60_000
  const ticks: Tick[] = []
  const first = Math.ceil((startedAt + view.from - shift) / step - 1e-9)
  const last = Math.floor((startedAt + view.to - shift) / step + 1e-9)
  for (let n = first; n <= last; n++) {
    const epoch = n * step + shift
    const at = epoch - startedAt
    const midnight = step >= 1000 && new Date(epoch).getHours() === 0 && clock(epoch, false).endsWith('00:00')
    ticks.push({ at, x: timeToX(view, at), text: clockText(epoch, step), strong: midnight })
  }
  return { unit: 'Clock', stepMs: step, ticks }
}

/** Local time as fine as `step` asks: "14:03", "14:03:07", "14:03:07.8". */
export function clockText(epochMs: number, step: number): string {
  if (step >= 60_000) return clock(epochMs, false).slice(0, 5)
  if (step >= 1000) return clock(Math.round(epochMs), false)
  const digits = Math.min(3, digitsFor(step / 1000))
  const floored = Math.floor(epochMs * 10 ** (digits - 3) + 1e-6) * 10 ** (3 - digits)
  return clock(Math.round(floored), true).slice(0, 9 + digits)
}

/** The crosshair's words: "+36.40 s" and "14:03:07.8", as fine as two pixels can tell. */
export function readout(view: View, zero: Zero, startedAt: number, at: number): { relative: string; clock: string } {
  const fine = msPerPx(view) * 2
  const step = 10 ** Math.floor(Math.log10(fine))
  const wide = span(view)
  const relative =
    wide < 50 ? `${signed(at - zero.at, digitsFor(step))} ms` : `${signed((at - zero.at) / 1000, Math.min(4, digitsFor(step / 1000)))} s`
  return { relative, clock: clockText(startedAt + at, Math.min(step, 1000)) }
}

/** How much time is shown, for the tool row: "126 s", "18.5 s", "15.0 ms", "12 min", "3.4 h". */
export function shownText(ms: number): string {
  if (ms < 1000) return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
  if (ms < 1_000_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : ms < 100_000 ? 1 : 0)} s`
  if (ms < 100 * 60_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${(ms / 3_600_000).toFixed(1)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

/** A length of time as the marks write it: "4.1 ms", "620 ms", "3.0 s", "11.2 s", "126 s". */
export function lengthText(ms: number): string {
  const value = Math.max(0, ms)
  if (value < 1) return `${value.toFixed(2)} ms`
  if (value < 100) return `${value.toFixed(1)} ms`
  if (value < 1000) return `${Math.round(value)} ms`
  if (value < 99_950) return `${(value / 1000).toFixed(1)} s`
  if (value < 600_000) return `${Math.round(value / 1000)} s`
  return shownText(value)
}
