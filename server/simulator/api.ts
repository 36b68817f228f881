/**
 * The XML API of a simulated device, as a function from parameters to an answer. Promise: no clock, no socket, no randomness in here;
 * the key is checked before anything else is looked at, and the role before anything is done.
 */
import { escapeXml } from '../panos/xml.ts'
import { type Account, type Area, same } from './accounts.ts'
import { type ApiAnswer, failed, refused, success } from './answer.ts'
import { answerCommit } from './commit-api.ts'
import { answerConfig } from './config-api.ts'
import type { Device } from './device.ts'
import { answerExport, answerImport, type Upload } from './files.ts'
import { answerOperational } from './operational.ts'
import { answerUserId } from './user-id.ts'

function answerKeygen(device: Device, parameters: URLSearchParams): ApiAnswer {
  if (!parameters.get('user') || !parameters.get('password')) return refused(400, 'Missing value for parameter "user" or "password".')
  const known = device.accounts.find(
    account => same(parameters.get('user'), account.user) && same(parameters.get('password'), account.password),
  )
  return known ? success(`<key>${escapeXml(known.apiKey)}</key>`) : refused(403, 'Invalid Credential')
}

const answerVersion = (device: Device): ApiAnswer =>
  success(
    `<sw-version>${device.version}</sw-version><multi-vsys>${device.multiVsys ? 'on' : 'off'}</multi-vsys><model>${device.model}</model>` +
      `<serial>${device.serial}</serial><url-filtering-db>paloaltonetworks</url-filtering-db>`,
  )

const AREAS: readonly string[] = ['config', 'op', 'commit', 'log', 'report', 'import', 'export', 'user-id'] satisfies Area[]

function dispatch(device: Device, account: Account, type: string, { parameters, file }: ApiRequest, now: number): ApiAnswer {
  const area = AREAS.find((known): known is Area => known === type)
  if (area && !account.areas.includes(area)) return refused(403, `Type [${type}] not authorized for user role.`)
  switch (type) {
    case 'version':
      return answerVersion(device)
    case 'config':
      return answerConfig(device, account, parameters, now)
    case 'op':
      return answerOperational(device, account, parameters, now)
    case 'commit':
      return answerCommit(device, account, parameters, now)
    case 'log':
      return device.logJobs.answer(device, parameters, now)
    case 'report':
      return device.logJobs.report(device, parameters, now)
    case 'user-id': {
      const book = device.users(parameters.get('vsys') || 'vsys1')
      return answerUserId(book, parameters, file?.text, now)
    }
    case 'export':
      return answerExport(device, parameters)
    case 'import':
      if (!account.writes) return refused(403, 'Type [import] not authorized for user role.')
      return answerImport(device, account.user, parameters, file, now)
    default:
      return refused(400, `Invalid value "${type}" for parameter "type".`)
  }
}

export interface ApiRequest {
  readonly parameters: URLSearchParams
  /** Of a multipart form. */
  readonly file?: Upload | undefined
}

/** `header` is the value of `X-PAN-KEY`; `now` is in milliseconds since the epoch. */
export function answerApi(device: Device, parameters: URLSearchParams, header: string | undefined, now: number, file?: Upload): ApiAnswer {
  const type = parameters.get('type')
  if (type === 'keygen') return answerKeygen(device, parameters)
  const given = header ?? parameters.get('key')
  const account = device.accounts.find(known => same(given, known.apiKey))
  if (!account) return refused(403, 'Invalid Credential')
  if (!type) return refused(400, 'Missing value for parameter "type".')
  const serial = parameters.get('target')
  const target = serial && serial !== device.serial ? device.managed.get(serial) : device
  // Code and words are those that public clients of a Panorama look for; the rest of the line differs by release.
  if (!target) return failed(13, `${serial} not connected`)
  target.jobs.settle(now)
  target.settleUsers(now)
  return dispatch(target, account, type, { parameters, file }, now)
}
