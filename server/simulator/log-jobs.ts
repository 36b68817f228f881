/**
 * `type=log` and `type=report`: queries that run as jobs. Promise: a query answers ACT until its time has come, gives its entries once, and
 * is then forgotten, as devices do; `action=finish` ends it early.
 */
import { escapeXml } from '../panos/xml.ts'
import { type ApiAnswer, enqueued, failed, refused, success } from './answer.ts'
import type { Device } from './device.ts'
import { logsUntil } from './log-entries.ts'
import { type LogEntry, LogFilterError, parseLogFilter } from './log-filter.ts'
import { LOG_TYPES, type LogType } from './log-head.ts'
import { ReportJobs } from './reports.ts'
import { clock } from './time.ts'

interface LogJob {
  readonly type: LogType
  readonly entries: readonly LogEntry[]
  readonly at: number
}

const MAX_ENTRIES = 5000
/** Without a code, as demisto/content (Panorama.py) and jp2195/pyre (its recordings of error bodies) have it; `show jobs` has other words. */
const NO_SUCH_JOB: ApiAnswer = { httpStatus: 200, body: '<response status="error"><msg><line>No such query job</line></msg></response>' }
/** Kinds that devices have and this one has no entries of. */
const OTHER_TYPES = [
  'wildfire',
  'data',
  'hipmatch',
  'globalprotect',
  'userid',
  'auth',
  'decryption',
  'iptag',
  'gtp',
  'external',
  'corr',
  'corr-detail',
  'corr-categ',
]

export class LogJobs {
  /** How long a query runs. */
  takesMs: number
  readonly #jobs = new Map<string, LogJob>()
  readonly #reports = new ReportJobs()
  #next = 1

  constructor(takesMs: number) {
    this.takesMs = takesMs
  }

  /** Queries that nobody has fetched or finished. */
  get open(): number {
    return this.#jobs.size
  }

  answer(device: Device, parameters: URLSearchParams, now: number): ApiAnswer {
    const action = parameters.get('action')
    if (!action) return this.#begin(device, parameters, now)
    const id = parameters.get('job-id')
    if (!id) return refused(400, 'Missing value for parameter "job-id".')
    const job = this.#jobs.get(id)
    if (!job) return NO_SUCH_JOB
    if (action === 'finish') {
      this.#jobs.delete(id)
      return success(`<msg><line>query job ${id} finished</line></msg>`)
    }
    if (action !== 'get') return refused(400, `Invalid value "${action}" for parameter "action".`)
    return this.#get(id, job, now)
  }

  #begin(device: Device, parameters: URLSearchParams, now: number): ApiAnswer {
    const type = parameters.get('log-type')
    if (!type) return refused(400, 'Missing value for parameter "log-type".')
    const known = LOG_TYPES.find(each => each === type)
    if (!known && !OTHER_TYPES.includes(type)) return refused(400, `Invalid value "${type}" for parameter "log-type".`)
    const count = Number(parameters.get('nlogs') ?? 20)
    const skip = Number(parameters.get('skip') ?? 0)
    // The wording is that of a device (jp2195/pyre, recordings of error bodies).
    if (!Number.isInteger(count) || count < 1 || count > MAX_ENTRIES)
      return refused(400, `Illegal value for parameter nlogs [${parameters.get('nlogs')}]. Should be between 1 to ${MAX_ENTRIES}`)
    if (!Number.isInteger(skip) || skip < 0) return refused(400, `Illegal value for parameter skip [${parameters.get('skip')}].`)
    try {
      const filter = parseLogFilter(parameters.get('query') ?? '')
      const found = (known ? logsUntil(device, known, now) : []).filter(filter)
      const ordered = parameters.get('dir') === 'forward' ? found : found.toReversed()
      const id = this.#number()
      this.#jobs.set(String(id), { type: known ?? 'traffic', entries: ordered.slice(skip, skip + count), at: now })
      return enqueued(id, 'query job enqueued with jobid')
    } catch (error) {
      if (error instanceof LogFilterError) return failed(17, `Invalid query: ${error.message}`)
      throw error
    }
  }

  #get(id: string, job: LogJob, now: number): ApiAnswer {
    const finished = now >= job.at + this.takesMs
    const head = `<tenq>${clock(job.at)}</tenq><tdeq>${clock(job.at)}</tdeq><tlast>${clock(Math.min(now, job.at + this.takesMs))}</tlast>`
    const state = `<job>${head}<status>${finished ? 'FIN' : 'ACT'}</status><id>${id}</id></job>`
    if (!finished) {
      const progress = Math.floor((100 * (now - job.at)) / Math.max(1, this.takesMs))
      return success(`${state}<log><logs count="0" progress="${progress}"/></log>`)
    }
    this.#jobs.delete(id)
    const entries = job.entries.map(entry => {
      const fields = Object.entries(entry).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
      return `<entry logid="70443098651${entry.seqno}">${fields.join('')}</entry>`
    })
    return success(`${state}<log><logs count="${entries.length}" progress="100">${entries.join('')}</logs></log><meta><devices/></meta>`)
  }

  report(device: Device, parameters: URLSearchParams, now: number): ApiAnswer {
    return this.#reports.answer(device, parameters, now, this.takesMs, () => this.#number())
  }

  #number(): number {
    this.#next += 1
    return this.#next - 1
  }
}
