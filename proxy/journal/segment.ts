/**
 * The files of a recording: how segments are named, found and begun.
 * Promise: a segment is created for its owner alone (0600), never over an existing file.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeSegmentHeader } from './segment-header.ts'

const NAME = /^(\d{6,9})\.sgj$/

export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.sgj`
}
/** The number in a segment's file name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Numbers of the segments in a folder, ascending. Throws what readdir throws. */
export function listSegments(dir: string): number[] {
  return readdirSync(dir)
    .map(segmentNumber)
    .filter(number => number !== undefined)
    .sort((a, b) => a - b)
}

/** A segment that is being written. */
export interface OpenSegment {
  readonly number: number
  readonly path: string
  readonly fd: number
  readonly inode: number
  readonly device: number
  /** Bytes in the file, header included. */
  size: number
  /** Whole records that the file holds, and their body bytes: what is lost should the file vanish. */
  records: number
  bodyBytes: number
}

/** Creates the file and writes its header and first records; throws the system's error, leaving no open descriptor. */
export function createSegment(dir: string, number: number, marker: number, first: Uint8Array): OpenSegment {
  const path = join(dir, segmentName(number))
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    const head = Buffer.concat([encodeSegmentHeader({ segment: number, marker }), first])
    for (let done = 0; done < head.length; ) done += writeSync(fd, head, done)
    const { ino, dev } = fstatSync(fd)
    return { number, path, fd, inode: ino, device: dev, size: head.length, records: 0, bodyBytes: 0 }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
