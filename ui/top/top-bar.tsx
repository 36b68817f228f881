/** The top bar: what is recorded, between whom, and what can be done to the whole view. */
import { Ban, ChevronRight, CircleQuestionMark, Pause, Play, Plug, Search } from 'lucide-react'
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import { count } from '../format.ts'
import { usePage, usePageState, useScene } from '../page-context.tsx'
import { Button, classes, Icon, IconButton, Kbd, Rule, Tag } from '../parts/button.tsx'
import { Wave } from '../parts/glyphs.tsx'
import { DEMO } from '../sessions/groups.ts'
import { ExportMenu } from './export-menu.tsx'
import { ServersMenu, shortTarget } from './servers-menu.tsx'
import { ThemeMenu } from './theme-menu.tsx'
import styles from './top.module.css'

const PULSE = 'M1 10h4l1.500-3 2.500 9 3-14 2.500 10 1-2h3.500'

/** `:8002 > 127.0.0.1:8001/sse`, and how the proxy treats what passes. */
function Route({ recording, upstream }: { readonly recording: RecordingInfo; readonly upstream: string | undefined }) {
  const { upstreams, options, live, imported } = recording
  const lost = usePageState(state => state.link.phase !== 'live')
  const ended = usePageState(state => state.link.phase === 'lost' && state.link.ended)
  const one = upstreams.find(each => each.name === upstream) ?? (upstream === DEMO ? undefined : upstreams[0])
  return (
    <div className={styles.path}>
      <span className={classes(styles.dot, (!live || lost) && styles.dotOff)} />
      <b>{live && !ended ? 'Recording' : 'Recorded'}</b>
      {!one && upstream === DEMO && <span>demonstration, on the bundled server</span>}
      {one && live && (
        <>
          <span className={styles.mono}>:{one.listen.port}</span>
          <Icon icon={ChevronRight} />
        </>
      )}
      {one && (
        <span className={classes(styles.mono, styles.ellipsis)} title={one.url}>
          {shortTarget(one.url)}
        </span>
      )}
      {upstreams.length > 1 && <ServersMenu recording={recording} others={upstreams.filter(each => each !== one)} />}
      {imported ? (
        <Tag title="Read from a file; nothing is added to it">imported {imported}</Tag>
      ) : (
        <Tag className={styles.wide} title="What the server is told as its Host">
          {options.hostHeader === 'preserve' ? 'Host preserved' : 'Host rewritten'}
        </Tag>
      )}
      {options.linger > 0 && upstream !== DEMO && (
        <Tag
          className={styles.wide}
          tone="hatch"
          title="The upstream stays open after the client has gone, to catch the answer that nobody will read"
        >
          linger {options.linger} s
        </Tag>
      )}
      {!options.masked && (
        <Tag tone="warn" title="Credentials are stored as they are (--capture-secrets)">
          secrets kept
        </Tag>
      )}
    </div>
  )
}

function PauseButton() {
  const page = usePage()
  const paused = usePageState(state => state.paused)
  if (!paused)
    return <IconButton icon={Pause} name="Pause the view" title="Pause the view (Space); recording goes on" onClick={() => page.pause()} />
  return (
    <Button className={styles.pill} onClick={() => page.pause()} title="Go on (Space)">
      <Icon icon={Play} />
      Paused, {count(paused.held)} new
    </Button>
  )
}

export function TopBar() {
  const page = usePage()
  const scene = useScene()
  const recordings = usePageState(state => state.server?.recordings)
  const recording = scene?.recording ?? recordings?.find(one => one.live) ?? recordings?.[0]
  return (
    <header className={styles.top} data-pane="top">
      <h1 className={styles.brand}>
        <Wave className={styles.mark} box="0 0 20 20" d={PULSE} />
        <span className={styles.midWord}>Seismograph</span>
      </h1>
      {recording && <Rule />}
      {recording && <Route recording={recording} upstream={scene?.session.upstream} />}
      <span className={styles.space} />
      <Button look="box" onClick={() => page.dialog('search')} title="Search heads and bodies (Ctrl F)">
        <Icon icon={Search} />
        <span className={styles.wideWord}>Search everything</span>
        <span className={styles.midWord}>
          <Kbd>Ctrl F</Kbd>
        </span>
      </Button>
      {page.rows.sessions.size > 0 && recordings?.some(one => one.live) && (
        <IconButton
          icon={Plug}
          name="Connect a client"
          title="Connect a client: what to write into its configuration"
          onClick={() => page.dialog('setup', scene?.session.upstream)}
        />
      )}
      {(!recording || recording.live) && <PauseButton />}
      <IconButton
        icon={Ban}
        name="Clear the view"
        title="Clear the view: sessions that have ended go out of sight, nothing is deleted"
        onClick={() => page.clear()}
      />
      <ExportMenu />
      <Rule />
      <ThemeMenu />
      <IconButton icon={CircleQuestionMark} name="Help" title="Keys, signs and filter language (?)" onClick={() => page.dialog('help')} />
    </header>
  )
}
