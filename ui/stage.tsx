/** The timeline with its tools, fed from the scene. */
import { useMemo } from 'react'
import type { Gap, LogLine } from '../proxy/core/model.ts'
import styles from './app.module.css'
import { passes, surroundings } from './filter-match.ts'
import { usePage, usePageState } from './page-context.tsx'
import { rowOf, type Scene } from './scene.ts'
import { Timeline } from './timeline/timeline.tsx'
import { TimelineTools } from './timeline/tools.tsx'
import type { SessionRows, TimelineData } from './view.ts'

interface StageProps {
  readonly scene: Scene
  readonly sessions: readonly SessionRows[]
  readonly logs: readonly LogLine[]
  readonly gaps: readonly Gap[]
  readonly rev: number
  readonly compact: boolean
  readonly onHeight: (px: number) => void
}

export function Stage({ scene, sessions, logs, gaps, rev, compact, onHeight }: StageProps) {
  const page = usePage()
  const { rows } = page
  const { selection, scope } = usePageState(state => state.address)
  const terms = usePageState(state => state.terms)
  const invert = usePageState(state => state.address.invert)
  const found = usePageState(state => state.found)
  const theme = usePageState(state => state.theme)
  const paused = usePageState(state => state.paused !== undefined)
  const lost = usePageState(state => state.link.phase !== 'live')
  const { recording, range, follow, zero } = scene
  const whole = usePageState(state => state.address.range === undefined)
  // Where nothing that is shown can grow any more there is no live edge to see or follow.
  const { now, open } = scene
  const data = useMemo<TimelineData>(
    () => ({
      sessions,
      logs,
      gaps,
      startedAt: recording.startedAt,
      ...(open && { now }),
      lost: open && lost,
    }),
    [sessions, logs, gaps, recording.startedAt, open, now, lost],
  )
  const dimmed = useMemo(() => {
    if (terms.length === 0) return undefined
    const around = surroundings(rows, found, page.now())
    // What chooses among findings leaves the marks of the wire as they are.
    const ofWire = terms.filter(one => one.key !== 'rule' && one.key !== 'severity')
    return (kind: string, id: number) => {
      const row = rowOf(kind, id, rows)
      return row !== undefined && !passes(row.t === 'finding' ? terms : ofWire, invert, row, around)
    }
  }, [terms, invert, rows, found, page])
  return (
    <div className={styles.stage} data-pane="timeline">
      <TimelineTools
        scope={scope}
        chain={scene.chain.length}
        onScope={next => page.change({ scope: next, range: undefined, follow: true })}
        zero={zero}
        onZero={mode => page.zero(mode)}
        selection={selection}
        range={range}
        onZoom={factor => page.zoom(factor)}
        onFit={() => page.fit()}
        live={open}
        follow={follow}
        onFollow={next => page.follow(next)}
      />
      <div className={styles.plot}>
        <Timeline
          data={data}
          rev={rev}
          selection={selection}
          focus={scene.session.id}
          zero={zero}
          range={range}
          follow={follow}
          whole={whole}
          theme={theme}
          {...(dimmed && { dimmed })}
          compact={compact}
          paused={paused}
          onHeight={onHeight}
          onSelect={next => page.select(next)}
          onRange={(next, following) => page.change({ range: next, follow: following })}
          onAll={() => page.all()}
          onFollow={next => page.follow(next)}
        />
      </div>
    </div>
  )
}
