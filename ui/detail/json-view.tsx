/** A JSON value as a tree or as indented text. Promise: a value of any size draws at most a few hundred lines until more are asked for. */
import { useState } from 'react'
import { count, plural } from '../format.ts'
import { plainText } from '../plain-text.ts'
import css from './detail.module.css'
import jsonCss from './json.module.css'

/** Children shown at once; a click shows as many again. */
const BATCH = 100
const LONGEST = 2000

function Scalar({ value }: { value: unknown }) {
  const [whole, setWhole] = useState(false)
  if (typeof value === 'string') {
    // An escape in the JSON may stand for what turns text around.
    const text = plainText(JSON.stringify(value))
    if (text.length <= LONGEST || whole) return <span className={jsonCss.string}>{text}</span>
    return (
      <>
        <span className={jsonCss.string}>{text.slice(0, LONGEST)}…</span>{' '}
        <button type="button" className={css.more} onClick={() => setWhole(true)}>
          all {count(value.length)} characters
        </button>
      </>
    )
  }
  return <span className={jsonCss.number}>{String(value)}</span>
}

const sizeOf = (value: object): string => {
  const of = Array.isArray(value) ? value.length : Object.keys(value).length
  return Array.isArray(value) ? `[${plural(of, 'item')}]` : `{${plural(of, 'field')}}`
}

interface NodeProps {
  readonly name: string | undefined
  readonly value: unknown
  readonly depth: number
  /** Only its first line, until it is opened. */
  readonly closed?: boolean
}

function Node({ name, value, depth, closed = false }: NodeProps) {
  const [open, setOpen] = useState(depth < 3 && !closed)
  const [shown, setShown] = useState(BATCH)
  const label = name === undefined ? null : <span className={jsonCss.key}>{JSON.stringify(name)}: </span>
  if (typeof value !== 'object' || value === null) {
    return (
      <li>
        {label}
        <Scalar value={value} />
      </li>
    )
  }
  const list = Array.isArray(value)
  const entries: [string | undefined, unknown][] = list
    ? value.slice(0, shown).map(item => [undefined, item])
    : Object.entries(value).slice(0, shown)
  const size = list ? value.length : Object.keys(value).length
  return (
    <li className={jsonCss.node}>
      <button
        type="button"
        className={jsonCss.toggle}
        aria-expanded={open}
        aria-label={open ? 'Close' : 'Open'}
        onClick={() => setOpen(!open)}
      >
        {open ? '▾' : '▸'}
      </button>
      {label}
      <span className={jsonCss.quiet}>{sizeOf(value)}</span>
      {open && (
        <ul>
          {entries.map(([key, item], index) => (
            <Node key={key ?? index} name={key} value={item} depth={depth + 1} />
          ))}
          {size > shown && (
            <li>
              <button type="button" className={css.more} onClick={() => setShown(shown + BATCH * 5)}>
                {count(size - shown)} more
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}

export const JsonTree = ({ value, closed = false }: { readonly value: unknown; readonly closed?: boolean }) => (
  <div className={css.pre}>
    <ul className={jsonCss.tree}>
      <Node name={undefined} value={value} depth={0} closed={closed} />
    </ul>
  </div>
)

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Indented JSON with its parts coloured; text that is not JSON stays as it is. */
export function JsonText({ text }: { text: string }) {
  const pieces: React.ReactNode[] = []
  let last = 0
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) pieces.push(text.slice(last, match.index))
    const kind = match[1] === undefined ? jsonCss.number : match[2] === undefined ? jsonCss.string : jsonCss.key
    pieces.push(
      <span key={match.index} className={kind}>
        {match[1] ?? match[0]}
      </span>,
      match[2] ?? '',
    )
    last = match.index + match[0].length
  }
  pieces.push(text.slice(last))
  return <pre className={css.pre}>{pieces}</pre>
}
