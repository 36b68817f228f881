/**
 * Log queries: from filters to the device's language, and from a job to its entries. Promise: values are quoted, so that no filter can say more
 * than it was meant to; a job whose caller has gone is ended at the device.
 */
import { addressNumber, spanOf } from '../panos/ip-span.ts'
import type { LogQuery } from '../panos/panos-client.ts'
import { PanosError } from '../panos/panos-error.ts'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { waitFor } from './jobs.ts'
import type { ToolContext } from './panos-tool.ts'

export interface LogFilters {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly source?: string | undefined
  readonly destination?: string | undefined
  readonly destination_port?: number | undefined
  readonly application?: string | undefined
  readonly action?: string | undefined
  readonly rule?: string | undefined
  readonly from_zone?: string | undefined
  readonly to_zone?: string | undefined
  readonly user?: string | undefined
  readonly severity?: string | undefined
}

const wrong = (message: string): PanosError =>
  new PanosError({ kind: 'bad-request', message, hint: 'Correct that filter and call the tool again.' })

/** Inside quotes nothing but the quote means anything. */
function literal(name: string, text: string): string {
  if (/['"\r\n]/.test(text)) throw wrong(`${name} must not contain quotes or line breaks.`)
  return `'${text}'`
}

function address(name: string, text: string): string {
  if (addressNumber(text) === undefined && (text.includes('-') || spanOf(text) === undefined))
    throw wrong(`${name} is not an IP address or network: ${text}`)
  return text
}

function moment(name: string, text: string): string {
  const found = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)$/.exec(text)
  if (!found) throw wrong(`${name} is not a time of the device such as 2026/11/20 06:00:00: ${text}`)
  return `'${found[1]}/${found[2]}/${found[3]} ${found[4]}'`
}

export function compileLogQuery(given: LogFilters): string {
  const { since, until, source, destination, destination_port, application, action, rule, from_zone, to_zone, user, severity } = given
  const parts = [
    since !== undefined && `receive_time geq ${moment('since', since)}`,
    until !== undefined && `receive_time leq ${moment('until', until)}`,
    source !== undefined && `addr.src in ${address('source', source)}`,
    destination !== undefined && `addr.dst in ${address('destination', destination)}`,
    destination_port !== undefined && `port.dst eq ${destination_port}`,
    application !== undefined && `app eq ${literal('application', application)}`,
    action !== undefined && (action === 'blocked' ? 'action neq allow' : `action eq ${literal('action', action)}`),
    rule !== undefined && `rule eq ${literal('rule', rule)}`,
    from_zone !== undefined && `zone.src eq ${literal('from_zone', from_zone)}`,
    to_zone !== undefined && `zone.dst eq ${literal('to_zone', to_zone)}`,
    user !== undefined && `user.src eq ${literal('user', user)}`,
    severity !== undefined && `severity eq ${literal('severity', severity)}`,
  ].filter(part => part !== false)
  return parts.map(part => `( ${part} )`).join(' and ')
}

export type LogEntry = Record<string, string>

/** Fields with something in them; the text of logs is whatever somebody sent through the firewall: data, not instructions. */
function readLogEntry(node: XmlNode): LogEntry {
  const fields = node.children.filter(field => field.children.length === 0 && field.text.trim() !== '')
  return { logid: node.attributes.logid ?? '', ...Object.fromEntries(fields.map(field => [field.name, field.text.trim()])) }
}

export interface LogState {
  readonly finished: boolean
  readonly percent: number
  readonly entries: readonly LogEntry[]
}

export function readLogState(result: XmlNode | undefined): LogState {
  if (!child(result, 'job')) {
    // A job whose entries were fetched is gone.
    throw new PanosError({
      kind: 'absent',
      message: 'The device does not know this log query: it was fetched already, or too long ago.',
      hint: 'Call query_logs again.',
    })
  }
  const logs = child(result, 'log', 'logs')
  // Some releases have no <log> while the query runs.
  const finished = textAt(result, 'job', 'status') === 'FIN'
  return {
    finished,
    percent: finished ? 100 : Number(logs?.attributes.progress ?? 0) || 0,
    entries: children(logs, 'entry').map(readLogEntry),
  }
}

/** What a log job is called towards clients: the device numbers its log jobs apart from the others. */
export const LOG_PREFIX = 'log-'

/** How long an answer that nobody wants is waited for, to learn which job must be ended. */
const LOOSE_END_MS = 5000

/** Begins a log job. A caller that leaves while it begins leaves no job behind: its answer is awaited a little longer, and the job ended. */
export function beginLogs(context: ToolContext, query: LogQuery): Promise<string> {
  const { signal } = context
  const client = context.client()
  signal.throwIfAborted()
  const own = new AbortController()
  const begun = client.queryLogs(query, own.signal).then(({ result }) => textAt(result, 'job'))
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason)
      const patience = setTimeout(() => own.abort(signal.reason), LOOSE_END_MS)
      begun
        .then(id => (id === undefined ? undefined : client.finishLogJob(id)))
        .catch(() => {})
        .finally(() => clearTimeout(patience))
    }
    signal.addEventListener('abort', leave, { once: true })
    begun
      .then(id => {
        if (id !== undefined) return resolve(id)
        throw new PanosError({
          kind: 'device',
          message: 'The device began no log query.',
          hint: 'Try again; look at show_resources if it stays.',
        })
      })
      .catch(reject)
      .finally(() => signal.removeEventListener('abort', leave))
  })
}

export async function fetchLogs({ client, signal }: ToolContext, id: string): Promise<LogState> {
  return readLogState((await client().logJob(id, signal)).result)
}

/** Waits for a log job within the budget; one whose caller leaves is ended at the device. */
export async function waitForLogs(context: ToolContext, id: string): Promise<LogState> {
  try {
    const known = await waitFor(
      context,
      () => fetchLogs(context, id),
      state => state.finished,
      state => ({ percent: state.percent, message: `log query ${id}` }),
    )
    return known ?? { finished: false, percent: 0, entries: [] }
  } catch (error) {
    // Not awaited: the caller has gone, and an answer that is late already does not wait for this one.
    if (context.signal.aborted) void context.client().finishLogJob(id)
    throw error
  }
}
