/**
 * What versions of PAN-OS and of the content there are, installed and to be had. Promise: the installed ones are those of `show system info`; there is
 * nothing to download here, so that commands that would are not known.
 *
 * Shapes are those of PaloAltoNetworks/pan-os-upgrade-assurance, tests/test_firewall_proxy.py.
 */
import type { Device } from './device.ts'
import type { Operation } from './operational.ts'
import { stamp } from './time.ts'

export const CONTENT = { version: '8912-9045', released: '2026/11/12 02:14:33 UTC' }
const NEXT_CONTENT = { version: '8914-9052', released: '2026/11/18 20:41:07 UTC' }

type Fields = readonly (readonly [name: string, value: string | number | boolean])[]

const entryOf = (fields: Fields): string =>
  `<entry>${fields.map(([name, value]) => `<${name}>${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}</${name}>`).join('')}</entry>`

const sizes = (megabytes: number): Fields => [
  ['size', megabytes],
  ['size-kb', megabytes * 1024 + 412],
]

/** Of the device's release: the newest, the one that runs and the first. */
function images(device: Device): string {
  const [major = '', minor = '', patch = ''] = device.version.split('.')
  const release = `${major}.${minor}`
  const image = (version: string, megabytes: number, released: string): string => {
    const [current, latest] = [version === device.version, version === `${release}.${Number(patch) + 1}`]
    return entryOf([
      ['version', version],
      ['filename', `${device.panorama ? 'Panorama_pc' : 'PanOS_400'}-${version}`],
      ...sizes(megabytes),
      ['released-on', released],
      ['release-notes', `<![CDATA[https://www.paloaltonetworks.com/documentation/${major}${minor}/pan-os/pan-os-release-notes]]>`],
      ['downloaded', !latest],
      ['current', current],
      ['latest', latest],
      ['uploaded', false],
    ])
  }
  return (
    image(`${release}.${Number(patch) + 1}`, 497, '2026/10/29 09:14:02') +
    image(device.version, 492, '2026/06/18 16:40:55') +
    image(`${release}.0`, 1104, '2025/05/06 08:02:31')
  )
}

const content = ({ version, released }: typeof CONTENT): string => {
  const current = version === CONTENT.version
  return entryOf([
    ['version', version],
    ['app-version', version],
    ['filename', `panupv2-all-contents-${version}`],
    ...sizes(86),
    ['released-on', released],
    ['release-notes', `<![CDATA[https://downloads.paloaltonetworks.com/content/content-${version}.html]]>`],
    ['downloaded', current],
    ['current', current],
    ['previous', false],
    ['installing', false],
    ['features', 'Apps, Threats'],
    ['update-type', 'Full'],
    ['feature-desc', 'Unknown'],
  ])
}

/** `check` asks for what is new now; `info` says what was known since the device started. */
const softwareList =
  (checks: boolean): Operation =>
  ({ device, now }) =>
    `<sw-updates last-updated-at="${stamp(checks ? now : device.bootedAt)}"><msg/><versions>${images(device)}</versions></sw-updates>`

const contentList =
  (checks: boolean): Operation =>
  ({ device, now }) =>
    `<content-updates last-updated-at="${stamp(checks ? now : device.bootedAt)} UTC">${[NEXT_CONTENT, CONTENT].map(content).join('')}</content-updates>`

export const UPDATE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'request system software check': softwareList(true),
  'request system software info': softwareList(false),
  'request content upgrade check': contentList(true),
  'request content upgrade info': contentList(false),
}
