/**
 * The header of a segment file: what it is, which format its records have, and the marker of its recording.
 * Promise: files that are not ours, damaged or of a later format are told apart in words, never taken for a segment.
 *
 * 32 bytes, little endian: magic(8)  u16 version  u16 0  u32 segment number  u32 marker  u32 crc32 of the first 20 bytes  8 bytes 0
 */
import { crc32 } from 'node:zlib'

/** 2: ends may be short records (codec.ts). A reader of 2 reads 1 as well. */
export const FORMAT_VERSION = 2
export const SEGMENT_HEADER_BYTES = 32
const MAGIC = Buffer.from('\x89SGJ\r\n\x1a\n', 'latin1')

export interface SegmentHeader {
  readonly segment: number
  readonly marker: number
}

/** Bytes of a segment's header. */
export function encodeSegmentHeader({ segment, marker }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt16LE(FORMAT_VERSION, 8)
  bytes.writeUInt32LE(segment, 12)
  bytes.writeUInt32LE(marker, 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20)
  return bytes
}

/** Reads a segment's header; `damaged` is bytes that were ours once, `foreign` is another kind of file, `newer` a later format. */
export function decodeSegmentHeader(
  bytes: Buffer,
): SegmentHeader | { readonly error: 'damaged' | 'foreign' | 'newer'; readonly says: string } {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { error: 'damaged', says: 'the file is shorter than a segment header' }
  if (!bytes.subarray(0, 8).equals(MAGIC)) return { error: 'foreign', says: 'the file does not begin like a journal segment' }
  if (bytes.readUInt32LE(20) !== crc32(bytes.subarray(0, 20))) return { error: 'damaged', says: 'the segment header fails its checksum' }
  const version = bytes.readUInt16LE(8)
  if (version > FORMAT_VERSION) {
    return {
      error: 'newer',
      says: `journal format ${version}; this version reads formats up to ${FORMAT_VERSION}: open it with a newer Seismograph`,
    }
  }
  return { segment: bytes.readUInt32LE(12), marker: bytes.readUInt32LE(16) }
}
