/**
 * The settings of the connection to a firewall, read from PANOS_* variables. Promise: a wrong setting is named together with its remedy,
 * and the API key shows in no message.
 */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { PanosError } from './panos-error.ts'

export interface PanosSettings {
  /** `https:`, or `http:` towards a simulator on this machine. */
  readonly protocol: 'https:' | 'http:'
  /** Without brackets, as a socket wants it. */
  readonly host: string
  readonly port: number
  /** Absent when user and password make one. */
  readonly apiKey?: string
  readonly user?: string
  readonly password?: string
  /** Serial number of the firewall that a Panorama passes requests on to. */
  readonly target?: string
  /** The virtual system that operational commands and listings are about, where none is named. */
  readonly vsys?: string
  readonly timeoutMs: number
  readonly tls: {
    readonly verify: boolean
    /** PEM text of the certificates to trust in place of the system's. */
    readonly ca?: string
    /** SHA-256 of the one certificate to accept, as 64 hex digits in upper case. */
    readonly fingerprint?: string
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_TIMEOUT_MS = 30_000

const wrong = (message: string, hint: string): PanosError => new PanosError({ kind: 'configuration', message, hint })

export const isLoopback = (host: string): boolean => /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/i.test(host)

function addressOf(given: string): Pick<PanosSettings, 'protocol' | 'host' | 'port'> {
  const hint = 'Give a host name or address, with a port if it is not 443: PANOS_HOSTNAME=fw.example.net or 192.0.2.1:8443.'
  const text = isIPv6(given) ? `[${given}]` : given
  let url: URL
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  } catch {
    throw wrong('PANOS_HOSTNAME is not a host name, an address or a URL.', hint)
  }
  if (url.username !== '' || url.password !== '')
    throw wrong('PANOS_HOSTNAME must not contain credentials.', 'Put the API key into PANOS_API_KEY.')
  if (!/^\/(?:api\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw wrong('PANOS_HOSTNAME must not contain a path.', hint)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'https:') return { protocol: 'https:', host, port: Number(url.port || 443) }
  if (url.protocol !== 'http:') throw wrong(`PANOS_HOSTNAME cannot use ${url.protocol}//.`, hint)
  if (!isLoopback(host)) {
    throw wrong(
      'PANOS_HOSTNAME uses http://, which would send the API key in the clear.',
      'Use https://. Plain http:// is only for a simulator on this machine.',
    )
  }
  return { protocol: 'http:', host, port: Number(url.port || 80) }
}

function tlsOf(env: Environment): PanosSettings['tls'] {
  const verify = env.PANOS_TLS_VERIFY?.trim().toLowerCase() ?? ''
  if (!['', 'true', '1', 'yes', 'on', 'false', '0', 'no', 'off'].includes(verify)) {
    throw wrong(`PANOS_TLS_VERIFY is "${verify}".`, 'Use true or false.')
  }
  const fingerprint = env.PANOS_TLS_FINGERPRINT?.replace(/^sha256[:/]/i, '')
    .replaceAll(/[:\s]/g, '')
    .toUpperCase()
  if (fingerprint && !/^[0-9A-F]{64}$/.test(fingerprint)) {
    throw wrong('PANOS_TLS_FINGERPRINT is not a SHA-256 fingerprint.', 'Give 64 hex digits, with or without colons.')
  }
  let ca: string | undefined
  if (env.PANOS_CA_CERT) {
    try {
      ca = readFileSync(env.PANOS_CA_CERT, 'utf8')
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw wrong(`PANOS_CA_CERT names a file that cannot be read (${env.PANOS_CA_CERT}: ${code}).`, 'Give the path of a PEM file.')
    }
    if (!ca.includes('-----BEGIN CERTIFICATE-----')) {
      throw wrong(`PANOS_CA_CERT names a file without a PEM certificate (${env.PANOS_CA_CERT}).`, 'Export the certificate as PEM (Base64).')
    }
  }
  return {
    verify: !['false', '0', 'no', 'off'].includes(verify),
    ...(ca !== undefined && { ca }),
    ...(fingerprint && { fingerprint }),
  }
}

function credentialsOf(env: Environment): Pick<PanosSettings, 'apiKey' | 'user' | 'password'> {
  const apiKey = (env.PANOS_API_KEY ?? '').trim()
  const user = (env.PANOS_USERNAME ?? '').trim()
  const password = env.PANOS_PASSWORD ?? ''
  if (apiKey === '' && user !== '' && password !== '') return { user, password }
  if (apiKey === '' && (user !== '' || password !== '')) {
    throw wrong(`${user === '' ? 'PANOS_USERNAME' : 'PANOS_PASSWORD'} is not set.`, 'Set both, or PANOS_API_KEY in their place.')
  }
  if (apiKey === '') {
    throw wrong(
      'PANOS_API_KEY is not set.',
      'Set it to a key of an administrator who may use the XML API (type=keygen makes one), or set PANOS_USERNAME and PANOS_PASSWORD, and restart the server.',
    )
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw wrong('PANOS_API_KEY contains characters that no API key has.', 'Copy the key again, without quotes or line breaks.')
  return { apiKey }
}

function scopeOf(env: Environment): Pick<PanosSettings, 'target' | 'vsys'> {
  const target = (env.PANOS_TARGET_SERIAL ?? '').trim()
  const vsys = (env.PANOS_VSYS ?? '').trim()
  if (target !== '' && !/^[A-Za-z0-9]{6,32}$/.test(target))
    throw wrong('PANOS_TARGET_SERIAL is not a serial number.', 'Give the serial of a firewall that the Panorama manages, zeros included.')
  if (vsys !== '' && !/^[\w.-]{1,63}$/.test(vsys))
    throw wrong('PANOS_VSYS is not the name of a virtual system.', 'Use a name such as vsys1.')
  return { ...(target !== '' && { target }), ...(vsys !== '' && { vsys }) }
}

/** Throws PanosError of kind `configuration` for what is missing or wrong. */
export function readSettings(env: Environment): PanosSettings {
  const hostname = (env.PANOS_HOSTNAME || env.PANOS_HOST || '').trim()
  if (hostname === '') {
    throw wrong(
      'No firewall is configured: PANOS_HOSTNAME is not set.',
      "Set PANOS_HOSTNAME and PANOS_API_KEY in the server's environment and restart it, or start it with --simulator.",
    )
  }
  const timeoutMs = env.PANOS_TIMEOUT_MS ? Number(env.PANOS_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 3_600_000) {
    throw wrong('PANOS_TIMEOUT_MS is not a number of milliseconds.', 'Use a whole number from 1 to 3600000.')
  }
  return { ...addressOf(hostname), ...credentialsOf(env), ...scopeOf(env), timeoutMs, tls: tlsOf(env) }
}
