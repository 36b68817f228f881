/**
 * `type=op` of the simulated API: operational commands and their answers. Promise: an unknown command is refused with code 17, as a device
 * does, and a known one answers in the shape that recordings of real devices show.
 */
import { escapeXml, parseXml, XmlError, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, failed, refused, success } from './answer.ts'
import type { Device } from './device.ts'
import { showInterfaces } from './show-interfaces.ts'
import { showSystemInfo } from './show-system-info.ts'

/** `now`: milliseconds since the epoch. Gives the XML inside `<result>`. */
export type Operation = (device: Device, now: number) => string

const two = (value: number): string => String(value).padStart(2, '0')
/** `2026/11/20 06:12:44`, in UTC as the device's timezone says. */
const stamp = (now: number): string => new Date(now).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
const clockText = (now: number): string => {
  const [week, day, month, year, time] = new Date(now).toUTCString().split(/,? /)
  return `${week} ${month} ${Number(day)} ${time} UTC ${year}`
}

const bootJob = (device: Device): string => {
  const [at, until] = [stamp(device.bootedAt), stamp(device.bootedAt + 42_000)]
  return (
    `<job><tenq>${at}</tenq><tdeq>${at.slice(11)}</tdeq><id>1</id><user/><type>AutoCom</type><status>FIN</status><queued>NO</queued><stoppable>no</stoppable>` +
    `<result>OK</result><tfin>${until}</tfin><description/><positionInQ>0</positionInQ><progress>100</progress><details><line>Configuration committed successfully</line></details><warnings/></job>`
  )
}

/** Plain text in CDATA, as these two commands answer. */
const plain = (text: string): string => `<![CDATA[${text}\n]]>`

const showResources: Operation = (device, now) => {
  const minutes = Math.floor((now - device.bootedAt) / 60_000)
  return plain(
    `top - ${stamp(now).slice(11)} up ${Math.floor(minutes / 1440)} days, ${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)},  0 users,  load average: 0.31, 0.28, 0.26\n` +
      'Tasks: 189 total,   1 running, 188 sleeping,   0 stopped,   0 zombie\n' +
      '%Cpu(s):  4.1 us,  1.9 sy,  0.0 ni, 93.8 id,  0.1 wa,  0.0 hi,  0.1 si,  0.0 st\n' +
      'MiB Mem :   7933.2 total,    612.8 free,   4102.0 used,   3218.4 buff/cache',
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

/** Keys are the element names of the command, joined by a space. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'show system info': showSystemInfo,
  'show interface all': showInterfaces,
  'show clock': (_, now) => escapeXml(clockText(now)),
  'show jobs all': bootJob,
  'show high-availability state': () => '<enabled>no</enabled>',
  'show session info': () => SESSION_INFO,
  'show system resources': showResources,
  'show system disk-space': () => DISK_SPACE,
  'check pending-changes': device => (device.running === device.candidate ? 'no' : 'yes'),
}

/** `<show><interface>all</interface></show>` is `show interface all`. Undefined when an element has several children. */
function wordsOf(command: XmlNode): string | undefined {
  const [next] = command.children
  if (command.children.length > 1) return undefined
  const rest = next ? wordsOf(next) : command.text.trim()
  return rest === undefined ? undefined : [command.name, rest].filter(Boolean).join(' ')
}

export function answerOperational(device: Device, parameters: URLSearchParams, now: number): ApiAnswer {
  const command = parameters.get('cmd')
  if (!command) return refused(400, 'Missing value for parameter "cmd".')
  let parsed: XmlNode
  try {
    parsed = parseXml(command)
  } catch (error) {
    if (error instanceof XmlError) return failed(18, `Malformed command: ${error.message}`)
    throw error
  }
  const words = wordsOf(parsed)
  if (words === 'show jobs id 1') return success(bootJob(device))
  if (words?.startsWith('show jobs id ')) return failed(7, `job ${words.slice('show jobs id '.length)} not found`)
  const operation = words !== undefined && Object.hasOwn(OPERATIONS, words) ? OPERATIONS[words] : undefined
  if (!operation) return failed(17, `${parsed.name} is not a command that this simulator knows: ${words ?? command}`)
  return success(operation(device, now))
}
