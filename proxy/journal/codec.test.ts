/** Records come back as they went in; torn and flipped bytes never come back as an event. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../core/event.ts'
import { anyEvent } from './any-event.test-data.ts'
import { decodeRecord, decodeSegmentHeader, encodeEvent, encodeSegmentHeader } from './codec.ts'

const MARKER = 0xa1b2c3d4

/** Bytes as arrays: a view of a buffer equals the array it was made from. */
function plain(event: WireEvent): unknown {
  if (event.kind === 'chunk') return { ...event, bytes: [...event.bytes] }
  return event.kind === 'end' && event.tail ? { ...event, tail: [...event.tail] } : event
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
  test('a short file, another file and a newer format are told apart', async () => {
    expect(decodeSegmentHeader(Buffer.alloc(5))).toMatchObject({ error: 'damaged' })
    expect(decodeSegmentHeader(Buffer.alloc(40, 'x'))).toMatchObject({ error: 'foreign' })
    const { crc32 } = await import('node:zlib')
    const newer = encodeSegmentHeader({ segment: 1, marker: MARKER })
    newer.writeUInt16LE(2, 8)
    newer.writeUInt32LE(crc32(newer.subarray(0, 20)), 20)
    expect(decodeSegmentHeader(newer)).toMatchObject({ error: 'newer', says: expect.stringContaining('format 2') })
  })
})
