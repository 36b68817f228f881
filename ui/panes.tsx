/** Timeline, table and detail, and the edges between them. Promise: sizes that were dragged are in the address; the rest follows the width. */
import { useEffect, useRef, useState } from 'react'
import { Group, Panel, type PanelImperativeHandle, Separator } from 'react-resizable-panels'
import styles from './app.module.css'
import { Table } from './calls/table.tsx'
import { DetailPane } from './detail-pane.tsx'
import { NARROW, SMALL, useMedia, usePage, usePageState } from './page-context.tsx'
import type { Scene } from './scene.ts'
import { useShownRows } from './shown-rows.ts'
import { Stage } from './stage.tsx'

const TOOLS = 34
const COMPACT = 250
const LEAST = 120
const DETAIL = 424
const NARROW_DETAIL = 392

/** The timeline is as high as it needs, up to this part of the page, until someone drags its edge. */
const MOST = 0.62
/** What is below it keeps this height where the page has it, so that a low window shows more than headings. */
const BELOW = 220
/** Its height on a small page, where all is one column. */
const SMALL_TIMELINE = 200

export function Panes({ scene }: { readonly scene: Scene }) {
  const page = usePage()
  const narrow = useMedia(NARROW)
  const small = useMedia(SMALL)
  const { selection, expanded, timelineHeight, detailWidth } = usePageState(state => state.address)
  const closed = usePageState(state => state.detailClosed)
  const shown = useShownRows(scene)
  const chosen =
    selection &&
    page.rows.sessionOf(
      selection,
      scene.shown.map(one => one.id),
    ) !== undefined
      ? selection
      : undefined
  // On a small page the detail is a level of its own, which one goes to by choosing.
  const unasked = small ? undefined : { kind: 'session' as const, id: scene.session.id }
  const subject = closed ? undefined : (chosen ?? unasked)
  const [height, setHeight] = useState(0)
  const natural = small ? Math.min(height, SMALL_TIMELINE) : height
  const wide = !small && expanded && subject !== undefined

  const stage = (
    <Stage
      scene={scene}
      sessions={shown.sessions}
      logs={shown.logs}
      gaps={shown.gaps}
      rev={shown.rev}
      compact={wide}
      onHeight={setHeight}
    />
  )
  const table = <Table scene={scene} sessions={shown.sessions} logs={shown.logs} gaps={shown.gaps} rev={shown.rev} />
  const detail = subject && <DetailPane scene={scene} shown={shown} selection={subject} level={small} />
  const wanted = wide ? Math.min(COMPACT, natural || COMPACT) + TOOLS : timelineHeight
  const drag = (px: number) => !wide && page.change({ timelineHeight: px })

  if (wide)
    return (
      <Split key="wide" top={stage} natural={natural} height={wanted} onDrag={drag}>
        {detail}
      </Split>
    )
  if (small && detail) return detail
  if (narrow)
    return (
      <Split key="narrow" top={stage} natural={natural} height={wanted} onDrag={drag}>
        {small ? (
          table
        ) : (
          <Beside
            left={table}
            right={detail}
            width={Math.min(detailWidth ?? NARROW_DETAIL, NARROW_DETAIL + 120)}
            least={300}
            onDrag={px => page.change({ detailWidth: px })}
          />
        )}
      </Split>
    )
  return (
    <Beside
      left={
        <Split key="full" top={stage} natural={natural} height={wanted} onDrag={drag}>
          {table}
        </Split>
      }
      right={detail}
      width={detailWidth ?? DETAIL}
      least={340}
      onDrag={px => page.change({ detailWidth: px })}
    />
  )
}

interface SplitProps {
  readonly top: React.ReactNode
  readonly children: React.ReactNode
  /** Height that the top would need. */
  readonly natural: number
  /** Height that someone chose. */
  readonly height: number | undefined
  readonly onDrag: (px: number) => void
}

/** Above and below; the upper part as high as it needs until it is dragged. */
function Split({ top, children, natural, height, onDrag }: SplitProps) {
  const panel = useRef<PanelImperativeHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const wanted = height ?? (natural > 0 ? natural + TOOLS : undefined)
  useEffect(() => {
    if (wanted === undefined || !box.current) return
    const { clientHeight } = box.current
    const most = height === undefined ? Math.min(clientHeight * MOST, Math.max(clientHeight - BELOW, LEAST)) : clientHeight * 0.9
    panel.current?.resize(Math.min(wanted, most))
  }, [wanted, height])
  return (
    <Group
      orientation="vertical"
      className={styles.panes}
      elementRef={box}
      onLayoutChanged={(_, { isUserInteraction }) => isUserInteraction && panel.current && onDrag(panel.current.getSize().inPixels)}
    >
      <Panel
        panelRef={panel}
        defaultSize={Math.min(wanted ?? 420, 520)}
        minSize={LEAST}
        maxSize="90%"
        groupResizeBehavior="preserve-pixel-size"
      >
        {top}
      </Panel>
      <Separator className={styles.level} aria-label="Height of the timeline" />
      <Panel minSize={90}>{children}</Panel>
    </Group>
  )
}

interface BesideProps {
  readonly left: React.ReactNode
  readonly right: React.ReactNode
  readonly width: number
  readonly least: number
  readonly onDrag: (px: number) => void
}

/** Left takes the rest, right has a width of its own; without anything right there is no edge. */
function Beside({ left, right, width, least, onDrag }: BesideProps) {
  const panel = useRef<PanelImperativeHandle>(null)
  return (
    <Group
      orientation="horizontal"
      className={styles.panes}
      onLayoutChanged={(_, { isUserInteraction }) => isUserInteraction && panel.current && onDrag(panel.current.getSize().inPixels)}
    >
      <Panel minSize={240}>{left}</Panel>
      {right && (
        <>
          <Separator className={styles.upright} aria-label="Width of the detail" />
          <Panel panelRef={panel} defaultSize={width} minSize={least} maxSize="60%" groupResizeBehavior="preserve-pixel-size">
            {right}
          </Panel>
        </>
      )}
    </Group>
  )
}
