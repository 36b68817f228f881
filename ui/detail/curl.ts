/** An exchange's request as a command for a POSIX shell. Promise: nothing in it can be taken for anything but an argument. */
import type { Exchange } from '../../proxy/core/model.ts'

/** Single quotes hold everything but themselves. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What the connection decides by itself, or what curl computes. */
const LEFT_OUT = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'keep-alive', 'accept-encoding'])

/**
 * `origin` is where the client sent it (the proxy). The body goes through `--data-binary` as text; masked values stay masked.
 * Header names and values come from the wire: quoting makes a leading `-` or `@` harmless, since each follows its option.
 */
export function curlOf(exchange: Exchange, origin: string, body?: string): string {
  const parts = ['curl', '--include', '--no-buffer', '--request', quote(exchange.method), quote(origin + exchange.target)]
  for (const [name, value] of exchange.requestHeaders)
    if (!LEFT_OUT.has(name.toLowerCase())) parts.push('--header', quote(`${name}: ${value}`))
  // --data-raw takes a leading @ literally, unlike --data-binary.
  if (body !== undefined && body !== '') parts.push('--data-raw', quote(body))
  return parts.join(' ')
}
