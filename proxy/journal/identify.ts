/**
 * Finds out whose recording a folder is: the marker of its records and its `recording` event.
 * Promise: one intact segment beginning is enough; where even the event is damaged, what can be known still is.
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RecordingEvent } from '../core/event.ts'
import { segmentName, segmentNumber } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

export interface Identity {
  readonly marker: number
  readonly recording: RecordingEvent
}

/** Throws an Error that says what the folder is instead of a recording. */
export function identify(dir: string): Identity {
  const numbers = segmentNumbers(dir)
  const reasons: string[] = []
  let known: Identity | undefined
  for (const number of numbers) {
    const found = identifySegment(join(dir, segmentName(number)), number)
    if (typeof found === 'string') reasons.push(found)
    else if (found.recording) return { marker: found.marker, recording: found.recording }
    else known ??= { marker: found.marker, recording: unknownRecording(dir, numbers) }
  }
  if (known) return known
  throw new Error(`${dir} cannot be read as a recording: ${reasons[0] ?? 'it holds no segment files (000001.sgj and on)'}.`)
}

function segmentNumbers(dir: string): number[] {
  try {
    return readdirSync(dir)
      .map(segmentNumber)
      .filter(number => number !== undefined)
      .sort((a, b) => a - b)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `${dir} does not exist.` : `${dir} cannot be read: ${message}.`, { cause: error })
  }
}

/** The segment's marker and, if it is intact, its `recording` event; or words. */
function identifySegment(path: string, number: number): { marker: number; recording?: RecordingEvent } | string {
  const file = new SegmentFile(path, number)
  try {
    const header = file.header()
    if ('error' in header && header.error === 'newer') return `${path}: ${header.says}`
    const marker = 'error' in header ? file.markerOfFirstRecord() : header.marker
    if (marker === undefined) return `${path}: ${'error' in header ? header.says : 'it is empty'}`
    const first = file.record(SEGMENT_HEADER_BYTES, marker)
    if (first.state === 'event' && first.event.kind === 'recording') return { marker, recording: first.event }
    return 'error' in header ? `${path}: ${header.says}` : { marker }
  } finally {
    file.close()
  }
}

/** Stands in for a `recording` event that is damaged in every segment. */
function unknownRecording(dir: string, numbers: readonly number[]): RecordingEvent {
  const first = statSync(join(dir, segmentName(numbers[0] ?? 1)))
  return {
    seq: 1,
    at: 0,
    kind: 'recording',
    version: 1,
    id: basename(dir),
    startedAt: Math.round(first.birthtimeMs || first.mtimeMs),
    product: 'unknown: the beginning of the recording is damaged',
    pid: 0,
    upstreams: [],
    options: { hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 0, masked: true },
  }
}
