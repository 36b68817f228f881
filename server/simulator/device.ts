/**
 * The state of the simulated firewall. Promise: everything that an answer depends on is here, so that the same state and the same clock give the same answer.
 */
import type { XmlNode } from '../panos/xml.ts'
import { HOSTNAME } from './generate.ts'

export interface Device {
  readonly hostname: string
  readonly model: string
  readonly serial: string
  readonly version: string
  readonly user: string
  readonly password: string
  readonly apiKey: string
  /** Milliseconds since the epoch. */
  readonly bootedAt: number
  /** What the device enforces. */
  running: XmlNode
  /** What administrators edit; the same tree as `running` while there is nothing to commit. */
  candidate: XmlNode
}

export interface DeviceOptions {
  readonly config: XmlNode
  readonly seed: number
  readonly apiKey: string
  readonly user: string
  readonly password: string
  readonly bootedAt: number
}

export function createDevice(options: DeviceOptions): Device {
  const { config } = options
  return {
    hostname: HOSTNAME,
    model: 'PA-440',
    // A leading zero: it must survive every parser between here and the reader.
    serial: `0${String(21_000_000_000 + (options.seed % 1_000_000)).padStart(11, '0')}`,
    version: '11.1.6',
    user: options.user,
    password: options.password,
    apiKey: options.apiKey,
    bootedAt: options.bootedAt,
    running: config,
    candidate: config,
  }
}
