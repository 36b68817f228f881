/**
 * The first check of every HTTP request. Promise: a page in a browser cannot reach this server by a name that it controls (DNS rebinding),
 * nor from a foreign origin. Ports are not compared: a proxy in front keeps the Host header that its own client sent.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../panos/settings.ts'

const hostOf = (url: string): string => URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? ''

/** Why the request is refused, or undefined. */
export function refusal(request: IncomingMessage): string | undefined {
  const hosts = request.headersDistinct.host ?? []
  const [host] = hosts
  if (host === undefined || hosts.length > 1) return 'Exactly one Host header is needed.'
  if (!/^[\w.:[\]-]+$/.test(host) || !isLoopback(hostOf(`http://${host}`))) return 'The Host header does not name this machine.'
  const { origin } = request.headers
  if (origin !== undefined && !(/^https?:\/\//.test(origin) && isLoopback(hostOf(origin))))
    return 'Requests from this Origin are not accepted.'
  return undefined
}
