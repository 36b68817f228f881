/**
 * An HTTP client under full control. Promise: it sends what it is told and nothing else (no redirect is followed, nothing repeated), and
 * waits only until the play is over.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Stage } from '../scenario.ts'
import type { Message } from './messages.ts'

export interface SseEvent {
  readonly event: string
  readonly data: string
  readonly id?: string
}
/** A response whose head has come. */
export interface Opened {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The first event of this stream that fits, past or future. Rejects when the stream ends without it. */
  event(fits: (event: SseEvent) => boolean): Promise<SseEvent>
  /** Resolves with the whole body as text, however it ended. */
  readonly whole: Promise<string>
  /** Leaves: closes the connection. */
  close(): void
  /** Breaks the connection off. */
  reset(): void
}
export interface Sent {
  readonly body?: string | Message | readonly Message[]
  readonly headers?: Readonly<Record<string, string>>
}
export interface Client {
  /** Resolves with the head. Rejects when the connection fails before one came. */
  open(method: string, url: string, sent?: Sent): Promise<Opened>
  /** Resolves with the whole answer. */
  ask(method: string, url: string, sent?: Sent): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>
  /** Closes all its connections. */
  close(): void
}

const readEvent = (block: string): SseEvent => {
  const fields = block.split(/\r\n|\r|\n/).map(line => /^([^:]*):? ?(.*)$/s.exec(line) ?? ['', '', ''])
  const last = (name: string) => fields.findLast(field => field[1] === name)?.[2]
  const data = fields.filter(field => field[1] === 'data').map(field => field[2])
  const id = last('id')
  return { event: last('event') ?? 'message', data: data.join('\n'), ...(id !== undefined && { id }) }
}

/** Rejects when the play is over first. */
export function within<T>(stage: Stage, promise: Promise<T>, what: string): Promise<T> {
  if (stage.signal.aborted) return Promise.reject(new Error(`the play ended before ${what}`))
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error(`the play ended before ${what}`))
    stage.signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => stage.signal.removeEventListener('abort', stop))
  })
}

/** Real time, for what must really lie apart on the wire. */
export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

function follow(stage: Stage, response: IncomingMessage): Opened {
  const events: SseEvent[] = []
  const wakers = new Set<() => void>()
  let text = ''
  let rest = ''
  let over = false
  const wake = (): void => {
    for (const one of wakers) one()
  }
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const blocks = (rest + part).split(/\r\n\r\n|\n\n|\r\r/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) if (!block.startsWith(':')) events.push(readEvent(block))
    wake()
  })
  const whole = new Promise<string>(resolve => {
    response
      .on('error', () => {})
      .on('close', () => {
        over = true
        resolve(text)
        wake()
      })
  })
  const event = (fits: (one: SseEvent) => boolean): Promise<SseEvent> => {
    const found = new Promise<SseEvent>((resolve, reject) => {
      const look = (): void => {
        const one = events.find(fits)
        if (one) resolve(one)
        else if (over) reject(new Error('the stream ended without the awaited event'))
        else return
        wakers.delete(look)
      }
      wakers.add(look)
      look()
    })
    return within(stage, found, 'the awaited event came')
  }
  const { socket } = response
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    event,
    whole,
    close: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
  }
}

/** A client with connections of its own, which are closed when the play is over. */
export function createClient(stage: Stage, own: Readonly<Record<string, string>> = { 'user-agent': 'python-httpx/0.28.1' }): Client {
  const agent = new http.Agent({ keepAlive: true })
  stage.onEnd(() => agent.destroy())
  const open = (method: string, url: string, { body, headers }: Sent = {}): Promise<Opened> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const opened = new Promise<Opened>((resolve, reject) => {
      const accept = method === 'POST' ? 'application/json, text/event-stream' : 'text/event-stream'
      const type = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
      const request = http.request(url, { method, agent, headers: { accept, ...type, ...own, ...headers } })
      request.on('response', response => resolve(follow(stage, response))).on('error', reject)
      request.end(text)
    })
    return within(stage, opened, `${method} ${url} was answered`)
  }
  const ask: Client['ask'] = async (method, url, sent) => {
    const { status, headers, whole } = await open(method, url, sent)
    return { status, headers, text: await within(stage, whole, `the answer to ${method} ${url} was whole`) }
  }
  return { open, ask, close: () => agent.destroy() }
}
