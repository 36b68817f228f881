/** The empty state: how to point a client at the proxy, whether the server answers, and a session to look at meanwhile. */
import { Play } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Upstream } from '../../proxy/core/event.ts'
import type { ProbeAnswer, RecordingInfo } from '../../proxy/core/feed.ts'
import { age, duration } from '../format.ts'
import { useBeat, usePage, usePageState } from '../page-context.tsx'
import { Button, classes, Icon } from '../parts/button.tsx'
import { Wave } from '../parts/glyphs.tsx'
import parts from '../parts/parts.module.css'
import { Guide, POINT } from './guide.tsx'
import styles from './setup.module.css'

const PROBE_MS = 10_000
const CHECKS_MS = 30_000

/** Asks the recorder whether the server answers, now and every ten seconds. */
function useProbe(): ProbeAnswer | { readonly failed: string } | undefined {
  const page = usePage()
  const live = usePageState(state => state.link.phase === 'live')
  const [answer, setAnswer] = useState<ProbeAnswer | { failed: string }>()
  useEffect(() => {
    if (!live) return
    let gone = false
    const ask = () => {
      page.recorder.probe().then(
        next => gone || setAnswer(next),
        (error: unknown) => gone || setAnswer({ failed: error instanceof Error ? error.message : String(error) }),
      )
    }
    ask()
    const timer = setInterval(ask, PROBE_MS)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [page, live])
  return answer
}

function ServerWord({ answer }: { readonly answer: ReturnType<typeof useProbe> }) {
  if (!answer) return 'Asking the server.'
  if ('failed' in answer) return <span className={styles.bad}>{answer.failed}</span>
  if (answer.reached) return `The server answers (${[answer.server, duration(answer.took)].filter(Boolean).join(', ')}).`
  return <span className={styles.bad}>The server does not answer{answer.error ? `: ${answer.error}` : ''}.</span>
}

function Waiting({ recording, upstream }: { readonly recording: RecordingInfo; readonly upstream: Upstream }) {
  const page = usePage()
  const canDemo = usePageState(state => state.server?.canDemo === true)
  const answer = useProbe()
  const [asked, setAsked] = useState(false)
  useBeat(1000)
  const play = () => {
    setAsked(true)
    page.recorder.playDemo().catch((error: unknown) => {
      setAsked(false)
      page.tell(`The demonstration did not start: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  const waited = page.now()
  return (
    <>
      <div className={styles.wait} role="status">
        <Wave className={classes(styles.trace, parts.breathing)} box="0 0 84 24" d="M1 12h30l3-4 4 9 4-13 4 11 2-3h36" />
        <div>
          <b>Waiting for the first connection on port {upstream.listen.port}</b>
          <span>
            <ServerWord answer={answer} /> {recording.live && `No client for ${age(waited)}.`}
          </span>
        </div>
        {canDemo && (
          <Button look="box" className={styles.play} disabled={asked} onClick={play}>
            <Icon icon={Play} />
            {asked ? 'Playing' : 'Play a demonstration session'}
          </Button>
        )}
      </div>
      {waited >= CHECKS_MS && (
        <>
          <h3 className={styles.checks}>Nothing after half a minute?</h3>
          <ul className={styles.list}>
            <li>Reload the MCP servers in the client: most read the file once.</li>
            <li>
              Spell the host alike: <span className={styles.mono}>localhost</span> is not <span className={styles.mono}>127.0.0.1</span>.
            </li>
            <li>A project file may override the one in your home.</li>
            <li>
              In a container or WSL, start with <span className={styles.mono}>--dangerously-bind</span>.
            </li>
          </ul>
        </>
      )}
    </>
  )
}

export function Setup({ recording }: { readonly recording: RecordingInfo }) {
  const [chosen, setChosen] = useState<string>()
  const upstream = recording.upstreams.find(one => one.name === chosen) ?? recording.upstreams[0]
  const live = recording.live
  return (
    <div className={styles.empty} data-pane="setup">
      <div className={styles.inner}>
        <Wave className={styles.wave} box="0 0 64 28" d="M1 14h18l3-6 5 18 6-25 5 19 3-6h22" />
        {!live || !upstream ? (
          <>
            <h2>Nothing was recorded here</h2>
            <p className={styles.lead}>This recording holds no connection of an MCP client.</p>
          </>
        ) : (
          <>
            <h2>{POINT}</h2>
            <Guide upstreams={recording.upstreams} upstream={upstream} onChoose={setChosen} />
            <Waiting recording={recording} upstream={upstream} />
          </>
        )}
      </div>
    </div>
  )
}
