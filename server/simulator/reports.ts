/**
 * `type=report`: dynamic, predefined and custom reports as jobs. Promise: every figure is counted from the logs that the device would show; a name
 * that is not here is refused.
 *
 * Names and parameters are those of the vendor's page "Get Reports (API)": `period`, `starttime` with `endtime`, `topn`; predefined reports are
 * always of the last 24 hours. The place of the entries is where pan-python and pan-os-python read them; their fields are the simulator's choice.
 */
import { child, children, escapeXml, membersAt, parseXml, textAt, XmlError, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, enqueued, failed, refused, success } from './answer.ts'
import type { Device } from './device.ts'
import { logsUntil } from './log-entries.ts'
import { type LogEntry, LogFilterError, parseLogFilter } from './log-filter.ts'
import type { LogType } from './log-head.ts'
import { secondsOf } from './time.ts'

interface Report {
  readonly log: LogType
  /** What is counted apart, as the log names it. */
  readonly by: readonly string[]
  /** Query of the log's own language. */
  readonly query?: string
}

const of = (log: LogType, by: string, query?: string): Report => ({ log, by: by.split(' '), ...(query !== undefined && { query }) })
const BLOCKED = '( action neq allow )'

const PREDEFINED: Readonly<Record<string, Report>> = {
  'top-applications': of('traffic', 'app'),
  'top-sources': of('traffic', 'src'),
  'top-destinations': of('traffic', 'dst'),
  'top-rules': of('traffic', 'rule'),
  'top-connections': of('traffic', 'src dst'),
  'top-ingress-interfaces': of('traffic', 'inbound_if'),
  'top-egress-interfaces': of('traffic', 'outbound_if'),
  'top-source-countries': of('traffic', 'srcloc'),
  'top-destination-countries': of('traffic', 'dstloc'),
  'top-denied-sources': of('traffic', 'src', BLOCKED),
  'top-denied-destinations': of('traffic', 'dst', BLOCKED),
  'top-denied-applications': of('traffic', 'app', BLOCKED),
  'top-attackers': of('threat', 'src'),
  'top-victims': of('threat', 'dst'),
  'top-threats': of('threat', 'threatid'),
  'top-vulnerabilities': of('threat', 'threatid', '( subtype eq vulnerability )'),
  'top-url-categories': of('url', 'category'),
  'top-websites': of('url', 'misc'),
  'top-blocked-url-categories': of('url', 'category', '( action eq block-url )'),
}

const DYNAMIC: Readonly<Record<string, Report>> = {
  'top-app-summary': of('traffic', 'app'),
  'top-applications-summary': of('traffic', 'app'),
  'top-src-summary': of('traffic', 'src'),
  'top-dst-summary': of('traffic', 'dst'),
  'top-rule-summary': of('traffic', 'rule'),
  'top-src-countries-summary': of('traffic', 'srcloc'),
  'top-dst-countries-summary': of('traffic', 'dstloc'),
  'top-attackers-summary': of('threat', 'src'),
  'top-victims-summary': of('threat', 'dst'),
  'top-threats-summary': of('threat', 'threatid'),
  'top-vulnerabilities-summary': of('threat', 'threatid', '( subtype eq vulnerability )'),
  'top-url-summary': of('url', 'misc'),
  'top-url-categories-summary': of('url', 'category'),
  'top-blocked-url-summary': of('url', 'misc', '( action eq block-url )'),
}

const HOUR = 3600
const PERIODS: Readonly<Record<string, number>> = {
  'last-60-seconds': 60,
  'last-15-minutes': 900,
  'last-hour': HOUR,
  'last-6-hrs': 6 * HOUR,
  'last-12-hrs': 12 * HOUR,
  'last-24-hrs': 24 * HOUR,
  'last-calendar-day': 24 * HOUR,
  'last-7-days': 7 * 24 * HOUR,
  'last-30-days': 30 * 24 * HOUR,
}

/** Databases of custom reports, and the logs that they are made of here. */
const DATABASES: Readonly<Record<string, LogType>> = {
  traffic: 'traffic',
  trsum: 'traffic',
  appstat: 'traffic',
  threat: 'threat',
  thsum: 'threat',
  url: 'url',
  urlsum: 'url',
  system: 'system',
  config: 'config',
}
/** Other names of fields in definitions of reports. */
const FIELDS: Readonly<Record<string, string>> = { name: 'app', application: 'app', source: 'src', destination: 'dst', 'rule-name': 'rule' }

interface Custom extends Report {
  readonly period: string
  readonly topn: number
}

/** `<entry name="x"><type><traffic><aggregate-by><member>src</member></aggregate-by></traffic></type><period/><topn/><query/></entry>` */
function readCustom(node: XmlNode): Custom | undefined {
  const database = child(node, 'type')?.children[0]
  const log = DATABASES[database?.name ?? '']
  const by = membersAt(database, 'aggregate-by').map(name => FIELDS[name] ?? name)
  if (!log || by.length === 0) return undefined
  const query = textAt(node, 'query')
  return {
    log,
    by,
    period: textAt(node, 'period') ?? 'last-24-hrs',
    topn: Number(textAt(node, 'topn') ?? 10),
    ...(query !== undefined && { query }),
  }
}

function customNamed(device: Device, name: string): Custom | undefined {
  const systems = children(child(device.running, 'devices', 'entry', 'vsys'), 'entry')
  const places = [child(device.running, 'shared'), ...systems]
  const found = places.flatMap(place => children(child(place, 'reports'), 'entry')).find(({ attributes }) => attributes.name === name)
  return found && readCustom(found)
}

/** From and to, in seconds since the epoch. */
function spanOf(parameters: URLSearchParams, period: string | undefined, now: number): readonly [number, number] | undefined {
  const end = Math.floor(now / 1000)
  const [from, to] = ['starttime', 'endtime'].map(name => parameters.get(name))
  if (from && to) {
    const span = [secondsOf(from), secondsOf(to)] as const
    return span.some(Number.isNaN) ? undefined : span
  }
  const length = PERIODS[period ?? 'last-24-hrs']
  return length === undefined ? undefined : [end - length, end]
}

function count(device: Device, report: Report, [from, to]: readonly [number, number], topn: number, now: number): string {
  const filter = parseLogFilter(report.query ?? '')
  const groups = new Map<string, { readonly entry: LogEntry; bytes: number; sessions: number }>()
  for (const entry of logsUntil(device, report.log, now)) {
    const at = secondsOf(entry.receive_time ?? '')
    if (at < from || at > to || !filter(entry)) continue
    const key = report.by.map(field => entry[field] ?? '').join('\n')
    const group = groups.get(key) ?? { entry, bytes: 0, sessions: 0 }
    groups.set(key, group)
    group.bytes += Number(entry.bytes ?? 0)
    group.sessions += 1
  }
  const weight = report.log === 'traffic' && !report.query ? 'bytes' : 'sessions'
  return [...groups.values()]
    .sort((one, other) => other[weight] - one[weight])
    .slice(0, topn)
    .map(({ entry, bytes, sessions }) => {
      const fields = report.by.map(field => `<${field}>${escapeXml(entry[field] ?? '')}</${field}>`).join('')
      const figures = report.log === 'traffic' ? `<bytes>${bytes}</bytes><sessions>${sessions}</sessions>` : `<count>${sessions}</count>`
      return `<entry>${fields}${figures}</entry>`
    })
    .join('')
}

/** The body of a report, or why there is none. */
function make(device: Device, parameters: URLSearchParams, now: number): string | ApiAnswer {
  const [type, name] = [parameters.get('reporttype'), parameters.get('reportname')]
  if (!type || !name) return refused(400, `Missing value for parameter "${type ? 'reportname' : 'reporttype'}".`)
  const table = ({ dynamic: DYNAMIC, predefined: PREDEFINED } as Record<string, typeof DYNAMIC>)[type]
  if (!table && type !== 'custom') return refused(400, `Invalid value "${type}" for parameter "reporttype".`)
  const inline = type === 'dynamic' && name === 'custom-dynamic-report' ? parameters.get('cmd') : undefined
  const custom = inline ? readCustom(parseXml(`<entry>${inline}</entry>`)) : type === 'custom' ? customNamed(device, name) : undefined
  const report = custom ?? (table && Object.hasOwn(table, name) ? table[name] : undefined)
  if (!report) return failed(7, `report ${name} not found`)
  const period = type === 'predefined' ? undefined : (parameters.get('period') ?? custom?.period)
  const span = spanOf(type === 'predefined' ? new URLSearchParams() : parameters, period, now)
  if (!span) return refused(400, `Illegal value for parameter "period", "starttime" or "endtime".`)
  const topn = Number(parameters.get('topn') ?? custom?.topn ?? 10)
  if (!Number.isInteger(topn) || topn < 1) return refused(400, 'Illegal value for parameter "topn".')
  return count(device, report, span, topn, now)
}

export class ReportJobs {
  readonly #jobs = new Map<string, { readonly at: number; readonly body: string }>()

  /** Begins a report (`id` gives the number of its job), or gives one that was begun. */
  answer(device: Device, parameters: URLSearchParams, now: number, takesMs: number, id: () => number): ApiAnswer {
    if (parameters.get('action') === 'get') return this.#get(parameters.get('job-id') ?? '', now, takesMs)
    try {
      const body = make(device, parameters, now)
      if (typeof body !== 'string') return body
      const number = id()
      this.#jobs.set(String(number), { at: now, body })
      return enqueued(number, 'Report job enqueued with jobid')
    } catch (error) {
      if (error instanceof LogFilterError) return failed(17, `Invalid query: ${error.message}`)
      if (error instanceof XmlError) return failed(18, `Malformed command: ${error.message}`)
      throw error
    }
  }

  #get(id: string, now: number, takesMs: number): ApiAnswer {
    const job = this.#jobs.get(id)
    if (!job) return failed(7, `job ${id} not found`)
    const finished = now >= job.at + takesMs
    const percent = finished ? 100 : Math.floor((100 * (now - job.at)) / Math.max(1, takesMs))
    const state = `<job><id>${id}</id><status>${finished ? 'FIN' : 'ACT'}</status><percent>${percent}</percent></job>`
    return success(finished ? `${state}<report>${job.body}</report>` : `${state}<report/>`)
  }
}
