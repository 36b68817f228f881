/** Bodies are read as they come, under every cut, and blindness is told. */
import { describe, expect, it } from 'vitest'
import { BodyReader } from './body.ts'

const encoder = new TextEncoder()
const json = (encoding = '') => new BodyReader({ mode: 'json', encoding })

describe('BodyReader', () => {
  it('reads JSON-RPC whatever the cut, below and above what is parsed', () => {
    for (const filler of [10, 3_000_000]) {
      const bytes = encoder.encode(`{"result":{"text":"${'é'.repeat(filler)}"},"id":4}`)
      for (const step of [bytes.length, 999_999, 7_777]) {
        const reader = json()
        for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step), Math.min(step, bytes.length - at))
        expect(reader.rpc().messages).toEqual([{ kind: 'response', id: '4' }])
        expect(reader.text().length).toBeLessThanOrEqual(4096)
      }
    }
  })

  it('hashes bodies alike whatever the cut, and different bodies differently', () => {
    const hash = (text: string, step: number) => {
      const reader = json()
      const bytes = encoder.encode(text)
      for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step), Math.min(step, bytes.length - at))
      return reader.hash
    }
    const text = JSON.stringify({ id: 1, method: 'x', params: 'y'.repeat(20_000) })
    expect(hash(text, 1)).toBe(hash(text, 5_000))
    expect(hash(text, 1)).not.toBe(hash(text.replace('"id":1', '"id":2'), 1))
  })

  it('is blind once bytes are missing, or where it has no decoder', () => {
    const cut = json()
    cut.push(encoder.encode('{"id"'), 500)
    expect(cut.blind).toBe(true)
    expect(json('gzip').blind).toBe(true)
    expect(json('identity').blind).toBe(false)
  })

  it('gives the unfinished frame of a stream once', () => {
    const reader = new BodyReader({ mode: 'sse', encoding: '' })
    const bytes = encoder.encode('data: 1\n\ndata: 2')
    expect(reader.push(bytes, bytes.length)).toHaveLength(1)
    expect(reader.end()).toMatchObject([{ kind: 'unfinished', dataBytes: 1 }])
    expect(reader.end()).toEqual([])
  })
})
