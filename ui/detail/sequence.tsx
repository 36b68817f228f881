/** The expanded ladder: three lifelines, one line of time per moment. Promise: draws a Sequence and decides nothing. */
import { useLayoutEffect, useRef, useState } from 'react'
import type { Call, Exchange, Frame } from '../../proxy/core/model.ts'
import { offset } from '../format.ts'
import glyphCss from './glyph.module.css'
import { rungsOf } from './ladder-model.ts'
import sequenceCss from './sequence.module.css'
import { type Arrow, type Moment, sequenceOf } from './sequence-model.ts'

const TOP = 44
const LINE = 18

interface SequenceProps {
  readonly call: Call
  readonly exchanges: readonly Exchange[]
  readonly frames: readonly Frame[]
  readonly zero: number
  /** Ports under the lifelines' names. */
  readonly ports: readonly [client: string, proxy: string, server: string]
}

/** Characters that fit between the names and the client's lifeline. */
const COLUMN = 38

/** Words in lines of at most `COLUMN` characters; a longer word keeps a line of its own. */
function wrapped(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < COLUMN) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Height of a moment: room for its arrows and for its words. */
function heightOf({ arrows, wait, rung }: Moment): number {
  if (wait) return Math.max(40, 16 + wait.pings * 12)
  const words = rung ? 16 + wrapped(rung.says).length * 16 : 0
  return Math.max(30, words, 10 + Math.ceil(arrows.length / 2) * LINE) + 14
}

function useWidth(): [React.RefObject<SVGSVGElement | null>, number] {
  const ref = useRef<SVGSVGElement>(null)
  const [width, setWidth] = useState(640)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(480, entry.contentRect.width)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}

export function SequenceDrawing({ call, exchanges, frames, zero, ports }: SequenceProps) {
  const [ref, width] = useWidth()
  const { moments, clientEnds, serverEnds, held } = sequenceOf(call, exchanges, frames)
  const client = Math.min(300, width * 0.44) + 34
  const server = width - 56
  const x = { client, proxy: (client + server) / 2, server }
  const tops: number[] = []
  let height = TOP
  for (const moment of moments) {
    tops.push(height)
    height += heightOf(moment)
  }
  const middle = (index: number): number => (tops[index] ?? height) + 18
  const names = [
    ['Client', x.client, ports[0]],
    ['Seismograph', x.proxy, ports[1]],
    ['Server', x.server, ports[2]],
  ] as const
  const words = rungsOf(call).map(
    ({ name, at, kind }) => `${name} ${at === undefined ? (kind === 'no' ? 'never' : 'not yet') : `at ${offset(at - zero)} s`}`,
  )
  return (
    <svg
      ref={ref}
      className={sequenceCss.sequence}
      width={width}
      height={height + 8}
      role="img"
      aria-label={`Delivery ladder. ${words.join(', ')}.`}
    >
      <defs>
        <pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0v6" className={sequenceCss.heldLine} strokeWidth="1" />
        </pattern>
      </defs>
      {names.map(([name, at, port]) => (
        <g key={name} textAnchor="middle">
          <text x={at} y="14" data-tone="strong">
            {name}
          </text>
          <text x={at} y="30" data-tone="quiet">
            {port}
          </text>
        </g>
      ))}
      {moments.map(
        (moment, index) =>
          moment.rung?.kind === 'break' && (
            <rect
              key={moment.rung.name}
              className={sequenceCss.band}
              x="4"
              y={(tops[index] ?? 0) - 6}
              width={width - 8}
              height={heightOf(moment) - 2}
              rx="6"
            />
          ),
      )}
      <Life x={x.client} top={38} end={clientEnds === undefined ? height : middle(clientEnds)} height={height} />
      <path className={sequenceCss.life} data-state="middle" d={`M${x.proxy} 38V${height}`} />
      <Life x={x.server} top={38} end={serverEnds === undefined ? height : middle(serverEnds)} height={height} />
      {held && (
        <rect
          className={sequenceCss.held}
          x={x.proxy}
          width={x.server - x.proxy}
          y={middle(held.from)}
          height={Math.max(0, middle(held.to) - middle(held.from))}
          opacity="0.3"
        />
      )}
      {moments.map((moment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: moments have no other name than their place.
        <MomentRow key={index} moment={moment} y={tops[index] ?? 0} x={x} zero={zero} />
      ))}
    </svg>
  )
}

const Life = ({ x, top, end, height }: { x: number; top: number; end: number; height: number }) => (
  <>
    <path className={sequenceCss.life} d={`M${x} ${top}V${end}`} />
    {end < height && <path className={sequenceCss.life} data-state="none" d={`M${x} ${end}V${height}`} />}
  </>
)

const MARKS: Record<string, string> = {
  yes: 'm-5 0 3.5 3.5 6.5-7',
  no: 'm-4-4 8 8m0-8-8 8',
  break: 'm-4-4 8 8m0-8-8 8',
  open: 'm-4 0h8',
  unknown: 'm-4 0h8',
}

interface RowProps {
  readonly moment: Moment
  readonly y: number
  readonly x: Readonly<Record<'client' | 'proxy' | 'server', number>>
  readonly zero: number
}

function MomentRow({ moment, y, x, zero }: RowProps) {
  const { rung, wait, arrows, at } = moment
  if (wait) {
    const rings = Array.from({ length: wait.pings }, (_, index) => y + 8 + index * 12)
    return (
      <g>
        <text x="112" y={y + 20} data-tone="quiet">
          {wait.says}
        </text>
        {rings.map(ring => (
          <g key={ring}>
            <path className={sequenceCss.arrow} data-tone="ping" d={`M${x.client} ${ring}H${x.server}`} />
            <circle className={sequenceCss.ring} cx={x.client} cy={ring} r="3" />
            <circle className={sequenceCss.ring} cx={x.server} cy={ring} r="3" />
          </g>
        ))}
      </g>
    )
  }
  const tone = rung?.kind === 'break' ? 'fail' : 'strong'
  const time = at === undefined ? (rung?.kind === 'no' ? 'never' : '') : offset(at - zero)
  return (
    <g>
      {rung && (
        <>
          <text x="78" y={y + 16} textAnchor="end" data-tone={rung.kind === 'break' ? 'fail' : 'quiet'}>
            {time}
          </text>
          <path
            className={
              rung.kind === 'yes'
                ? glyphCss.glyphYes
                : rung.kind === 'open' || rung.kind === 'unknown'
                  ? glyphCss.glyphOpen
                  : glyphCss.glyphNo
            }
            d={`M96 ${y + 12}${MARKS[rung.kind]}`}
            fill="none"
            strokeWidth="2"
          />
          <text x="112" y={y + 16} data-tone={tone}>
            {rung.name}
          </text>
          {wrapped(rung.says).map((line, index) => (
            <text key={line} x="112" y={y + 32 + index * 16} data-tone="quiet">
              {line}
            </text>
          ))}
        </>
      )}
      {arrows.map((arrow, index) => (
        <ArrowMark
          key={`${arrow.from}${arrow.to}${arrow.tone}`}
          arrow={arrow}
          x={x}
          y={y + 10 + Math.floor(index / 2) * LINE + (index % 2)}
        />
      ))}
    </g>
  )
}

function ArrowMark({ arrow, x, y }: { arrow: Arrow; x: RowProps['x']; y: number }) {
  const from = x[arrow.from]
  const whole = x[arrow.to]
  const to = arrow.lost ? (from + whole) / 2 : whole
  const way = Math.sign(to - from)
  const head = arrow.lost ? (
    <path className={sequenceCss.cross} d={`M${to - 5} ${y - 4}l9 9m0-9-9 9`} />
  ) : (
    <path className={sequenceCss.arrow} data-tone={arrow.tone} d={`M${to} ${y + 1}l${-8 * way} -4v8z`} />
  )
  return (
    <g>
      <path
        className={sequenceCss.arrow}
        data-tone={arrow.tone}
        d={`M${from} ${y}L${to} ${y + 1}`}
        strokeDasharray={arrow.lost ? '4 3' : undefined}
      />
      {head}
      {arrow.label && (
        <text
          x={(from + to) / 2}
          y={y + (arrow.lost ? 20 : arrow.tone === 'fail' ? -6 : 15)}
          textAnchor="middle"
          data-tone={arrow.tone === 'fail' ? 'fail' : 'quiet'}
        >
          {arrow.label}
        </text>
      )}
    </g>
  )
}
