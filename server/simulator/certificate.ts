/**
 * A self-signed certificate made on the spot, as a firewall out of the box has one. Promise: standard X.509 v3 (RFC 5280) with an
 * ECDSA P-256 key, written with node:crypto alone; the key never touches the disk.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'

export interface Certificate {
  /** PEM text. */
  readonly key: string
  readonly cert: string
}
export interface CertificateOptions {
  readonly commonName: string
  /** DNS names and IP addresses that the certificate is for. */
  readonly names: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
}

/** One DER value: tag, length, content (X.690 section 8.1). */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  if (size < 128) return Buffer.concat([Buffer.from([tag, size]), content])
  const digits = Buffer.from(size.toString(16).padStart(size > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content])
}
const sequence = (...items: readonly Buffer[]): Buffer => der(0x30, ...items)
const integer = (bytes: Buffer): Buffer => der(0x02, bytes)
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const parts = [arc & 127]
    for (let high = arc >> 7; high > 0; high >>= 7) parts.unshift((high & 127) | 128)
    bytes.push(...parts)
  }
  return der(0x06, Buffer.from(bytes))
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const commonName = (name: string): Buffer => sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(name)))))
/** GeneralizedTime: four-digit years, as RFC 5280 wants from 2050 on and permits nobody to reject before. */
const time = (date: Date): Buffer => {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text))
}

function addressBytes(name: string): Buffer | undefined {
  if (isIPv4(name)) return Buffer.from(name.split('.').map(Number))
  if (!isIPv6(name)) return undefined
  const [head = '', tail = ''] = new URL(`http://[${name}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const missing = 8 - groups(head).length - groups(tail).length
  return Buffer.from(
    [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)].map(group => group.padStart(4, '0')).join(''),
    'hex',
  )
}

function generalName(name: string): Buffer {
  const address = addressBytes(name)
  return address ? der(0x87, address) : der(0x82, Buffer.from(name))
}

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value))

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`

export function selfSignedCertificate(options: CertificateOptions): Certificate {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const serial = randomBytes(16)
  // A serial number is positive and without leading zeros.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  const name = commonName(options.commonName)
  const extensions = sequence(
    extension('2.5.29.17', sequence(...options.names.map(generalName))),
    extension('2.5.29.19', sequence(der(0x01, Buffer.from([0xff]))), true),
  )
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    name,
    sequence(time(options.notBefore), time(options.notAfter)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bits(sign('sha256', body, privateKey)))),
  }
}
