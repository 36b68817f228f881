/** An exchange of which only the request's head is known. Promise: nothing is guessed of what is still to come. */
import { BodyReader } from './body.ts'
import { pathOf } from './endpoint.ts'
import type { RequestEvent } from './event.ts'
import type { Parts } from './exchange-fold.ts'
import { encodingOf, headerOf, lengthOf } from './fields.ts'
import type { ConnState, ExchangeState } from './state.ts'

export function beginExchange(event: RequestEvent, conn: ConnState, { world, inflate }: Pick<Parts, 'world' | 'inflate'>): ExchangeState {
  const userAgent = headerOf(event.headers, 'user-agent')
  return {
    number: event.exchange,
    row: {
      t: 'exchange',
      rev: 0,
      id: world.nextId(),
      session: 0,
      conn: event.conn,
      upstream: event.upstream,
      clientPort: conn.client.port,
      serverPort: conn.serverPort,
      ...(conn.serverAddress !== undefined && { serverAddress: conn.serverAddress }),
      method: event.method,
      target: event.target,
      path: pathOf(event.target),
      ...(world.secure.has(event.upstream) && { secure: true }),
      requestHeaders: event.headers,
      requestAt: event.at,
      requestSeq: event.seq,
      requestBytes: 0,
      responseBytes: 0,
      body: 'none',
      calls: [],
      frames: 0,
      pings: 0,
      changes: [],
    },
    conn,
    client: `${event.upstream}\n${conn.client.address}\n${userAgent === 'undici' ? 'node' : userAgent}`,
    userAgent,
    session: undefined,
    calls: [],
    answers: [],
    request: event.method === 'POST' ? new BodyReader({ mode: 'json', encoding: encodingOf(event.headers), inflate }) : undefined,
    response: undefined,
    requestRead: false,
    responseRead: false,
    requestLength: lengthOf(event.headers),
    responseLength: -1,
    body: '',
    marks: [],
    lateMarks: [],
    after: undefined,
    frameIndex: 0,
    lump: { seq: -1, at: event.at, events: 0, pings: 0, silence: 0 },
    shift: 0,
    cursor: headerOf(event.headers, 'last-event-id') || undefined,
    resumes: [],
    initialize: false,
    finished: false,
  }
}
