/**
 * Waits until the server that we started takes connections. Promise: whoever is told "ready" can connect; it ends by itself when the
 * server has failed, when patience is over, or when the run is interrupted.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ENDED_WELL } from '../server-process.ts'
import { accepts } from './probe.ts'

/** How long a server may take to listen before the run goes on without it. */
export const PATIENCE_MS = 30_000
const EVERY_MS = 100

export type Wait = { readonly outcome: 'listens' | 'late' | 'interrupted' } | { readonly outcome: 'failed'; readonly fate: string }

/**
 * @param ended resolves with the server's fate when it has ended
 * Resolves with `listens`, `late` when patience is over, `interrupted`, or the fate of a server that failed before it listened. A wrapper
 * that ended well may have left the server running: that one is waited for.
 */
export async function awaitServer(target: URL, ended: Promise<string>, signal: AbortSignal): Promise<Wait> {
  let fate = ''
  void ended.then(text => {
    fate = text
  })
  const until = performance.now() + PATIENCE_MS
  while (!signal.aborted) {
    if (await accepts(target)) return { outcome: 'listens' }
    if (fate !== '' && fate !== ENDED_WELL) return { outcome: 'failed', fate }
    if (performance.now() > until) return { outcome: 'late' }
    await sleep(EVERY_MS)
  }
  return { outcome: 'interrupted' }
}
