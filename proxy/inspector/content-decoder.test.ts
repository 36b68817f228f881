import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentDecoder, decodeWhole } from './content-decoder.ts'

const codings = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ['identity', (bytes: Buffer) => bytes],
] as const

async function decode(coding: string, pieces: readonly Uint8Array[]): Promise<{ bytes: Buffer; trouble: string | undefined }> {
  const decoder = new ContentDecoder(coding)
  const out: Uint8Array[] = []
  for (const piece of pieces) out.push(...(await decoder.write(piece)))
  const { trouble } = decoder
  decoder.close()
  return { bytes: Buffer.concat(out), trouble }
}

const body = Buffer.from(`event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":"${'ä€😀'.repeat(2000)}"}\r\n\r\n`)

describe.each(codings)('%s', (coding, compress) => {
  const packed = Buffer.from(compress(body))
  it('decodes whole', async () => {
    expect(await decode(coding, [packed])).toEqual({ bytes: body, trouble: undefined })
  })
  it('decodes at once', () => {
    expect(Buffer.from(decodeWhole(coding, packed) ?? [])).toEqual(body)
  })
  it('decodes byte by byte', async () => {
    const pieces = Array.from(packed, (_, at) => packed.subarray(at, at + 1))
    expect(await decode(coding, pieces)).toEqual({ bytes: body, trouble: undefined })
  })
  it('decodes randomly cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.array(fc.nat(400), { maxLength: 20 }), async (bytes, cuts) => {
        const whole = Buffer.from(compress(Buffer.from(bytes)))
        const pieces: Uint8Array[] = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(whole.subarray(at, at + cut))
          at += cut
        }
        pieces.push(whole.subarray(at))
        expect((await decode(coding, pieces)).bytes).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 30 },
    )
  })
})

describe('what cannot be decoded', () => {
  it('keeps what came before the cut', async () => {
    const packed = gzipSync(body, { level: 0 })
    const { bytes, trouble } = await decode('gzip', [packed.subarray(0, packed.length - 100)])
    expect(trouble).toBeUndefined()
    expect(bytes.length).toBeGreaterThan(1000)
    expect(body.subarray(0, bytes.length)).toEqual(bytes)
  })
  it.each(['gzip', 'deflate', 'br', 'zstd'])('says so for garbage as %s', async coding => {
    const { trouble } = await decode(coding, [Buffer.from('this is plain text, not compressed at all'), Buffer.from('more')])
    expect(trouble).toContain(`not valid ${coding}`)
  })
  it.each(['gzip', 'deflate', 'br', 'zstd', 'snappy'])('is told for %s at once, too', coding => {
    expect(decodeWhole(coding, Buffer.from('this is plain text, not compressed at all'))).toBeUndefined()
  })
  it('says so for an unknown coding', async () => {
    expect((await decode('snappy', [body])).trouble).toContain('"snappy"')
  })
  it('stops a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(200 << 20))
    const { bytes, trouble } = await decode('gzip', [bomb])
    expect(trouble).toContain('decodes to more than')
    expect(bytes.length).toBeLessThan(18 << 20)
    expect(decodeWhole('gzip', bomb)).toBeUndefined()
    expect(decodeWhole('gzip, gzip', gzipSync(bomb))).toBeUndefined()
  })
  it('undoes no endless chain of codings', async () => {
    const chain = (length: number) => Array.from({ length }, () => 'gzip').join(', ')
    const packed = (times: number): Buffer => (times === 0 ? body : gzipSync(packed(times - 1)))
    expect((await decode(chain(5), [packed(5)])).bytes).toEqual(body)
    expect(Buffer.from(decodeWhole(chain(5), packed(5)) ?? [])).toEqual(body)
    expect(await decode(chain(2000), [packed(6)])).toEqual({
      bytes: Buffer.alloc(0),
      trouble: 'coded 2000 times, and more than 5 are not undone',
    })
    expect(decodeWhole(chain(6), packed(6))).toBeUndefined()
  })
})
