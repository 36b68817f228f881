/** The time of the call and of each exchange, phase by phase. */
import type { Call, Exchange } from '../../proxy/core/model.ts'
import { duration } from '../format.ts'
import css from './detail.module.css'
import { legWords } from './end-words.ts'
import timingCss from './timing.module.css'
import { callTiming, exchangeTiming, type Timing } from './timing-model.ts'

const WIDTH = 100

function Phases({ timing }: { timing: Timing }) {
  const span = Math.max(timing.to - timing.from, 0.001)
  return (
    <div className={timingCss.phases}>
      {timing.phases.map(phase => (
        <div key={phase.name} style={{ display: 'contents' }}>
          <span>{phase.name}</span>
          <svg viewBox={`0 0 ${WIDTH} 12`} preserveAspectRatio="none" aria-hidden="true">
            <rect
              className={timingCss.bar}
              data-tone={phase.tone}
              x={Math.min(((phase.from - timing.from) / span) * WIDTH, WIDTH - 0.8)}
              width={Math.max(((phase.to - phase.from) / span) * WIDTH, 0.8)}
              y="1"
              height="10"
            />
          </svg>
          <span className={css.right}>{duration(phase.to - phase.from)}</span>
        </div>
      ))}
    </div>
  )
}

interface TimingTabProps {
  readonly call?: Call | undefined
  readonly exchanges: readonly Exchange[]
  readonly now: number
  /** The recording has ended. */
  readonly past: boolean
}

export function TimingTab({ call, exchanges, now, past }: TimingTabProps) {
  const whole = call && callTiming(call, now)
  return (
    <>
      {whole && (
        <>
          <p className={css.sub}>
            <b>Whole call</b>
            {duration(whole.to - whole.from)}
          </p>
          <Phases timing={whole} />
        </>
      )}
      {exchanges.map(exchange => (
        <section key={exchange.id}>
          <p className={css.sub}>
            <b>
              {exchange.method} {exchange.path}
            </b>
            {exchange.status ?? 'no answer'}, client port {exchange.clientPort}
            {exchange.serverPort > 0 && `, to the server from port ${exchange.serverPort}`}
          </p>
          <Phases timing={exchangeTiming(exchange, now)} />
          <p className={css.note}>{legWords(exchange, past)}</p>
        </section>
      ))}
    </>
  )
}
