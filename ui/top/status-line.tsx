/** The line at the bottom: is the recorder there, does it keep up, is anything missing. */
import { clock, count, offset, plural, size } from '../format.ts'
import { useBeat, usePage, usePageState, useScene } from '../page-context.tsx'
import { classes } from '../parts/button.tsx'
import { BrokenGlyph, EndedGlyph, LiveGlyph, PendingGlyph } from '../parts/glyphs.tsx'
import styles from './top.module.css'

function LinkState() {
  const page = usePage()
  const link = usePageState(state => state.link)
  const live = usePageState(state => state.server?.recordings.find(one => one.live))
  useBeat(1000, link.phase === 'lost' && !link.ended)
  if (page.recorder.isFile) return <span className={styles.state}>A recording in a file</span>
  if (link.phase === 'live')
    return (
      <span className={styles.state}>
        <LiveGlyph />
        Connected to the recorder
      </span>
    )
  if (link.phase === 'connecting')
    return (
      <span className={styles.state}>
        <PendingGlyph />
        Connecting to the recorder
      </span>
    )
  if (link.phase === 'refused')
    return (
      <span className={classes(styles.state, styles.lost)}>
        <BrokenGlyph />
        The recorder was started anew: open the address that it printed.
      </span>
    )
  if (link.ended)
    return (
      <span className={styles.state} title={live?.id}>
        <EndedGlyph />
        {live ? 'The run has ended. Its recording stays readable with' : 'Seismograph has ended. Start it again with'}{' '}
        <code>seismograph open</code>
      </span>
    )
  return (
    <span className={classes(styles.state, styles.lost)}>
      <BrokenGlyph />
      Lost the recorder, retrying in {Math.max(1, Math.ceil((link.at + link.inMs - performance.now()) / 1000))} s. Recording may go on.
      <button type="button" className={styles.link} onClick={() => page.retry()}>
        Retry now
      </button>
    </span>
  )
}

/** "now +80.3 s, 14:03:51": where the live edge is, or was when the recorder was last heard. */
function Now() {
  const page = usePage()
  const scene = useScene()
  const ended = usePageState(state => state.link.phase === 'lost' && state.link.ended)
  const connected = usePageState(state => state.link.phase === 'live')
  useBeat(200, scene?.recording.live === true && connected)
  if (!scene) return null
  const now = scene.recording.live ? page.now() : scene.now
  const from = now - scene.zero.at
  // What has ended within a second is told to the millisecond; what runs on, as a figure that can be read while it changes.
  const since =
    !scene.recording.live && Math.abs(from) < 1000 ? offset(from) : offset(Math.round(from / 100) * 100).replace(/(\.\d)\d+$/, '$1')
  const wall = clock(scene.recording.startedAt + now, false)
  return (
    <span>
      {scene.recording.live && !ended ? (connected ? 'now' : 'last heard at') : 'ends'} {scene.zero.mode === 'clock' ? '' : `${since} s, `}
      {wall}
    </span>
  )
}

export function StatusLine() {
  const page = usePage()
  const server = usePageState(state => state.server)
  const outdated = usePageState(state => state.outdated)
  usePageState(state => state.rev)
  const recordings = server?.recordings ?? []
  const live = recordings.find(one => one.live)
  const bytes = recordings.reduce((sum, one) => sum + one.bytes, 0)
  const behind = recordings.reduce((sum, one) => sum + one.behind, 0)
  const gaps = page.rows.gaps.length
  const connected = usePageState(state => state.link.phase === 'live')
  const trouble = recordings.find(one => one.trouble)?.trouble
  return (
    <footer className={styles.status}>
      <LinkState />
      {outdated && (
        <span className={styles.warn}>
          The recorder is of another version.{' '}
          <button type="button" className={styles.link} onClick={() => location.reload()}>
            Load the page anew
          </button>
        </span>
      )}
      {trouble && (
        <span className={classes(styles.lost, styles.trouble)} title={trouble}>
          {trouble}
        </span>
      )}
      {behind > 50 && <span className={styles.warn}>{count(behind)} records behind</span>}
      {server && (
        <span className={classes(styles.wide, gaps > 0 && styles.warn)}>
          {live && page.rows.sessions.size === 0 && live.events <= 1
            ? 'journal empty'
            : `journal ${size(bytes)}, ${gaps === 0 ? 'no gaps' : plural(gaps, 'gap')}`}
        </span>
      )}
      {server && server.openStreams > 0 && <span className={styles.wide}>{plural(server.openStreams, 'open stream')}</span>}
      {connected && live && server && page.rows.sessions.size > 0 && (
        <span>{server.rate < 10 ? server.rate.toFixed(1) : count(server.rate)} records/s</span>
      )}
      <span className={styles.space} />
      {server && (
        <span className={styles.wide}>
          secrets {recordings.every(one => one.options.masked) ? 'masked' : 'kept in the journal, masked here'}
        </span>
      )}
      {server && page.rows.sessions.size === 0 && <span className={styles.wide}>loopback only</span>}
      {server && server.ruleFailures.length > 0 && (
        <span className={styles.warn} title={server.ruleFailures.map(one => `${one.rule}: ${one.error}`).join('\n')}>
          {plural(server.ruleFailures.length, 'judgement')} failed
        </span>
      )}
      <Now />
    </footer>
  )
}
