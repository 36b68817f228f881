/**
 * The parts of HAR 1.2 that we write (http://www.softwareishard.com/blog/har-12-spec/), with Chrome DevTools' `_eventSourceMessages`
 * and our own `_mcp`. Promise: types only; every value is plain JSON.
 */
import type { Call, Finding, Session } from './model.ts'

export interface HarPair {
  readonly name: string
  readonly value: string
}

/** As Chrome DevTools writes and reads it. */
export interface HarSseMessage {
  /** Seconds since the epoch. */
  readonly time: number
  readonly eventName: string
  readonly eventId: string
  readonly data: string
}

/** How one leg of the exchange ended, in short; the events tell it in full. */
export interface HarEnd {
  readonly by: string
  readonly how: string
  /** Milliseconds since the recording began. */
  readonly at: number
  readonly bytes: number
  readonly seq: number
}

/** What HAR has no place for. `events` are the wire events of the exchange in the JSON lines format, without what stands elsewhere in the entry. */
export interface HarMcp {
  readonly exchange: number
  readonly conn: number
  readonly upstream: string
  /** The request target as it was on the wire. */
  readonly target: string
  /** The session's id on the wire (a pseudonym in a sanitised export). */
  readonly session?: string
  readonly calls: readonly Call[]
  readonly findings: readonly Finding[]
  /** Ends of the response on both legs. */
  readonly ended: { readonly client?: HarEnd; readonly server?: HarEnd }
  /** Bodies in this entry are decoded, or left out of the export. */
  readonly bodies: { readonly request?: BodyNote; readonly response?: BodyNote }
  readonly events: readonly Readonly<Record<string, unknown>>[]
}
export type BodyNote = 'decoded' | 'left-out'

export interface HarEntry {
  readonly startedDateTime: string
  readonly time: number
  readonly request: {
    readonly method: string
    readonly url: string
    readonly httpVersion: string
    readonly cookies: readonly HarPair[]
    readonly headers: readonly HarPair[]
    readonly queryString: readonly HarPair[]
    readonly postData?: {
      readonly mimeType: string
      readonly params: readonly HarPair[]
      readonly text: string
      readonly _encoding?: 'base64'
    }
    readonly headersSize: number
    readonly bodySize: number
  }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly httpVersion: string
    readonly cookies: readonly HarPair[]
    readonly headers: readonly HarPair[]
    readonly content: {
      readonly size: number
      readonly mimeType: string
      readonly text?: string
      readonly encoding?: 'base64'
      readonly comment?: string
    }
    readonly redirectURL: string
    readonly headersSize: number
    readonly bodySize: number
    readonly _error?: string
  }
  readonly cache: Readonly<Record<string, never>>
  readonly timings: {
    readonly blocked: number
    readonly dns: number
    readonly connect: number
    readonly ssl: number
    readonly send: number
    readonly wait: number
    readonly receive: number
  }
  readonly serverIPAddress?: string
  readonly connection: string
  readonly _resourceType: 'eventsource' | 'fetch'
  readonly _eventSourceMessages?: readonly HarSseMessage[]
  readonly _mcp: HarMcp
}

/** `_mcp` of the log. */
export interface HarLogMcp {
  readonly version: 1
  readonly sanitised: boolean
  readonly sessions: readonly Session[]
  readonly findings: readonly Finding[]
  /** Events that belong to no exchange (the recording's first, connections, log lines, gaps), in the JSON lines format. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}
