import { expect, test } from 'vitest'
import { boxesOf, type OverlayInput } from './draw-overlay.ts'
import { measure, shoot } from './frame.fixture.ts'
import { timeToX } from './scale.ts'
import { at, story } from './story.fixture.ts'

const data = story()
const frame = shoot(data)
const range = { from: at(0), to: at(20) }
const input: OverlayInput = {
  frame,
  zero: { at: at(0), mode: 'session', label: 'session start' },
  startedAt: data.startedAt,
  width: 770,
  height: 300,
  crossX: undefined,
  hover: null,
  chosen: { range, text: '20.0 s: 1 call' },
  lost: false,
  lastText: '',
  measure,
}
const words = (seconds: number, over: Partial<OverlayInput> = {}) =>
  boxesOf({ ...input, ...over }, timeToX(frame.view, at(seconds))).map(({ parts }) => parts[0])

test('the crosshair has its readout beside that of a drawn range, unless the two would collide', () => {
  expect(words(60)).toEqual(['20.0 s: 1 call', '+60.0 s'])
  expect(words(10)).toEqual(['20.0 s: 1 call'])
  expect(words(10, { chosen: undefined })).toEqual(['+10.0 s'])
})
