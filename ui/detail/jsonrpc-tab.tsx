/** The JSON-RPC request and its answer, as tree or text. Promise: what cannot be parsed is shown as it came. */
import { useState } from 'react'
import type { Call } from '../../proxy/core/model.ts'
import { offset, size } from '../format.ts'
import { plainText } from '../plain-text.ts'
import type { DetailApi, LoadedText } from '../view.ts'
import css from './detail.module.css'
import { Choice } from './exchange-choice.tsx'
import { JsonText, JsonTree } from './json-view.tsx'
import { type Loaded, useLoaded } from './loaded.ts'
import { LongText } from './long-text.tsx'
import { ToolResultView } from './tool-result.tsx'
import { toolResultOf } from './tool-result-model.ts'

type Form = 'tree' | 'text'
const FORMS = [
  { value: 'tree', text: 'Tree' },
  { value: 'text', text: 'Text' },
] as const
/** What the recorder gives of one body at most. */
const MOST_BYTES = 16 * 1024 * 1024

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

interface MessageProps {
  readonly loaded: Loaded<LoadedText>
  readonly form: Form
  /** All that can be had has been asked for. */
  readonly whole: boolean
  /** It may be the answer of a tool. */
  readonly tool?: boolean
  readonly onAll: () => void
}

function Message({ loaded, form, whole, tool = false, onAll }: MessageProps) {
  if (loaded.state === 'loading') return <p className={css.none}>Loading …</p>
  if (loaded.state === 'failed') return <p className={css.note}>{loaded.error}</p>
  const { text, totalBytes, note } = loaded.value
  const parsed = parse(text)
  const result = tool && parsed ? toolResultOf(parsed.value) : undefined
  const more = !whole && new TextEncoder().encode(text).length < totalBytes
  return (
    <>
      {note && <p className={css.note}>{note}</p>}
      {more && (
        <p className={css.sub}>
          <button type="button" className={css.more} onClick={onAll}>
            {totalBytes > MOST_BYTES ? `Load the first ${size(MOST_BYTES)}` : `Load all ${size(totalBytes)}`}
          </button>
        </p>
      )}
      {parsed === undefined ? (
        <LongText text={text} />
      ) : form === 'text' ? (
        <JsonText text={JSON.stringify(parsed.value, null, 2)} />
      ) : result ? (
        <ToolResultView result={result} message={parsed.value} />
      ) : (
        <JsonTree value={parsed.value} />
      )}
    </>
  )
}

const asText = (bytes: Uint8Array): string => plainText(new TextDecoder().decode(bytes))

interface JsonRpcTabProps {
  readonly call: Call
  /** The SSE event that carried a request of the server. */
  readonly requestFrame?: number | undefined
  readonly api: DetailApi
  readonly zero: number
}

export function JsonRpcTab({ call, requestFrame, api, zero }: JsonRpcTabProps) {
  const [form, setForm] = useState<Form>('tree')
  const [limit, setLimit] = useState<number>()
  const wanted = limit === undefined ? {} : { limit }
  const body = async (exchange: number, part: 'request' | 'response', signal: AbortSignal): Promise<LoadedText> => {
    const { bytes, ...rest } = await api.loadBody(exchange, part, { ...wanted, signal })
    return { text: asText(bytes), ...rest }
  }
  const fromServer = call.from === 'server'
  const request = useLoaded(`${call.id} request ${limit}`, signal =>
    requestFrame !== undefined ? api.loadData(requestFrame, { ...wanted, signal }) : body(call.exchange, 'request', signal),
  )
  const { answerFrame, answerExchange } = call
  const answer = useLoaded(answerExchange === undefined ? undefined : `${call.id} answer ${limit} ${call.rev}`, signal =>
    answerFrame !== undefined
      ? api.loadData(answerFrame, { ...wanted, signal })
      : body(answerExchange ?? 0, fromServer ? 'request' : 'response', signal),
  )
  return (
    <>
      <p className={css.sub}>
        <b>{call.kind === 'request' ? 'Request' : call.kind === 'notification' ? 'Notification' : 'Message'}</b>
        {offset(call.sentAt - zero)}, {size(call.sentBytes)}
        <span className={css.push} />
        <Choice label="Form" options={FORMS} value={form} onChange={setForm} />
      </p>
      <Message loaded={request} form={form} whole={limit !== undefined} onAll={() => setLimit(MOST_BYTES)} />
      {call.kind === 'request' && (
        <p className={css.sub}>
          <b>Answer</b>
          {call.answeredAt === undefined ? 'none was seen' : `${offset(call.answeredAt - zero)}, ${size(call.answerBytes ?? 0)}`}
          {call.delivery === 'undeliverable' && <span className={css.bad}>undeliverable</span>}
          {call.toolError !== undefined && <span className={css.bad}>the tool failed (isError)</span>}
        </p>
      )}
      {answerExchange !== undefined && (
        <Message
          loaded={answer}
          form={form}
          whole={limit !== undefined}
          tool={call.method === 'tools/call'}
          onAll={() => setLimit(MOST_BYTES)}
        />
      )}
      {call.error && (
        <p className={css.note}>
          Error {call.error.code}: {call.error.message}
        </p>
      )}
    </>
  )
}
