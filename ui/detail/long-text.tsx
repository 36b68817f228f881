/** Text of any size, its whitespace kept. Promise: it draws a screenful or two until more is asked for, and never more than a step more at once. */
import { useState } from 'react'
import { count } from '../format.ts'
import { plainText } from '../plain-text.ts'
import css from './detail.module.css'
import { JsonText } from './json-view.tsx'

const FIRST = 4_000
/** More at once would halt a page for seconds. */
const STEP = 1_000_000

interface LongTextProps {
  readonly text: string
  /** It is indented JSON. */
  readonly json?: boolean
}

export function LongText({ text, json = false }: LongTextProps) {
  const [shown, setShown] = useState(FIRST)
  const part = plainText(text.slice(0, shown))
  const rest = text.length - shown
  if (text === '') return null
  return (
    <>
      {json ? <JsonText text={part} /> : <pre className={css.pre}>{part}</pre>}
      {rest > 0 && (
        <p className={css.sub}>
          <button type="button" className={css.more} onClick={() => setShown(shown + STEP)}>
            {rest <= STEP ? `Show all ${count(text.length)} characters` : `Show ${count(STEP)} more of ${count(text.length)} characters`}
          </button>
        </p>
      )}
    </>
  )
}
