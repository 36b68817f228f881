/** Hands the detail what it shows: the selected thing, its session, and how to ask the recorder. */
import { useMemo } from 'react'
import styles from './app.module.css'
import { Detail } from './detail/detail.tsx'
import { usePage, usePageState } from './page-context.tsx'
import { recordingOf } from './rows.ts'
import type { Scene } from './scene.ts'
import type { RowsOf } from './shown-rows.ts'
import type { DetailApi, Selection } from './view.ts'

interface DetailPaneProps {
  readonly scene: Scene
  readonly shown: RowsOf
  readonly selection: Selection
  /** It has the page to itself: closing it leads back. */
  readonly level: boolean
}

export function DetailPane({ scene, shown, selection, level }: DetailPaneProps) {
  const page = usePage()
  const { tab, expanded } = usePageState(state => state.address)
  const failures = usePageState(state => state.server?.ruleFailures)
  const rev = usePageState(state => state.rev)
  const session =
    page.rows.sessionOf(
      selection,
      scene.shown.map(one => one.id),
    ) ?? scene.session.id
  const rows = page.rows.ofSession(session)
  const recording = recordingOf(session)
  const api = useMemo<DetailApi>(
    () => ({
      loadBody: page.recorder.loadBody,
      loadData: page.recorder.loadData,
      loadRecord: (seq, options) => page.recorder.loadRecord(recording, seq, options?.signal),
    }),
    [page, recording],
  )
  if (!rows) return null
  return (
    <section className={styles.detail} aria-label="Detail" data-pane="detail">
      <Detail
        selection={selection}
        rows={rows}
        rev={rev}
        chain={scene.chain}
        logs={shown.logs}
        gaps={shown.gaps}
        recording={scene.recording}
        zero={scene.zero}
        now={scene.now}
        ruleFailures={(failures ?? []).filter(one => one.session === session)}
        api={api}
        tab={tab}
        onTab={next => page.change({ tab: next })}
        level={level}
        expanded={expanded && !level}
        onExpand={next => page.expand(next)}
        onSelect={next => page.select(next)}
        onRecord={seq => page.selectRecord(seq)}
        onClose={() => (level ? page.close() : page.select(null))}
      />
    </section>
  )
}
