/** What entries of every log begin with. Promise: the fields and their order are those of recorded logs. */
import type { Device } from './device.ts'
import { stamp } from './time.ts'

export const LOG_TYPES = ['traffic', 'threat', 'url', 'system', 'config'] as const
export type LogType = (typeof LOG_TYPES)[number]

const HEAD = ['domain', 'receive_time', 'serial', 'seqno', 'actionflags', 'type', 'subtype', 'config_ver', 'time_generated']

export function head(device: Device, kind: LogType, number: number, at: number, subtype: string): Record<string, string> {
  const time = stamp(at)
  const values = [
    '1',
    time,
    device.serial,
    String(1000 + number),
    '0x0',
    kind === 'url' ? 'THREAT' : kind.toUpperCase(),
    subtype,
    '2561',
    time,
  ]
  return Object.fromEntries(HEAD.map((name, index) => [name, values[index] ?? '']))
}
