/**
 * The timeline: overview, axis, lanes, key. Promise: the props are its whole state; the picture is drawn by the stage,
 * and what it shows can be reached by keyboard and read as text.
 */
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { TimelineProps } from '../view.ts'
import { click, doubleClick, perform, wholeOf } from './actions.ts'
import { readout } from './axis.ts'
import { gutterOf, RIGHT_MARGIN } from './compose.ts'
import { describe } from './describe.ts'
import { numberedFindings } from './findings.ts'
import { Gestures } from './gestures.ts'
import { selectionOf } from './hit.ts'
import { Key } from './key.tsx'
import { commandOf } from './keys.ts'
import { Minimap, type MinimapHandle } from './minimap.tsx'
import { OVERVIEW } from './overview.ts'
import { rangeWords } from './range-words.ts'
import { verdictSentence } from './say.ts'
import { xToTime } from './scale.ts'
import { Stage } from './stage.ts'
import classes from './timeline.module.css'
import { Tip, type TipContent } from './tip.tsx'

const NARROW = '(max-width: 1180px)'
const TIP_MS = 80
const OVERVIEW_ROW = OVERVIEW + 4
const KEY_ROW = 24

export function Timeline(props: TimelineProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const grid = useRef<HTMLCanvasElement>(null)
  const marks = useRef<HTMLCanvasElement>(null)
  const over = useRef<HTMLCanvasElement>(null)
  const stage = useRef<Stage | null>(null)
  const minimap = useRef<MinimapHandle>(null)
  const latest = useRef(props)
  latest.current = props
  const [height, setHeight] = useState(0)
  const [tip, setTip] = useState<TipContent | null>(null)
  const [news, setNews] = useState(0)
  const narrow = useMedia(NARROW)

  useEffect(() => {
    const box = scroller.current
    if (!box || !grid.current || !marks.current || !over.current) return
    const made = new Stage({ scroller: box, grid: grid.current, marks: marks.current, over: over.current }, latest.current, {
      height: setHeight,
      shown: range => minimap.current?.show(range),
      rebuilt: () => minimap.current?.redraw(),
      news: setNews,
    })
    stage.current = made
    const tips = tipTimer(setTip)
    const gestures = new Gestures(box, made, {
      click: (hit, at) => click(made, hit, at),
      doubleClick: (hit, at) => doubleClick(made, hit, at),
      hover: (hit, x, y) => {
        const view = made.frame?.view
        if (!hit || !view) return tips.clear()
        const chosen = selectionOf(hit, xToTime(view, x))
        tips.show(() => ({ x, y, lines: describe(made.props.data, chosen, made.props.zero), count: hit.among?.count ?? 1 }))
      },
      chose: range => {
        made.chosen = range ? { range, text: rangeWords(made.props.data.sessions, range) } : undefined
        made.invalidateOverlay()
      },
    })
    const stopWatching = watch(box, made)
    made.invalidate()
    return () => {
      stopWatching()
      gestures.dispose()
      tips.clear()
      made.dispose()
      stage.current = null
    }
    // The canvases live as long as the component; props reach the stage below.
  }, [])

  useLayoutEffect(() => {
    const made = stage.current
    if (!made) return
    if (made.narrow !== narrow) {
      made.narrow = narrow
      made.settle()
    }
    made.set(props)
  })

  const { onHeight, compact } = props
  useEffect(() => {
    if (height > 0) onHeight?.(height + (compact ? 0 : OVERVIEW_ROW + (narrow ? 0 : KEY_ROW)))
  }, [height, compact, narrow, onHeight])

  const onKeyDown = useCallback((event: KeyboardEvent) => {
    const command = commandOf(event)
    if (!command || !stage.current || event.target !== scroller.current) return
    if (!perform(stage.current, command)) return
    event.preventDefault()
    event.stopPropagation()
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: lists grow in place, `rev` tells
  const sentence = useMemo(() => verdictSentence(props.data.sessions, numberedFindings(props.data.sessions)), [props.data, props.rev])
  const spoken = props.selection ? describe(props.data, props.selection, props.zero).join('; ') : ''
  const gutter = gutterOf(narrow)

  return (
    <section className={classes.timeline} aria-label="Timeline">
      {props.compact ? null : (
        <Minimap
          handle={minimap}
          stage={stage}
          gutter={gutter}
          right={RIGHT_MARGIN}
          extent={() => (stage.current ? wholeOf(stage.current) : props.range)}
          words={at => {
            const view = stage.current?.frame?.view
            return view ? Object.values(readout(view, props.zero, props.data.startedAt, at)).join(', ') : ''
          }}
          onRange={(range, glide) => {
            stage.current?.choose(range, glide)
            if (glide) stage.current?.settle()
          }}
          onAll={props.onAll}
        />
      )}
      <div className={classes.plot}>
        {/* The focus stop of the whole picture: arrows move between marks. */}
        <div
          ref={scroller}
          className={classes.scroller}
          role="application"
          aria-label="Timeline, arrow keys move between marks"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: role application takes the keys
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <div className={classes.content} style={{ height }}>
            <div className={classes.layers}>
              <canvas ref={grid} role="img" aria-label={sentence} />
              <canvas ref={marks} />
              <canvas ref={over} />
            </div>
          </div>
        </div>
        <Tip content={tip} />
        {news > 0 ? (
          <button type="button" className={classes.news} tabIndex={-1} onClick={() => props.onFollow(true)}>
            {news.toLocaleString('en-US')} new
          </button>
        ) : null}
      </div>
      <div className={classes.spoken} aria-live="polite">
        {spoken}
      </div>
      {props.compact ? null : <Key />}
    </section>
  )
}

/** Redraws on size, resolution, fonts and forced colours. */
function watch(box: HTMLElement, stage: Stage): () => void {
  const off = new AbortController()
  const resized = new ResizeObserver(() => stage.invalidate())
  resized.observe(box)
  const repaint = (): void => stage.repaint()
  for (const query of ['(forced-colors: active)', `(resolution: ${window.devicePixelRatio}dppx)`]) {
    window.matchMedia(query).addEventListener('change', repaint, { signal: off.signal })
  }
  document.fonts.addEventListener('loadingdone', repaint, { signal: off.signal })
  return () => {
    off.abort()
    resized.disconnect()
  }
}

/** A tooltip waits 80 ms on the same mark, and goes at once. */
function tipTimer(set: (tip: TipContent | null) => void): { show: (make: () => TipContent) => void; clear: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  const clear = (): void => {
    clearTimeout(timer)
    set(null)
  }
  return {
    clear,
    show: make => {
      clearTimeout(timer)
      timer = setTimeout(() => set(make()), TIP_MS)
    },
  }
}

function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query)
      list.addEventListener('change', changed)
      return () => list.removeEventListener('change', changed)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches)
}
