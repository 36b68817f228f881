/** The data of one event of a text/event-stream, given the bytes of its block. Promise: as a client's reader would have it. */
import { SseSplitter } from './sse.ts'

const decoder = new TextDecoder('utf-8')

/** The `data` lines joined by LF; empty where the block has none. */
export function dataOf(block: Uint8Array): string {
  const splitter = new SseSplitter()
  const [first] = splitter.push(block)
  const frame = first ?? splitter.end()
  return frame ? decoder.decode(frame.data) : ''
}
