/** The delivery ladder beside the verdict: one line per step, the break in red. */
import type { Call } from '../../proxy/core/model.ts'
import { offset } from '../format.ts'
import parts from '../parts/parts.module.css'
import { Glyph } from './glyph.tsx'
import ladderCss from './ladder.module.css'
import { rungsOf } from './ladder-model.ts'

interface LadderProps {
  readonly call: Call
  readonly zero: number
  readonly onRecord: (seq: number) => void
}

export function Ladder({ call, zero, onRecord }: LadderProps) {
  const rungs = rungsOf(call)
  const dead = rungs.findIndex(({ kind }) => kind === 'break' || kind === 'no')
  return (
    <ol className={ladderCss.ladder}>
      {rungs.map((rung, index) => (
        <li
          key={`${rung.kind}${rung.name}`}
          className={ladderCss.rung}
          data-kind={rung.kind}
          data-dead={(dead >= 0 && index >= dead - 1) || rung.kind === 'open' || undefined}
        >
          <span className={ladderCss.when}>{rung.at !== undefined ? offset(rung.at - zero) : rung.kind === 'no' ? 'never' : ''}</span>
          <span className={ladderCss.mark}>
            <Glyph kind={rung.kind} />
          </span>
          <span>
            <b>{rung.name}</b> <span className={ladderCss.says}>{rung.says}</span>
            {rung.kind === 'break' && rung.seq !== undefined && (
              <button type="button" className={parts.ref} onClick={() => onRecord(rung.seq ?? 0)} aria-label={`Record ${rung.seq}`}>
                #{rung.seq}
              </button>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}
