/**
 * A TLS connection whose certificate was judged before any byte of ours is sent. Promise: an untrusted certificate never sees the API key,
 * and the refusal says which certificate came and which setting would trust it.
 */

import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { PanosError } from './panos-error.ts'
import type { PanosSettings } from './settings.ts'

const EXPLANATIONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is not known to this machine',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not known to this machine',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it was issued for another name',
}

const nameOf = (subject: PeerCertificate['subject'] | undefined): string => {
  const common = subject?.CN
  return (Array.isArray(common) ? common.join(', ') : common) || 'none'
}

function refusal(settings: PanosSettings, certificate: PeerCertificate, reason: string): PanosError {
  const why = EXPLANATIONS[reason] ?? reason
  const names = certificate.subjectaltname || nameOf(certificate.subject)
  return new PanosError({
    kind: 'tls',
    message:
      `The certificate of ${settings.host}:${settings.port} is not trusted: ${why}. ` +
      `Names: ${names}; issuer: ${nameOf(certificate.issuer)}; valid until ${certificate.valid_to}; SHA-256 ${certificate.fingerprint256}.`,
    hint:
      `If that fingerprint is the device's (compare it on its console), set PANOS_TLS_FINGERPRINT=${certificate.fingerprint256}. ` +
      'Or set PANOS_CA_CERT to the PEM file of its issuer. PANOS_TLS_VERIFY=false turns the check off and lets anyone in between read the key.',
  })
}

/** What is wrong with the peer's certificate under these settings, or undefined. */
function fault(socket: TLSSocket, settings: PanosSettings): PanosError | undefined {
  const certificate = socket.getPeerCertificate()
  const { fingerprint, verify } = settings.tls
  if (fingerprint !== undefined) {
    const presented = (certificate.fingerprint256 ?? '').replaceAll(':', '')
    return presented === fingerprint ? undefined : refusal(settings, certificate, 'it is not the one that PANOS_TLS_FINGERPRINT names')
  }
  if (!verify || socket.authorized) return undefined
  // The types say Error, the runtime gives the code as a string.
  return refusal(settings, certificate, String(socket.authorizationError ?? 'unknown reason'))
}

/** Resolves with a connected socket. Rejects with PanosError (`tls`), a system error, or the signal's reason. */
export function openSecureSocket(settings: PanosSettings, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options: ConnectionOptions = {
      host: settings.host,
      port: settings.port,
      // The certificate is judged below, where it can also be described; nothing is written before that.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(settings.host) === 0 && { servername: settings.host }),
      ...(settings.tls.ca !== undefined && { ca: settings.tls.ca }),
    }
    const socket = connect(options)
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.off('error', give).off('close', closed)
    }
    const give = (error: unknown): void => {
      settle()
      // A late error of a socket that we gave up must not bring the process down.
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const abort = (): void => give(signal.reason)
    const closed = (): void =>
      give(
        new PanosError({
          kind: 'tls',
          message: 'The device closed the connection during the TLS handshake.',
          hint: 'Check that PANOS_HOSTNAME names the port of the web interface (443 unless it was moved).',
        }),
      )
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', give).on('close', closed)
    socket.once('secureConnect', () => {
      const trouble = fault(socket, settings)
      if (trouble) return give(trouble)
      settle()
      resolve(socket)
    })
  })
}
