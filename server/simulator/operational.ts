/**
 * `type=op` of the simulated API: operational commands and their answers. Promise: an unknown command is refused with code 17, as a device
 * does, and a known one answers in the shape that recordings of real devices show.
 */
import { escapeXml, parseXml, XmlError, type XmlNode } from '../panos/xml.ts'
import type { Account } from './accounts.ts'
import { type ApiAnswer, failed, refused, success } from './answer.ts'
import type { Device } from './device.ts'
import { FILE_OPERATIONS } from './files.ts'
import { CANDIDATE_OPERATIONS } from './op-candidate.ts'
import { DATAPLANE_OPERATIONS } from './op-dataplane.ts'
import { NETWORK_OPERATIONS } from './op-network.ts'
import { PANORAMA_OPERATIONS } from './op-panorama.ts'
import { POLICY_OPERATIONS } from './op-policy.ts'
import { SYSTEM_OPERATIONS } from './op-system.ts'
import { UPDATE_OPERATIONS } from './op-updates.ts'
import { USER_OPERATIONS } from './op-user-id.ts'

export interface OperationContext {
  readonly device: Device
  readonly account: Account
  /** The virtual system that the request names; vsys1 otherwise. */
  readonly vsys: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The element of the command's last word; what it holds are arguments. */
  readonly node: XmlNode
}

/** Gives the XML inside `<result>`, or a whole answer. */
export type Operation = (context: OperationContext) => string | ApiAnswer

/** Keys are the element names of the command, joined by a space; the longest that fits is taken. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...SYSTEM_OPERATIONS,
  ...NETWORK_OPERATIONS,
  ...DATAPLANE_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...CANDIDATE_OPERATIONS,
  ...UPDATE_OPERATIONS,
  ...USER_OPERATIONS,
  ...FILE_OPERATIONS,
}

/** A Panorama passes no traffic: it has no routes, no sessions and no flow to test. */
const ON_PANORAMA: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(
    Object.entries(OPERATIONS).filter(
      ([name]) =>
        !(name in NETWORK_OPERATIONS) && !(name in DATAPLANE_OPERATIONS) && !name.startsWith('test ') && name !== 'show session info',
    ),
  ),
  ...PANORAMA_OPERATIONS,
}

const operationsOf = (device: Device): Readonly<Record<string, Operation>> => (device.panorama ? ON_PANORAMA : OPERATIONS)

/** In words, as on the command line. */
export const knownCommands = (device: Device): string[] => Object.keys(operationsOf(device)).toSorted()

function operationFor(device: Device, command: XmlNode): { operation: Operation; node: XmlNode } | undefined {
  const known = operationsOf(device)
  let found: { operation: Operation; node: XmlNode } | undefined
  let words = ''
  for (let node: XmlNode | undefined = command; node; node = node.children.length === 1 ? node.children[0] : undefined) {
    words = `${words} ${node.name}`.trim()
    const whole = node.children.length === 0 ? `${words} ${node.text.trim()}`.trim() : words
    const key = [whole, words].find(text => Object.hasOwn(known, text))
    const operation = key === undefined ? undefined : known[key]
    if (operation) found = { operation, node }
  }
  return found
}

export function answerOperational(device: Device, account: Account, parameters: URLSearchParams, now: number): ApiAnswer {
  const command = parameters.get('cmd')
  if (!command) return refused(400, 'Missing value for parameter "cmd".')
  let parsed: XmlNode
  try {
    parsed = parseXml(command)
  } catch (error) {
    if (error instanceof XmlError) return failed(18, `Malformed command: ${error.message}`)
    throw error
  }
  const found = operationFor(device, parsed)
  if (!found) return failed(17, `${parsed.name} -> ${escapeXml(parsed.children[0]?.name ?? '')} is unexpected`)
  const answer = found.operation({ device, account, vsys: parameters.get('vsys') || 'vsys1', now, node: found.node })
  return typeof answer === 'string' ? success(answer) : answer
}
