/**
 * A PAN-OS firewall that runs anywhere: its XML API over HTTP or HTTPS on this machine. Promise: it answers as slowly as it is told,
 * stops at once for a client that leaves, and counts what it did.
 */
import { randomBytes, X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { isLoopback } from '../panos/settings.ts'
import type { XmlNode } from '../panos/xml.ts'
import { makeAccounts } from './accounts.ts'
import { type Certificate, selfSignedCertificate } from './certificate.ts'
import type { Device, Dialect } from './device.ts'
import type { Fault, Faults } from './faults.ts'
import { type Latency, Listener, type SimulatorStats } from './listener.ts'
import { createDevice, type Profile } from './profiles.ts'

export interface SimulatorOptions {
  /** 0 (the default) picks a free port. */
  readonly port?: number
  /** A loopback address; 127.0.0.1 by default. */
  readonly host?: string
  /** HTTPS: `true` makes a self-signed certificate for `host` and localhost. */
  readonly tls?: boolean | Certificate
  readonly latencyMs?: number
  readonly perMegabyteMs?: number
  /** Up to so much more for each answer. */
  readonly jitterMs?: number
  /** Answers trickle out at this rate. */
  readonly dripBytesPerSecond?: number
  /** More requests than this at once slow each other down. */
  readonly slowBeyond?: number
  /** By so much for each one beyond; 1000 by default. */
  readonly slowByMs?: number
  /** Faults that are on from the start, each with the number of requests that it affects. */
  readonly faults?: readonly { readonly fault: Fault; readonly count?: number }[]
  /** `firewall` by default. */
  readonly profile?: Profile
  /** `11.1` by default. */
  readonly dialect?: Dialect
  /** Of a Panorama; 5 by default. */
  readonly deviceGroups?: number
  /** How long a commit, a validation or a push runs; 1500 by default. */
  readonly commitMs?: number
  /** How long a log query runs; 200 by default. */
  readonly logMs?: number
  /** A certificate that nobody should accept. */
  readonly certificate?: 'good' | 'expired' | 'misnamed'
  /** Address objects, 250 by default. */
  readonly objects?: number
  /** Security rules, 60 by default. */
  readonly rules?: number
  readonly seed?: number
  /** A `<config>` element to serve in place of a generated one. */
  readonly config?: XmlNode
  /** A random one by default. */
  readonly apiKey?: string
  readonly user?: string
  readonly password?: string
}

export interface Simulator {
  /** Fits into PANOS_HOSTNAME. */
  readonly url: string
  readonly port: number
  readonly apiKey: string
  readonly user: string
  readonly password: string
  /** PEM text of the certificate, with TLS: fits into the file of PANOS_CA_CERT. */
  readonly certificate: string | undefined
  /** SHA-256 of that certificate: fits into PANOS_TLS_FINGERPRINT. */
  readonly fingerprint: string | undefined
  latency(): Latency
  setLatency(ms: number, perMegabyteMs?: number): void
  /** Switches faults on while it runs, or off. */
  readonly faults: Faults
  /** The key of another account: `second` (a superuser), `reader` (changes nothing), `auditor` (no operational requests). */
  keyOf(user: string): string | undefined
  /** The state, for tests that look behind the API. */
  readonly device: Device
  stats(): SimulatorStats
  close(): Promise<void>
}

export const DEFAULT_OBJECTS = 250
export const DEFAULT_RULES = 60
export const DEFAULT_SEED = 1
export const DEFAULT_DEVICE_GROUPS = 5
export const DEFAULT_COMMIT_MS = 1500
export const DEFAULT_LOG_MS = 200

function certificateFor(options: SimulatorOptions, host: string): Certificate | undefined {
  if (!options.tls) return undefined
  if (options.tls !== true) return options.tls
  const day = 86_400_000
  const now = Date.now()
  return selfSignedCertificate({
    commonName: 'fw-sim-1',
    names:
      options.certificate === 'misnamed'
        ? ['fw.example.net']
        : ['localhost', '127.0.0.1', ...(host === 'localhost' || host === '127.0.0.1' ? [] : [host])],
    notBefore: new Date(now - 400 * day),
    notAfter: new Date(options.certificate === 'expired' ? now - day : now + 365 * day),
  })
}

/** Starts listening. Rejects with the system's error when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, user = 'admin', password = 'simulator' } = options
  if (!isLoopback(host)) throw new RangeError(`the simulator listens on this machine only, not on ${host}`)
  const apiKey = options.apiKey ?? `LUFRPT1${randomBytes(36).toString('base64url')}=`
  const seed = options.seed ?? DEFAULT_SEED
  const device = createDevice({
    profile: options.profile ?? 'firewall',
    dialect: options.dialect ?? '11.1',
    seed,
    objects: options.objects ?? DEFAULT_OBJECTS,
    rules: options.rules ?? DEFAULT_RULES,
    deviceGroups: options.deviceGroups ?? DEFAULT_DEVICE_GROUPS,
    accounts: makeAccounts({ user, password, apiKey }),
    bootedAt: Date.now() - 3 * 86_400_000,
    commitMs: options.commitMs ?? DEFAULT_COMMIT_MS,
    logMs: options.logMs ?? DEFAULT_LOG_MS,
    ...(options.config && { config: options.config }),
  })
  const listener = new Listener(device, {
    ms: options.latencyMs ?? 0,
    perMegabyteMs: options.perMegabyteMs ?? 0,
    ...(options.jitterMs !== undefined && { jitterMs: options.jitterMs }),
    ...(options.dripBytesPerSecond !== undefined && { dripBytesPerSecond: options.dripBytesPerSecond }),
    ...(options.slowBeyond !== undefined && { slowBeyond: options.slowBeyond }),
    ...(options.slowByMs !== undefined && { slowByMs: options.slowByMs }),
  })
  for (const { fault, count } of options.faults ?? []) listener.faults.set(fault, count)
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    void listener.handle(request, response)
  }
  const certificate = certificateFor(options, host)
  const server: Server = certificate ? createSecureServer(certificate, handle) : createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    url: `${certificate ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    apiKey,
    user,
    password,
    certificate: certificate?.cert,
    fingerprint: certificate && new X509Certificate(certificate.cert).fingerprint256,
    latency: () => listener.latency,
    setLatency: (ms, perMegabyteMs = 0) => {
      listener.latency = { ...listener.latency, ms, perMegabyteMs }
    },
    faults: listener.faults,
    keyOf: name => device.accounts.find(account => account.user === name)?.apiKey,
    device,
    stats: () => listener.stats(),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
