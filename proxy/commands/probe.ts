/** Asks a target whether it answers at all. Promise: one HEAD request for its root, which opens no session; bounded in time; never throws. */
import http from 'node:http'
import https from 'node:https'
import type { ProbeAnswer } from '../core/feed.ts'

const PATIENCE_MS = 3000

export interface ProbeOptions {
  readonly target: URL
  readonly ca?: string | undefined
  readonly insecure?: boolean
}

export function probe({ target, ca, insecure }: ProbeOptions): Promise<ProbeAnswer> {
  const began = performance.now()
  const took = () => Math.round((performance.now() - began) * 10) / 10
  const options = {
    method: 'HEAD',
    agent: false,
    timeout: PATIENCE_MS,
    rejectUnauthorized: insecure !== true,
    ...(ca !== undefined && { ca }),
  } as const
  return new Promise(resolve => {
    const request = (target.protocol === 'https:' ? https : http).request(new URL('/', target), options, response => {
      const server = response.headers.server
      resolve({ reached: true, status: response.statusCode ?? 0, took: took(), ...(typeof server === 'string' && { server }) })
      response.destroy()
    })
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error(`no answer within ${PATIENCE_MS / 1000} s`), { code: 'ETIMEDOUT' })),
    )
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ reached: false, took: took(), error: error.code ?? error.message }))
    request.end()
  })
}
