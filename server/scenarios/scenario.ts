/**
 * What a scenario is: a client or a server (or both) that commits one fault over real sockets, on purpose.
 * Promise: it bears the name of the rule that recognises it, ends by itself, and never waits for a time that recorded time can skip.
 */

export interface Scenario {
  /** The rule's id, and the name of its file. */
  readonly id: string
  /** One line for the list: who does what, and what comes of it. */
  readonly story: string
  /** Other rules whose findings above a note belong to this story and cannot be left out of it. Keep it empty where that can be. */
  readonly also?: readonly string[]
  /**
   * Plays it. The recording ends the moment this resolves, with everything as it then is: close what should be seen to close.
   * Whatever is still open is closed afterwards, unrecorded. Rejects when the story could not be told.
   */
  play(stage: Stage): Promise<void>
}

/** The ground a scenario plays on. */
export interface Stage {
  /** Aborted when the user interrupts or the play takes too long. */
  readonly signal: AbortSignal
  /**
   * Puts the proxy in front of the server at this URL; resolves with the URL for the client: the proxy's origin, the same path.
   * Nothing needs to listen there (yet, or any more). A second call puts up a second proxy.
   */
  through(server: string, options?: ThroughOptions): Promise<string>
  /**
   * Lets recorded time pass without waiting: what is recorded from now on bears a time `ms` later. Waits first until what was sent is
   * recorded. The recording says where that was done.
   */
  skip(ms: number): Promise<void>
  /** Resolves when nothing has crossed the proxy for a moment: what was sent has been recorded. */
  quiet(): Promise<void>
  /** A line of the server's own log, as `--server-log` would record it. */
  log(line: string): void
  /** To be closed when the play is over, last first. */
  onEnd(close: () => unknown): void
}

export interface ThroughOptions {
  /** Default: preserve. */
  readonly hostHeader?: 'preserve' | 'upstream'
  /** How long the server's side is kept after the client has left; default 0. */
  readonly lingerMs?: number
}
