/**
 * The XML API of the simulated firewall, as a function from parameters to an answer. Promise: no clock, no socket, no randomness in here,
 * and the key is checked before anything else is looked at.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { escapeXml } from '../panos/xml.ts'
import { type ApiAnswer, failed, refused, success } from './answer.ts'
import { answerConfig } from './config-api.ts'
import type { Device } from './device.ts'
import { answerOperational } from './operational.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const same = (given: string | null | undefined, wanted: string): boolean => timingSafeEqual(digest(given ?? ''), digest(wanted))

function answerKeygen(device: Device, parameters: URLSearchParams): ApiAnswer {
  if (!parameters.get('user') || !parameters.get('password')) return refused(400, 'Missing value for parameter "user" or "password".')
  const known = same(parameters.get('user'), device.user) && same(parameters.get('password'), device.password)
  return known ? success(`<key>${escapeXml(device.apiKey)}</key>`) : refused(403, 'Invalid Credential')
}

const answerVersion = (device: Device): ApiAnswer =>
  success(
    `<sw-version>${device.version}</sw-version><multi-vsys>off</multi-vsys><model>${device.model}</model>` +
      `<serial>${device.serial}</serial><url-filtering-db>paloaltonetworks</url-filtering-db>`,
  )

/** Types that devices know and this simulator does not play yet. */
const OTHER_TYPES = ['commit', 'report', 'log', 'import', 'export', 'user-id']

/** `header` is the value of `X-PAN-KEY`; `now` is in milliseconds since the epoch. */
export function answerApi(device: Device, parameters: URLSearchParams, header: string | undefined, now: number): ApiAnswer {
  const type = parameters.get('type')
  if (type === 'keygen') return answerKeygen(device, parameters)
  if (!same(header ?? parameters.get('key'), device.apiKey)) return refused(403, 'Invalid Credential')
  if (!type) return refused(400, 'Missing value for parameter "type".')
  if (type === 'version') return answerVersion(device)
  if (type === 'config') return answerConfig(device, parameters)
  if (type === 'op') return answerOperational(device, parameters, now)
  if (OTHER_TYPES.includes(type)) return failed(17, `This simulator does not answer type "${type}".`)
  return refused(400, `Invalid value "${type}" for parameter "type".`)
}
