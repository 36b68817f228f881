/**
 * An HTTP+SSE client written by hand, as found in the wild: it opens the stream, then posts to a path of its own choosing instead of the
 * advertised one. Promise: it follows redirects as fetch does, and tells which host each request finally went to.
 */
export interface RawSession {
  /** The path and query of the `endpoint` event. */
  readonly endpoint: string
  /** Posts a message to `path` (default: the advertised endpoint), following redirects by hand; resolves with every hop. */
  post(message: object, path?: string): Promise<Hop[]>
  /** The JSON-RPC message with this id, once it has come down the stream. */
  answer(id: number): Promise<Record<string, unknown>>
  close(): void
}
export interface Hop {
  readonly status: number
  readonly url: string
  readonly location: string | null
}

export async function openRaw(origin: string, limitMs = 20_000): Promise<RawSession> {
  const abort = new AbortController()
  const response = await fetch(`${origin}/sse`, { headers: { accept: 'text/event-stream' }, signal: abort.signal })
  const { body } = response
  if (!body) throw new Error(`GET /sse answered ${response.status} without a body`)
  const answers = new Map<number, Record<string, unknown>>()
  const waiting: (() => void)[] = []
  let endpoint = ''
  const take = (event: string): void => {
    const data = /^data: ?(.*)$/m.exec(event)?.[1]?.trimEnd()
    if (data === undefined) return
    if (/^event: ?endpoint/m.test(event)) endpoint = data
    else if (/^event: ?message/m.test(event)) {
      const message = JSON.parse(data) as Record<string, unknown>
      if (typeof message.id === 'number') answers.set(message.id, message)
    }
    for (const wake of waiting.splice(0)) wake()
  }
  const reading = (async () => {
    let text = ''
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      const events = (text + part).split(/\r?\n\r?\n/)
      text = events.pop() ?? ''
      for (const event of events) take(event)
    }
  })()
  // An abort of ours ends the stream; whatever else went wrong shows as an answer that never comes.
  reading.catch(() => {})
  const wait = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const deadline = performance.now() + limitMs
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`waited ${limitMs} ms for ${what}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
  await wait('the endpoint event', () => endpoint || undefined)
  return {
    endpoint,
    async post(message, path = endpoint) {
      const hops: Hop[] = []
      let url = new URL(path, origin).href
      for (let left = 5; left > 0; left--) {
        const answer = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(message),
        })
        await answer.arrayBuffer()
        const location = answer.headers.get('location')
        hops.push({ status: answer.status, url, location })
        if (!location || (answer.status !== 307 && answer.status !== 308)) break
        url = new URL(location, url).href
      }
      return hops
    },
    answer: id => wait(`the answer to ${id}`, () => answers.get(id)),
    close: () => abort.abort(),
  }
}
