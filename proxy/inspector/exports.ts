/** Exports of recordings. Promise: sanitised unless asked otherwise, and written as fast as the reader takes them. */
import type { ServerResponse } from 'node:http'
import type { Library } from './library.ts'
import { ApiError } from './router.ts'

export interface ExportWish {
  readonly format: string
  readonly session: number | undefined
  readonly recording: number
  readonly withSecrets: boolean
}

export async function sendExport(_library: Library, _response: ServerResponse, _signal: AbortSignal, wish: ExportWish): Promise<void> {
  throw new ApiError(501, `export as ${wish.format} is not there yet`)
}
