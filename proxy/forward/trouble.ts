/**
 * Says in words why the server could not be reached or understood. Promise: a client that gets no answer from the server
 * gets one that names the code, the target and what to try, and the journal says how the leg ended.
 */
import type { Ending } from '../core/event.ts'
import { addressOf } from '../core/target-address.ts'
import { TLS_ALERT } from '../core/tls-port.ts'
import { tlsTrouble } from '../core/tls-trouble.ts'

export interface Trouble {
  readonly status: number
  readonly code: string
  readonly how: Ending
  readonly message: string
  readonly try: string
}

export const OWN_PORT = 'EOWNPORT'

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|CRL_|INVALID_CA|INVALID_PURPOSE|ERROR_IN_CERT|PATH_LENGTH)/

/** What went wrong, of an error met before the server's response head. `target` is the upstream's origin. */
export function troubleOf(error: NodeJS.ErrnoException, target: URL): Trouble {
  // Happy eyeballs gives one error for all addresses, with the single ones inside.
  const inner = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined) : undefined
  const code = error.code ?? inner?.code ?? 'EUNKNOWN'
  const detail = plainWords(error.message || inner?.message || code)
  const of = (how: Ending, message: string, advice: string, status = 502): Trouble => ({ status, code, how, message, try: advice })
  if (code === OWN_PORT) {
    return of('refused', detail, 'Give --target the address of the MCP server itself, or another --port to the proxy.', 508)
  }
  if (code.startsWith('HPE_')) {
    return of(
      'garbage',
      `${target.origin} answered with ${isTlsAlert(error) ? TLS_ALERT : `something that is not HTTP/1.1 (${detail})`}.`,
      target.protocol === 'http:'
        ? 'Does the server speak https on this port? Then use https:// in --target.'
        : 'Is this the port of an HTTP server?',
    )
  }
  if (code === 'ECONNREFUSED') {
    return of(
      'refused',
      `Nothing accepts connections at ${target.host}.`,
      `Is the MCP server started, and is its port ${addressOf(target).port}? ${localhostHint(target)}`.trim(),
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL' || code === 'ENODATA') {
    return of(
      'unresolved',
      `The name ${target.hostname} could not be resolved.`,
      'Is the host name in --target spelled right, and does DNS answer?',
    )
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return of(
      'refused',
      `No connection to ${target.host} could be opened: too many files are open ${code === 'EMFILE' ? 'in this process' : 'on this machine'}.`,
      'Close some connections, or raise the limit of open files (ulimit -n).',
      503,
    )
  }
  if (code === 'ETIMEDOUT') {
    return of(
      'timeout',
      `${target.host} did not answer the connection attempt.`,
      'Is the host reachable from here, and is no firewall between?',
    )
  }
  if (TLS_CODES.test(code)) {
    return of('tls', `The TLS connection to ${target.host} failed: ${detail}.`, tlsTrouble(code).fix)
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL') {
    return of(
      'refused',
      `There is no way to ${target.host} from here (${detail}).`,
      'Is the address in --target right, and is the network up?',
    )
  }
  return of(
    'reset',
    `The connection to ${target.host} failed: ${detail}.`,
    'See the code; does the server answer when it is asked directly?',
  )
}

/** What a TLS server says to plain text: a record of type 21, of version 3.x (RFC 8446, 5.1). Node keeps what its parser refused. */
const isTlsAlert = ({ rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }): boolean => rawPacket?.[0] === 21 && rawPacket[1] === 3

/** Without advice that is meant for whoever runs Node, and of an OpenSSL error only its reason: not its thread, routine and source file. */
function plainWords(message: string): string {
  const [, reason] = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message) ?? []
  return reason ?? message.replace(/; if the root CA is installed locally,.*$/s, '')
}

function localhostHint(target: URL): string {
  if (target.hostname !== 'localhost') return ''
  return '"localhost" is ::1 and 127.0.0.1; both were tried.'
}
