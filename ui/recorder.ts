/**
 * Questions to the recorder over HTTP: state, pages of rows, bodies, search, exports.
 * Promise: every answer that is not the wanted one is a RecorderError whose message can be shown as it is.
 */
import type { ProbeAnswer, RecordView, RowPage, SearchAnswer, State } from '../proxy/core/feed.ts'
import type { AnyRow } from '../proxy/core/model.ts'
import { plainJson, plainText } from './plain-text.ts'
import type { DetailApi, LoadedBytes } from './view.ts'

/** `status` 0: nobody answered. */
export class RecorderError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'RecorderError'
    this.status = status
  }
}

const PAGE_ROWS = 2000
const FIRST_BYTES = 64 * 1024

async function reason(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } }
    if (error?.message) return error.message
  } catch {
    // Not ours to interpret: the status says it.
  }
  return `The recorder answered ${response.status} ${response.statusText}`.trim()
}

/** What the page may ask: of a recorder over HTTP, or of a recording in the page's own file. */
export interface Answers extends Pick<DetailApi, 'loadBody' | 'loadData'> {
  /** No recorder is asked: what is shown lies in the page's own file. */
  readonly isFile: boolean
  /** In which forms an export can be had. */
  readonly formats: readonly ExportFormat[]
  state(signal?: AbortSignal): Promise<State>
  /** All rows after `after`, page by page; gives the revision up to which they are complete. Without sessions: rows of global kinds. */
  rows(after: number, sessions: readonly number[], each: (rows: readonly AnyRow[]) => void, signal?: AbortSignal): Promise<number>
  search(text: string, session: number | undefined, signal?: AbortSignal): Promise<SearchAnswer>
  loadRecord(recording: number, seq: number, signal?: AbortSignal): Promise<RecordView>
  playDemo(): Promise<void>
  probe(): Promise<ProbeAnswer>
  /** An export with the name that it is to have. */
  exportFile(format: ExportFormat, options: { session?: number; secrets: boolean }): Promise<{ blob: Blob; name: string }>
}
export type ExportFormat = 'har' | 'jsonl' | 'html'

export class Recorder implements Answers {
  readonly isFile = false
  readonly formats = ['html', 'har', 'jsonl'] as const
  readonly base: string
  #token: string

  /** `base`: origin of the dashboard, without a trailing slash. */
  constructor(base: string, token: string) {
    this.base = base
    this.#token = token
  }

  get token(): string {
    return this.#token
  }
  set token(token: string) {
    this.#token = token
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${this.#token}`)
    let response: Response
    try {
      response = await fetch(this.base + path, { ...init, headers, cache: 'no-store', credentials: 'omit' })
    } catch (error) {
      if (init.signal?.aborted) throw error
      throw new RecorderError(0, 'The recorder does not answer.')
    }
    if (!response.ok) throw new RecorderError(response.status, await reason(response))
    return response
  }

  async #json<T>(path: string, init?: RequestInit): Promise<T> {
    return plainJson<T>(await (await this.#ask(path, init)).text())
  }

  state = (signal?: AbortSignal): Promise<State> => this.#json<State>('/api/state', signal && { signal })

  async rows(after: number, sessions: readonly number[], each: (rows: readonly AnyRow[]) => void, signal?: AbortSignal): Promise<number> {
    const of = sessions.length > 0 ? `&session=${sessions.join()}` : ''
    for (let rev = after; ; ) {
      const page: RowPage = await this.#json(`/api/rows?after=${rev}&limit=${PAGE_ROWS}${of}`, signal && { signal })
      each(page.rows)
      if (!page.more) return Math.max(rev, page.rev)
      if (page.rev <= rev) throw new RecorderError(500, 'The recorder repeats a page of rows.')
      rev = page.rev
    }
  }

  search(text: string, session: number | undefined, signal?: AbortSignal): Promise<SearchAnswer> {
    const of = session === undefined ? '' : `&session=${session}`
    return this.#json(`/api/search?q=${encodeURIComponent(text)}${of}`, signal && { signal })
  }

  async #bytes(path: string, signal?: AbortSignal): Promise<LoadedBytes> {
    const response = await this.#ask(path, signal && { signal })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const note = response.headers.get('x-note')
    return { bytes, totalBytes: Number(response.headers.get('x-total') ?? bytes.length), ...(note && { note }) }
  }

  loadBody: DetailApi['loadBody'] = (exchange, part, { offset = 0, limit = FIRST_BYTES, signal } = {}) =>
    this.#bytes(`/api/body?exchange=${exchange}&part=${part}&offset=${offset}&limit=${limit}`, signal)

  loadData: DetailApi['loadData'] = async (frame, { limit = FIRST_BYTES, signal } = {}) => {
    const { bytes, totalBytes, note } = await this.#bytes(`/api/data?frame=${frame}&limit=${limit}`, signal)
    return { text: plainText(new TextDecoder().decode(bytes)), totalBytes, ...(note && { note }) }
  }

  loadRecord(recording: number, seq: number, signal?: AbortSignal): Promise<RecordView> {
    return this.#json(`/api/record?recording=${recording}&seq=${seq}`, signal && { signal })
  }

  #post<T>(path: string): Promise<Response | T> {
    return this.#ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  }
  playDemo = async (): Promise<void> => {
    await this.#post('/api/demo')
  }
  probe = async (): Promise<ProbeAnswer> => (await (this.#post('/api/probe') as Promise<Response>)).json() as Promise<ProbeAnswer>

  async exportFile(format: ExportFormat, options: { session?: number; secrets: boolean }): Promise<{ blob: Blob; name: string }> {
    const of = options.session === undefined ? '' : `&session=${options.session}`
    const response = await this.#ask(`/api/export?format=${format}${of}${options.secrets ? '&secrets=1' : ''}`)
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
    return { blob: await response.blob(), name: name ?? `seismograph.${format}` }
  }
}
