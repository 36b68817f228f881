/** Operational commands about the device itself: its state, jobs, resources, licences. */
import { createHash } from 'node:crypto'
import { child, escapeXml, textAt } from '../panos/xml.ts'
import { failed } from './answer.ts'
import { jobXml } from './jobs.ts'
import type { Operation, OperationContext } from './operational.ts'
import { showInterfaces } from './show-interfaces.ts'
import { showSystemInfo } from './show-system-info.ts'
import { clock, stamp } from './time.ts'

const two = (value: number): string => String(value).padStart(2, '0')
const clockText = (now: number): string => {
  const [week, day, month, year, time] = new Date(now).toUTCString().split(/,? /)
  return `${week} ${month} ${Number(day)} ${time} UTC ${year}`
}

/** Plain text in CDATA, as these two commands answer. */
const plain = (text: string): string => `<![CDATA[${text}\n]]>`

/** Later releases count memory in MiB (PaloAltoNetworks/pan-os-upgrade-assurance issue 190), earlier ones in KiB (kevinsteves/pan-python issue 32). */
const MEMORY = {
  MiB: 'MiB Mem :   7933.2 total,    612.8 free,   4102.0 used,   3218.4 buff/cache',
  KiB: 'KiB Mem :  8123597 total,   627507 free,  4200448 used,  3295642 buff/cache',
}

const showResources: Operation = ({ device, now }) => {
  const minutes = Math.floor((now - device.bootedAt) / 60_000)
  return plain(
    `top - ${clock(now)} up ${Math.floor(minutes / 1440)} days, ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)},  0 users,  load average: 0.31, 0.28, 0.26\n` +
      'Tasks: 189 total,   1 running, 188 sleeping,   0 stopped,   0 zombie\n' +
      '%Cpu(s):  4.1 us,  1.9 sy,  0.0 ni, 93.8 id,  0.1 wa,  0.0 hi,  0.1 si,  0.0 st\n' +
      MEMORY[device.dialect === '10.1' ? 'KiB' : 'MiB'],
  )
}

const DISK_SPACE = plain(
  'Filesystem      Size  Used Avail Use% Mounted on\n' +
    '/dev/root       6.9G  4.4G  2.2G  67% /\n' +
    '/dev/sda5        16G  6.1G  8.9G  41% /opt/pancfg\n' +
    '/dev/sda8        21G  9.7G   11G  48% /opt/panlogs',
)

const SESSION_INFO =
  '<tmo-tcp>3600</tmo-tcp><tmo-udp>30</tmo-udp><tmo-icmp>6</tmo-icmp><num-max>200000</num-max><num-active>1342</num-active><num-tcp>1011</num-tcp>' +
  '<num-udp>318</num-udp><num-icmp>13</num-icmp><pps>2214</pps><kbps>18240</kbps><cps>41</cps>'

const showJob: Operation = ({ device, node, now }) => {
  const id = node.text.trim()
  const job = device.jobs.find(id)
  return job ? jobXml(job, now) : failed(7, `job ${id} not found`)
}

/** Nobody logs in here but through the API: the session is the asking one. The shape is as public upgrade scripts read it. */
const showAdmins: Operation = ({ account, now }) =>
  `<admins><entry><admin>${escapeXml(account.user)}</admin><from>192.0.2.100</from><type>Web</type><session-start>${stamp(now).slice(5)}</session-start>` +
  '<idle-for>00:00:00s</idle-for></entry></admins>'

/** Servers that the configuration names answer; the clock follows the first. As PaloAltoNetworks/pan-os-upgrade-assurance has recorded it. */
const showNtp: Operation = ({ device }) => {
  const configured = child(device.running, 'devices', 'entry', 'deviceconfig', 'system', 'ntp-servers')
  const names = ['primary', 'secondary'].flatMap(rank => textAt(configured, `${rank}-ntp-server`, 'ntp-server-address') ?? [])
  const servers = names.map(
    (name, index) =>
      `<ntp-server-${index + 1}><status>${index === 0 ? 'synched' : 'available'}</status><authentication-type>none</authentication-type>` +
      `<reachable>yes</reachable><name>${escapeXml(name)}</name></ntp-server-${index + 1}>`,
  )
  return `${servers.join('')}<synched>${escapeXml(names[0] ?? 'LOCAL')}</synched>`
}

/** Of the form that devices give ("request password-hash … uses the SHA256 algorithm", PAN-OS web help); it is no hash that crypt(3) would make. */
const passwordHash: Operation = ({ node, device }) => {
  const digest = (text: string): string => createHash('sha256').update(text).digest('base64').replaceAll('+', '.').replaceAll('=', '')
  const salt = digest(`${device.seed} ${node.text}`).slice(0, 8)
  return `<phash>$5$${salt}$${digest(`${salt} ${node.text}`)}</phash>`
}

const licences = ({ device }: OperationContext): string =>
  `<licenses>${['Threat Prevention', 'Advanced URL Filtering', 'WildFire License', 'Premium Partner']
    .map(
      (feature, index) =>
        `<entry><feature>${feature}</feature><description>${feature}</description><serial>${device.serial}</serial><issued>January 12, 2026</issued>` +
        `<expires>${index === 3 ? 'January 11, 2026' : 'January 11, 2029'}</expires><expired>${index === 3 ? 'yes' : 'no'}</expired><authcode/></entry>`,
    )
    .join('')}</licenses>`

export const SYSTEM_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show system info': ({ device, now }) => showSystemInfo(device, now),
  'show interface all': ({ device }) => showInterfaces(device),
  'show clock': ({ now }) => escapeXml(clockText(now)),
  'show jobs all': ({ device, now }) =>
    device.jobs
      .all()
      .map(job => jobXml(job, now))
      .join(''),
  'show jobs id': showJob,
  'show high-availability all': () => '<enabled>no</enabled>',
  'show high-availability state': () => '<enabled>no</enabled>',
  'show admins': showAdmins,
  'show ntp': showNtp,
  'show session info': () => SESSION_INFO,
  'show system resources': showResources,
  'show system disk-space': () => DISK_SPACE,
  'request license info': licences,
  'request password-hash password': passwordHash,
}
