/**
 * What the main thread and the inspector's worker say to each other. Promise: control only; wire events never pass here,
 * the journal is the only thing that the two halves share.
 */
import type { ProbeAnswer } from '../core/feed.ts'

/** A recording to show: its folder, and whether it still grows. */
export interface Source {
  readonly dir: string
  readonly live: boolean
  /** What the user calls it: the name of the file or folder that was opened. */
  readonly file?: string
}

/** Everything a worker needs; the same after a restart, so that the page's token and port survive one. */
export interface WorkerSetup {
  readonly recordings: readonly Source[]
  readonly host: string
  /** 0 = a free one; after a restart the one that was taken first. */
  readonly port: number
  readonly token: string
  readonly uiDir: string
  readonly product: string
  readonly allowHosts: readonly string[]
  /** A private folder for indexes whose recording's folder cannot be written. */
  readonly scratch: string
  readonly canDemo: boolean
  /** How many workers came before this one: its revisions begin above theirs. */
  readonly generation: number
  readonly trouble?: string
}

/** What a run amounted to, for the console's last words. */
export interface InspectorSummary {
  readonly sessions: number
  readonly calls: number
  readonly undelivered: number
  /** Calls that the end of the recording cut. */
  readonly cut: number
  readonly findings: { readonly error: number; readonly warning: number; readonly info: number }
  readonly events: number
  readonly behind: number
}

export type ToWorker =
  | { readonly type: 'trouble'; readonly text: string | undefined }
  | { readonly type: 'can-demo'; readonly value: boolean }
  | { readonly type: 'answer'; readonly id: number; readonly probe?: ProbeAnswer; readonly error?: string }
  | { readonly type: 'summary'; readonly id: number; readonly withinMs: number }
  | { readonly type: 'close' }

export type FromWorker =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'demo' | 'probe'; readonly id: number }
  | { readonly type: 'summary'; readonly id: number; readonly summary: InspectorSummary }
