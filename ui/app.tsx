/** The page as a whole: panes and what is in them, keys, and the sentences of the live region. */
import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import styles from './app.module.css'
import { useCommands } from './commands.ts'
import { useFocusKept } from './focus.ts'
import { NARROW, useBeat, useMedia, usePage, usePageState, useScene } from './page-context.tsx'
import { Panes } from './panes.tsx'
import { classes, IconButton } from './parts/button.tsx'
import { Sessions } from './sessions/sessions.tsx'
import { Setup } from './setup/setup.tsx'
import { SetupDialog } from './setup/setup-dialog.tsx'
import { Help } from './top/help.tsx'
import { Search } from './top/search.tsx'
import { StatusLine } from './top/status-line.tsx'
import { TopBar } from './top/top-bar.tsx'

const QUIET_MS = 300
const NOTICE_MS = 6000

/** True once something has lasted too long to show nothing. */
function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!waiting) {
      setLate(false)
      return
    }
    const timer = setTimeout(() => setLate(true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [waiting])
  return late
}

function Main() {
  const page = usePage()
  const scene = useScene()
  const server = usePageState(state => state.server)
  const link = usePageState(state => state.link)
  const loading = usePageState(state => state.loading)
  const late = useLate(!scene)
  const paused = usePageState(state => state.paused !== undefined)
  // What is open grows by itself: its bars and times are drawn anew every second.
  useBeat(1000, scene?.open === true && link.phase === 'live' && !paused)
  const recording = server?.recordings.find(one => one.live) ?? server?.recordings[0]
  if (scene) return <Panes scene={scene} />
  if (recording && !loading && page.rows.sessions.size === 0) return <Setup recording={recording} />
  const words = !late
    ? ''
    : link.phase === 'lost'
      ? link.why
      : page.rows.sessions.size > 0
        ? 'Nothing in view. New sessions appear here.'
        : 'Loading'
  return <div className={styles.waiting}>{words}</div>
}

function Notice() {
  const page = usePage()
  const notice = usePageState(state => state.notice)
  useEffect(() => {
    if (!notice) return
    const timer = setTimeout(() => page.tell(undefined), NOTICE_MS)
    return () => clearTimeout(timer)
  }, [notice, page])
  if (!notice) return null
  return (
    <div className={styles.notice} role="status">
      {notice}
      <IconButton icon={X} name="Dismiss" onClick={() => page.tell(undefined)} />
    </div>
  )
}

function Announcer() {
  const page = usePage()
  const [text, setText] = useState('')
  useEffect(() => {
    page.news.onSay = setText
  }, [page])
  return (
    <div className={styles.hidden} role="log" aria-live="polite" aria-label="News">
      {text}
    </div>
  )
}

export function App() {
  const narrow = useMedia(NARROW)
  useCommands()
  useFocusKept()
  return (
    <div className={classes(styles.app, narrow && styles.narrow)}>
      <TopBar />
      <Sessions narrow={narrow} />
      <main className={styles.main}>
        <Main />
      </main>
      <StatusLine />
      <Help />
      <Search />
      <SetupDialog />
      <Notice />
      <Announcer />
    </div>
  )
}
