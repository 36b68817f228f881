/** The expanded ladder: three lifelines, one line of time per moment. Promise: draws a Sequence and decides nothing. */
import { useLayoutEffect, useRef, useState } from 'react'
import type { Call, Exchange, Frame } from '../../proxy/core/model.ts'
import { offset } from '../format.ts'
import glyphCss from './glyph.module.css'
import { rungsOf } from './ladder-model.ts'
import sequenceCss from './sequence.module.css'
import { type Arrow, type Moment, sequenceOf } from './sequence-model.ts'
import { type Line, linesOf } from './sequence-words.ts'

const TOP = 44
const LINE = 18
/** Left edge of the words, from one baseline to the next, and what stays free between them and the client's lifeline. */
const WORDS = 112
const PITCH = 16
const FREE = 8

interface SequenceProps {
  readonly call: Call
  readonly exchanges: readonly Exchange[]
  readonly frames: readonly Frame[]
  readonly zero: number
  /** Ports under the lifelines' names. */
  readonly ports: readonly [client: string, proxy: string, server: string]
}

/** Height of a moment: room for its arrows and for its words. */
function heightOf({ arrows, wait }: Moment, lines: number): number {
  if (wait) return Math.max(24 + lines * PITCH, 16 + wait.pings * 12)
  return Math.max(30, lines * PITCH, 10 + Math.ceil(arrows.length / 2) * LINE) + 14
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
  const rows: Row[] = []
  let height = TOP
  for (const moment of moments) {
    const lines = linesOf(moment, client - WORDS - FREE)
    const row = { moment, lines, y: height, height: heightOf(moment, lines.length) }
    rows.push(row)
    height += row.height
  }
  const middle = (index: number): number => (rows[index]?.y ?? height) + 18
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
      {rows.map(
        row =>
          row.moment.rung?.kind === 'break' && (
            <rect
              key={row.moment.rung.name}
              className={sequenceCss.band}
              x="4"
              y={row.y - 6}
              width={width - 8}
              height={row.height - 2}
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
      {rows.map(row => (
        <MomentRow key={row.y} row={row} x={x} zero={zero} />
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

interface Row {
  readonly moment: Moment
  readonly lines: readonly Line[]
  readonly y: number
  readonly height: number
}
interface RowProps {
  readonly row: Row
  readonly x: Readonly<Record<'client' | 'proxy' | 'server', number>>
  readonly zero: number
}

function MomentRow({ row, x, zero }: RowProps) {
  const { lines, y } = row
  const { rung, wait, arrows, at } = row.moment
  if (wait) {
    const rings = Array.from({ length: wait.pings }, (_, index) => y + 8 + index * 12)
    return (
      <g>
        <Words lines={lines} y={y + 20} />
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
          <Words lines={lines} y={y + 16} />
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

const Words = ({ lines, y }: { lines: readonly Line[]; y: number }) =>
  lines.map(({ text, tone }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place.
    <text key={index} x={WORDS} y={y + index * PITCH} data-tone={tone}>
      {text}
    </text>
  ))

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
