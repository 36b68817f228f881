/**
 * Reads HTTP/1.1 messages and SSE events off raw sockets for the load programs. Promise: linear in bytes even for one event of 100 MB,
 * and cheap, so that the load costs less than what it measures.
 */
const EMPTY = Buffer.alloc(0)

export interface Head {
  readonly first: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}
export interface HttpCallbacks {
  readonly onHead?: (head: Head) => void
  readonly onBody?: (bytes: Buffer) => void
  readonly onEnd?: () => void
}
type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close'

/** An incremental reader of a run of messages: requests or responses. */
export class HttpReader {
  #state: State = 'head'
  #rest: Buffer = EMPTY
  #left = 0
  readonly #on: HttpCallbacks

  constructor(callbacks: HttpCallbacks) {
    this.#on = callbacks
  }

  /** True while the body has no other end than the connection's. */
  get untilClose(): boolean {
    return this.#state === 'until-close'
  }

  push(bytes: Buffer): void {
    let buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    this.#rest = EMPTY
    while (buffer.length > 0) {
      const after = this.#step(buffer)
      if (!after) {
        this.#rest = buffer
        return
      }
      buffer = after
    }
  }

  /** Consumes one piece and returns what follows it; undefined when the piece is not whole yet. */
  #step(buffer: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head': {
        const end = buffer.indexOf('\r\n\r\n')
        if (end < 0) return undefined
        this.#head(buffer.toString('latin1', 0, end))
        return buffer.subarray(end + 4)
      }
      case 'length':
      case 'chunk': {
        const part = buffer.length > this.#left ? buffer.subarray(0, this.#left) : buffer
        this.#left -= part.length
        const whole = this.#state === 'length'
        if (this.#left === 0) this.#state = whole ? 'head' : 'chunk-end'
        this.#on.onBody?.(part)
        if (this.#left === 0 && whole) this.#on.onEnd?.()
        return buffer.subarray(part.length)
      }
      case 'until-close':
        this.#on.onBody?.(buffer)
        return EMPTY
      default: {
        const end = buffer.indexOf(10)
        if (end < 0) return undefined
        this.#line(buffer.toString('latin1', 0, end).trim())
        return buffer.subarray(end + 1)
      }
    }
  }

  #line(line: string): void {
    if (this.#state === 'chunk-end') this.#state = 'chunk-size'
    else if (this.#state === 'chunk-size') {
      this.#left = Number.parseInt(line, 16)
      this.#state = this.#left > 0 ? 'chunk' : 'trailer'
    } else if (line === '') {
      this.#state = 'head'
      this.#on.onEnd?.()
    }
  }

  #head(text: string): void {
    const [first = '', ...lines] = text.split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const status = Number(first.split(' ')[1])
    if (status >= 100 && status < 200) return
    const length = headers['content-length']
    if (/chunked/i.test(headers['transfer-encoding'] ?? '')) this.#state = 'chunk-size'
    else if (Number(length) > 0) {
      this.#left = Number(length)
      this.#state = 'length'
    } else if (first.startsWith('HTTP/') && length === undefined && status !== 204 && status !== 304) this.#state = 'until-close'
    this.#on.onHead?.({ first, status, headers })
    if (this.#state === 'head') this.#on.onEnd?.()
  }
}

/** Splits a stream of LF or CRLF lines into events at blank lines. */
export class EventReader {
  readonly #onEvent: (name: string, data: string) => void
  #parts: Buffer[] = []
  #tail = ''

  constructor(onEvent: (name: string, data: string) => void) {
    this.#onEvent = onEvent
  }

  push(bytes: Buffer): void {
    let from = this.#acrossTheSeam(bytes)
    for (;;) {
      const lf = bytes.indexOf('\n\n', from)
      const end = lf >= 0 ? lf : bytes.indexOf('\n\r\n', from)
      if (end < 0) break
      const next = end + (lf >= 0 ? 2 : 3)
      this.#emit(bytes.subarray(from, next))
      from = next
    }
    const rest = bytes.subarray(from)
    if (rest.length > 0) this.#parts.push(rest)
    this.#tail = ((from > 0 ? '' : this.#tail) + rest.toString('latin1', Math.max(0, rest.length - 3))).slice(-3)
  }

  /** A blank line can lie across two chunks: the last three bytes seen are kept for that. Returns where the next event begins. */
  #acrossTheSeam(bytes: Buffer): number {
    if (!this.#tail) return 0
    const blank = /\n\r?\n/.exec(this.#tail + bytes.toString('latin1', 0, 3))
    const cut = blank ? blank.index + blank[0].length - this.#tail.length : 0
    if (cut <= 0) return 0
    this.#emit(bytes.subarray(0, cut))
    return cut
  }

  #emit(last: Buffer): void {
    const text = (this.#parts.length > 0 ? Buffer.concat([...this.#parts, last]) : last).toString('utf8')
    this.#parts = []
    this.#tail = ''
    let name = 'message'
    let data: string | undefined
    for (const line of text.split(/\r?\n/)) {
      if (line.startsWith('data:')) {
        const value = line.slice(line[5] === ' ' ? 6 : 5)
        data = data === undefined ? value : `${data}\n${value}`
      } else if (line.startsWith('event:')) name = line.slice(6).trim()
    }
    if (data !== undefined) this.#onEvent(name, data)
  }
}
