/**
 * Asks a target whether it answers at all. Promise: one HEAD request for its root, which opens no session (and a TLS handshake, where plain
 * HTTP is not understood); bounded in time; never throws.
 */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import type { ProbeAnswer } from '../core/feed.ts'
import { addressOf } from '../core/target-address.ts'

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
    ...(ca !== undefined && { ca: [...tls.getCACertificates('default'), ca] }),
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
    request.on('error', async (error: NodeJS.ErrnoException) => {
      const said = error.code ?? error.message
      const mistaken = target.protocol === 'http:' && /^(ECONNRESET|HPE_)/.test(said) && (await speaksTls(target))
      resolve({ reached: false, took: took(), error: mistaken ? 'it speaks TLS: write https:// in --target' : said })
    })
    request.end()
  })
}

/** Only whether TLS is spoken is asked: no certificate is trusted, and nothing is sent. */
const speaksTls = (target: URL): Promise<boolean> =>
  opens(tls.connect({ ...addressOf(target), rejectUnauthorized: false, timeout: PATIENCE_MS }), 'secureConnect')

/** Whether something accepts connections there. */
export const accepts = (target: URL): Promise<boolean> => opens(net.connect({ ...addressOf(target), timeout: PATIENCE_MS }), 'connect')

/** Whether a socket gets as far as this event; then it is closed at once, with nothing sent. */
function opens(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<boolean> {
  return new Promise(resolve => {
    const tell = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
    socket.once(event, () => tell(true))
    for (const failure of ['timeout', 'error', 'close']) socket.once(failure, () => tell(false))
  })
}
