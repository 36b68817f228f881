/** A tool's answer as a person reads it: its text first, what is structured below, the whole message last. Promise: nothing of the message is left out. */
import { plainText } from '../plain-text.ts'
import css from './detail.module.css'
import { JsonTree } from './json-view.tsx'
import { LongText } from './long-text.tsx'
import type { ToolResult } from './tool-result-model.ts'

/** Longer text is shown as it came: to parse it would halt the page. */
const LONGEST_JSON = 1_000_000

/** Many servers put JSON on one line: nobody reads it so. */
function indented(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text) || text.length > LONGEST_JSON) return undefined
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}

function ResultText({ text }: { readonly text: string }) {
  const json = indented(text)
  return (
    <>
      <p className={css.sub}>
        <b>Text</b>
        {json !== undefined && json !== text && 'JSON, indented'}
        {text === '' && 'empty'}
      </p>
      <LongText text={json ?? text} json={json !== undefined} />
    </>
  )
}

export function ToolResultView({ result, message }: { readonly result: ToolResult; readonly message: unknown }) {
  const { text, others, structured } = result
  return (
    <>
      {text !== undefined && <ResultText text={text} />}
      {others.length > 0 && (
        <p className={css.note}>{`${text === undefined ? 'Holds' : 'Also holds'}: ${others.slice(0, 20).map(plainText).join(', ')}`}</p>
      )}
      {structured !== undefined && (
        <>
          <p className={css.sub}>
            <b>Structured content</b>
          </p>
          <JsonTree value={structured} />
        </>
      )}
      <p className={css.sub}>
        <b>Whole message</b>
      </p>
      <JsonTree value={message} closed />
    </>
  )
}
