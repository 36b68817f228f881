/** The configuration log of a simulated device. Promise: besides what the seed makes up, what was really done here is in it, by whom and when. */
import type { Deed, Device } from './device.ts'
import { Dice } from './dice.ts'
import type { LogEntry } from './log-filter.ts'
import { head } from './log-head.ts'

/** As a device writes it: `vsys  vsys1 address  web` of `…/vsys/entry[@name='vsys1']/address/entry[@name='web']`. */
const pathWords = (xpath: string): string =>
  xpath
    .replace(/^\/config\/(?:devices\/entry\[[^\]]*\]\/)?/, '')
    .replaceAll(/\/entry\[@name=(?:'([^']*)'|"([^"]*)")\]/g, '  $1$2')
    .replaceAll('/', ' ')

/** An entry of the configuration log; `number` and `at` are those of the log. */
function deed(
  device: Device,
  number: number,
  at: number,
  { admin, what, xpath }: Pick<Deed, 'admin' | 'what' | 'xpath'>,
  client: string,
): LogEntry {
  return {
    ...head(device, 'config', number, at, '0'),
    vsys_id: '0',
    device_name: device.hostname,
    host: '192.0.2.100',
    cmd: what,
    admin,
    client,
    result: 'Succeeded',
    path: pathWords(xpath),
    'full-path': xpath,
  }
}

export function config(device: Device, number: number, at: number): LogEntry {
  const dice = new Dice(device.seed * 65_557 + number)
  const name = `servers-web-${String(1 + dice.below(200)).padStart(3, '0')}`
  const what = dice.pick(['set', 'edit', 'delete', 'commit'])
  const admin = dice.pick(['admin', 'second'])
  const xpath = `/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']/address/entry[@name='${name}']`
  return deed(device, number, at, { what, admin, xpath: what === 'commit' ? '' : xpath }, dice.pick(['Web', 'CLI', 'XML API']))
}

/** The configuration log has what was really done here, too. */
export function withDeeds(device: Device, entries: readonly LogEntry[]): readonly LogEntry[] {
  if (device.deeds.length === 0) return entries
  const real = device.deeds.map((each, index) => deed(device, 1_000_000 + index, each.at, each, 'XML API'))
  return [...entries, ...real].sort((one, other) =>
    (one.receive_time ?? '') < (other.receive_time ?? '') ? -1 : one.receive_time === other.receive_time ? 0 : 1,
  )
}
