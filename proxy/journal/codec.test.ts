/** Records come back as they went in; torn and flipped bytes never come back as an event. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EndEvent, WireEvent } from '../core/event.ts'
import { anyEvent, anyShortEnd } from './any-event.test-data.ts'
import { decodeRecord, END_BYTES, encodeEvent, encodeJson, isShortEnd, jsonForm, jsonRecordBytes } from './codec.ts'
import { decodeSegmentHeader, encodeSegmentHeader, FORMAT_VERSION } from './segment-header.ts'

const MARKER = 0xa1b2c3d4

/** Bytes as arrays: a view of a buffer equals the array it was made from. */
function plain(event: WireEvent): unknown {
  if (event.kind === 'chunk') return { ...event, bytes: [...event.bytes] }
  return event.kind === 'end' && event.tail ? { ...event, tail: [...event.tail] } : event
}
/** The record of an event as format 1 has it: all but chunks as JSON. */
function asFormat1(event: Exclude<WireEvent, { kind: 'chunk' }>): Buffer {
  const form = jsonForm(event)
  const bytes = Buffer.alloc(jsonRecordBytes(form))
  return bytes.subarray(0, encodeJson(bytes, 0, MARKER, event.kind, form, event.seq, event.at))
}
function headerOf(version: number): Buffer {
  const bytes = encodeSegmentHeader({ segment: 1, marker: MARKER })
  bytes.writeUInt16LE(version, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20)
  return bytes
}
function decodeAll(bytes: Buffer): unknown[] {
  const events: unknown[] = []
  for (let at = 0; ; ) {
    const found = decodeRecord(bytes, at, MARKER)
    if (found.state !== 'event') return events
    events.push(plain(found.event))
    at = found.end
  }
}

describe('records', () => {
  test('every kind round-trips, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), events => {
        const bytes = Buffer.concat(events.map(event => encodeEvent(event, MARKER)))
        expect(decodeAll(bytes)).toEqual(events.map(plain))
      }),
      { numRuns: 1000 },
    )
  })

  test('a torn record is partial at every byte, and names what it needs', () => {
    fc.assert(
      fc.property(anyEvent, event => {
        const bytes = encodeEvent(event, MARKER)
        for (let cut = 0; cut < bytes.length; cut++) {
          const found = decodeRecord(bytes.subarray(0, cut), 0, MARKER)
          expect(found).toMatchObject({ state: 'partial' })
          if (found.state === 'partial' && cut >= 12) expect(found.need).toBe(bytes.length)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('a flipped bit anywhere is never an event', () => {
    fc.assert(
      fc.property(anyEvent, fc.nat(), fc.nat({ max: 7 }), (event, place, bit) => {
        const bytes = Buffer.from(encodeEvent(event, MARKER))
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        expect(decodeRecord(bytes, 0, MARKER).state).not.toBe('event')
      }),
      { numRuns: 2000 },
    )
  })

  test('any bytes decode without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withMarker) => {
        const buffer = Buffer.from(bytes)
        if (withMarker && buffer.length >= 4) buffer.writeUInt32LE(MARKER)
        expect(['partial', 'bad', 'event', 'unreadable']).toContain(decodeRecord(buffer, 0, MARKER).state)
      }),
    )
  })

  test('an end with nothing more to tell is a short record, and the JSON form of the same end reads alike', () => {
    fc.assert(
      fc.property(anyShortEnd, event => {
        expect(isShortEnd(event)).toBe(true)
        const bytes = encodeEvent(event, MARKER)
        expect(bytes.length).toBe(END_BYTES)
        expect(decodeAll(Buffer.concat([bytes, asFormat1(event)]))).toEqual([event, event])
      }),
      { numRuns: 1000 },
    )
  })

  test('an end with anything more to tell is none', () => {
    const bare: EndEvent = {
      seq: 2,
      at: 1,
      kind: 'end',
      conn: 1,
      exchange: 1,
      leg: 'client',
      part: 'request',
      how: 'fin',
      by: 'client',
      bytes: 3,
    }
    for (const more of [{ code: '' }, { detail: '' }, { trailers: [] }, { tail: new Uint8Array(0) }, { sha256: '' }]) {
      const event = { ...bare, ...more }
      expect(isShortEnd(event)).toBe(false)
      expect(decodeAll(encodeEvent(event, MARKER))).toEqual([plain(event)])
    }
  })

  test('an intact short end of unknown words, or of another length, is unreadable and passed over', () => {
    const event: WireEvent = {
      seq: 2,
      at: 1,
      kind: 'end',
      conn: 1,
      exchange: 1,
      leg: 'server',
      part: 'request',
      how: 'closed',
      by: 'proxy',
      bytes: 3,
    }
    const change = (at: number, value: number) => {
      const bytes = Buffer.from(encodeEvent(event, MARKER))
      bytes[at] = value
      bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8)
      return decodeRecord(bytes, 0, MARKER)
    }
    const [sides, how] = [END_BYTES - 2, END_BYTES - 1]
    expect(change(how, 8)).toMatchObject({ state: 'event' })
    expect(change(how, 9)).toMatchObject({ state: 'unreadable', seq: 2, end: END_BYTES })
    expect(change(sides, 0b1011)).toMatchObject({ state: 'event', event: { leg: 'server', part: 'response', by: 'proxy' } })
    expect(change(sides, 0b1100)).toMatchObject({ state: 'unreadable' })
    expect(change(sides, 0xff)).toMatchObject({ state: 'unreadable' })
    // The highest byte of the number of bytes: negative, not a number, beyond what is exact.
    for (const high of [0xc0, 0x7f, 0x44]) expect(change(sides - 1, high)).toMatchObject({ state: 'unreadable' })
    const long = Buffer.concat([encodeEvent(event, MARKER), Buffer.alloc(1)])
    long.writeUInt32LE(long.length - 12, 4)
    long.writeUInt32LE(crc32(long.subarray(12)), 8)
    expect(decodeRecord(long, 0, MARKER)).toMatchObject({ state: 'unreadable', end: long.length })
  })

  test('a record of another recording is none of this one', () => {
    const bytes = encodeEvent({ seq: 2, at: 1, kind: 'log', upstream: 'mcp', source: 'file', text: 'x' }, MARKER)
    expect(decodeRecord(bytes, 0, MARKER + 1)).toMatchObject({ state: 'bad' })
  })
})

describe('segment headers', () => {
  test('round trip', () => {
    expect(decodeSegmentHeader(encodeSegmentHeader({ segment: 7, marker: MARKER }))).toEqual({ segment: 7, marker: MARKER })
  })
  test('every flipped byte that matters is damage, and says so', () => {
    for (let at = 0; at < 24; at++) {
      const bytes = encodeSegmentHeader({ segment: 7, marker: MARKER })
      bytes[at] = (bytes[at] ?? 0) ^ 0x10
      expect(decodeSegmentHeader(bytes)).toHaveProperty('error')
    }
  })
  test('a short file, another file and a newer format are told apart', () => {
    expect(decodeSegmentHeader(Buffer.alloc(5))).toMatchObject({ error: 'damaged' })
    expect(decodeSegmentHeader(Buffer.alloc(40, 'x'))).toMatchObject({ error: 'foreign' })
    expect(decodeSegmentHeader(headerOf(FORMAT_VERSION + 1))).toMatchObject({
      error: 'newer',
      says: expect.stringContaining(`format ${FORMAT_VERSION + 1}`),
    })
  })
  test('every earlier format is read', () => {
    for (let version = 1; version <= FORMAT_VERSION; version++) {
      expect(decodeSegmentHeader(headerOf(version))).toEqual({ segment: 1, marker: MARKER })
    }
  })
})
