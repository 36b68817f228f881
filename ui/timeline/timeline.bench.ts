/** What one frame of the timeline costs without a canvas: rows to tracks, and a composed frame at several zooms. Run: node ui/timeline/timeline.bench.ts [events] */
import { compose, type FrameInput } from './compose.ts'
import { Fading } from './fading.ts'
import { layoutLanes } from './lanes.ts'
import { logTracks } from './mark-logs.ts'
import { at, busySession } from './story.fixture.ts'
import { tracksOf } from './tracks.ts'

const events = Number(process.argv[2] ?? 100_000)
const rows = busySession(events)
const last = rows.session.lastAt

function median(run: () => void, rounds: number): number {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const begun = performance.now()
    run()
    times.push(performance.now() - begun)
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

const whole = tracksOf(rows)
console.log(`${events} events, ${rows.exchanges.length} exchanges, ${rows.calls.length} calls`)
console.log(`tracks from nothing      ${median(() => void tracksOf(rows), 9).toFixed(2)} ms`)
console.log(`tracks, frames unchanged ${median(() => void tracksOf(rows, whole), 9).toFixed(2)} ms`)
const layout = layoutLanes([whole], { focus: 0, narrow: false, away: new Set(), log: false })
for (const seconds of [(last - at(0)) / 1000, 600, 60, 10, 1, 0.05]) {
  const from = at(0) + (last - at(0) - seconds * 1000) / 2
  const input: FrameInput = {
    width: 1400,
    height: 700,
    scrollTop: 0,
    range: { from, to: from + seconds * 1000 },
    sessions: [rows],
    tracks: [whole],
    logs: logTracks([]),
    gaps: [],
    findings: [],
    layout,
    selection: null,
    focus: -1,
    call: undefined,
    zero: { at: at(0), mode: 'session', label: 'session start' },
    startedAt: 0,
    now: last,
    lastAt: last,
    narrow: false,
    fading: new Fading(undefined),
    measure: text => text.length * 6,
  }
  const frame = compose(input)
  const cost = median(() => void compose(input), 41)
  const { shapes, over, labels, pinned } = frame.scene
  console.log(
    `frame of ${seconds.toFixed(2).padStart(8)} s       ${cost.toFixed(2)} ms, ${shapes.length + over.length} shapes, ${frame.labels.length} of ${labels.length + pinned.length} labels`,
  )
}
