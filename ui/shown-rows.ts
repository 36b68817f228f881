/** The rows of the sessions that are shown. Promise: the same object until something of it changed. */
import { useRef } from 'react'
import type { Gap, LogLine } from '../proxy/core/model.ts'
import { usePage, usePageState } from './page-context.tsx'
import { recordingOf, rowAt } from './rows.ts'
import type { Scene } from './scene.ts'
import type { SessionRows } from './view.ts'

export interface RowsOf {
  readonly sessions: readonly SessionRows[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  readonly rev: number
}

/** Log lines of the server that are shown: from a second before the first session to a minute after the last. */
function logsOf(logs: readonly LogLine[], scene: Scene): readonly LogLine[] {
  const upstreams = new Set(scene.shown.map(one => one.upstream))
  const recording = recordingOf(scene.session.id)
  const from = Math.min(...scene.shown.map(one => one.startedAt)) - 1000
  const to = Math.max(...scene.shown.map(one => (one.ended ? Math.max(one.lastAt, one.ended.at) + 60_000 : Number.POSITIVE_INFINITY)))
  return logs.filter(one => upstreams.has(one.upstream) && recordingOf(one.id) === recording && rowAt(one) >= from && rowAt(one) <= to)
}

export function useShownRows(scene: Scene | undefined): RowsOf {
  const page = usePage()
  const rev = usePageState(state => state.rev)
  const key = `${rev} ${scene?.shown.map(one => one.id).join()}`
  const last = useRef<RowsOf & { key: string }>(undefined)
  if (!last.current || last.current.key !== key) {
    const sessions = scene?.shown.map(one => page.rows.ofSession(one.id)).filter(one => one !== undefined) ?? []
    const gaps = scene ? page.rows.gaps.filter(one => recordingOf(one.id) === recordingOf(scene.session.id)) : []
    last.current = { key, sessions, logs: scene ? logsOf(page.rows.logs, scene) : [], gaps, rev }
  }
  return last.current
}
