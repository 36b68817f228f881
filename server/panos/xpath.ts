/**
 * XPath expressions for the PAN-OS configuration. Promise: a name is always a quoted literal; one that no XPath 1.0 literal can hold is refused.
 */
import { PanosError } from './panos-error.ts'

/** A literal of XPath 1.0, which has no escapes: the quote that the text does not contain is used. Throws PanosError when it contains both. */
export function quote(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  if (!text.includes('"')) return `"${text}"`
  throw new PanosError({
    kind: 'bad-request',
    message: `The name ${JSON.stringify(text)} contains both kinds of quotes, which no XPath can express.`,
    hint: 'PAN-OS object names cannot contain quotes; check the name.',
  })
}

export const entry = (name: string): string => `entry[@name=${quote(name)}]`

/** On every firewall the one device entry bears this name, whatever the host is called. */
const DEVICE = `/config/devices/${entry('localhost.localdomain')}`

export const vsysNames = `${DEVICE}/vsys/entry/@name`
export const inVsys = (vsys: string, ...path: readonly string[]): string => [`${DEVICE}/vsys/${entry(vsys)}`, ...path].join('/')
export const inShared = (...path: readonly string[]): string => ['/config/shared', ...path].join('/')
/** What Panorama pushed to this firewall lies apart from its own configuration. */
export const inPushed = (vsys: string, ...path: readonly string[]): string => [`/config/panorama/vsys/${entry(vsys)}`, ...path].join('/')

export const inDeviceGroup = (group: string, ...path: readonly string[]): string =>
  [`${DEVICE}/device-group/${entry(group)}`, ...path].join('/')
export const templateNames = `${DEVICE}/template/entry/@name`
const inTemplateDevice = (template: string): string =>
  `${DEVICE}/template/${entry(template)}/config/devices/${entry('localhost.localdomain')}`
export const templateVsysNames = (template: string): string => `${inTemplateDevice(template)}/vsys/entry/@name`
/** Zones and interfaces of a Panorama's firewalls are in templates. */
export const inTemplate = (template: string, vsys: string, ...path: readonly string[]): string =>
  [`${inTemplateDevice(template)}/vsys/${entry(vsys)}`, ...path].join('/')
export const inPredefined = (...path: readonly string[]): string => ['/config/predefined', ...path].join('/')
/** Entries whose name contains a text. */
export const nameContains = (text: string): string => `entry[contains(@name, ${quote(text)})]`
