/** A body's bytes as text or hex, a window at a time. Promise: recorded bytes are only ever text. */
import { useState } from 'react'
import type { Part } from '../../proxy/core/event.ts'
import type { Exchange } from '../../proxy/core/model.ts'
import { count, size } from '../format.ts'
import { plainText } from '../plain-text.ts'
import type { DetailApi } from '../view.ts'
import css from './detail.module.css'
import { Choice } from './exchange-choice.tsx'
import { hexDump, isBinary } from './hex.ts'
import { useLoaded } from './loaded.ts'

const WINDOW = 64 * 1024
const PARTS = [
  { value: 'request', text: 'Request' },
  { value: 'response', text: 'Response' },
] as const
const FORMS = [
  { value: 'text', text: 'Text' },
  { value: 'hex', text: 'Hex' },
] as const

interface RawTabProps {
  readonly exchange: Exchange
  readonly api: DetailApi
  readonly wide: boolean
}

export function RawTab({ exchange, api, wide }: RawTabProps) {
  const [part, setPart] = useState<Part>('response')
  const [chosen, setForm] = useState<'text' | 'hex'>()
  const [from, setFrom] = useState(0)
  const loaded = useLoaded(`${exchange.id} ${part} ${from} ${part === 'response' ? exchange.responseBytes : 0}`, signal =>
    api.loadBody(exchange.id, part, { offset: from, limit: WINDOW, signal }),
  )
  const form = chosen ?? (loaded.state === 'here' && isBinary(loaded.value.bytes) ? 'hex' : 'text')
  return (
    <>
      <p className={css.sub}>
        <Choice
          label="Part"
          options={PARTS}
          value={part}
          onChange={value => {
            setPart(value)
            setFrom(0)
          }}
        />
        <span className={css.push} />
        <Choice label="Form" options={FORMS} value={form} onChange={setForm} />
      </p>
      {loaded.state === 'loading' && <p className={css.none}>Loading …</p>}
      {loaded.state === 'failed' && <p className={css.note}>{loaded.error}</p>}
      {loaded.state === 'here' && (
        <>
          <p className={css.sub}>
            {loaded.value.totalBytes === 0
              ? 'No body'
              : `Bytes ${count(from)} to ${count(from + loaded.value.bytes.length)} of ${count(loaded.value.totalBytes)} (${size(loaded.value.totalBytes)})`}
            <span className={css.push} />
            {from > 0 && (
              <button type="button" className={css.text} onClick={() => setFrom(Math.max(0, from - WINDOW))}>
                Previous 64 kB
              </button>
            )}
            {from + loaded.value.bytes.length < loaded.value.totalBytes && (
              <button type="button" className={css.text} onClick={() => setFrom(from + WINDOW)}>
                Next 64 kB
              </button>
            )}
          </p>
          {loaded.value.note && <p className={css.note}>{loaded.value.note}</p>}
          {loaded.value.bytes.length > 0 && (
            <pre className={form === 'hex' ? `${css.pre} ${css.hex}` : css.pre}>
              {form === 'hex'
                ? hexDump(loaded.value.bytes, wide ? 16 : 10, from).join('\n')
                : plainText(new TextDecoder().decode(loaded.value.bytes))}
            </pre>
          )}
        </>
      )}
    </>
  )
}
