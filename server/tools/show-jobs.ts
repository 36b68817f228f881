/** `show_jobs` and `get_job`: what the device is working on, and waiting for one piece of it. Promise: `get_job` takes the ids that other tools hand out. */
import { z } from 'zod'
import { fetchJob, isOver, type Job, job, jobLine, readJobs, silent, waitForJob } from './jobs.ts'
import { fetchLogs, LOG_PREFIX, type LogEntry, waitForLogs } from './log-query.ts'
import { cursorInput, limitInput, type PanosTool } from './panos-tool.ts'
import { briefly, logLine } from './query-logs.ts'

const listInput = z.object({
  type: z.string().max(63).optional().describe('Only jobs of this type, for example Commit, CommitAll or Validate.'),
  active: z.boolean().default(false).describe('Only jobs that are not over.'),
  limit: limitInput,
  cursor: cursorInput,
})

export const showJobs: PanosTool<typeof listInput, Job> = {
  name: 'show_jobs',
  title: 'Show jobs',
  description: 'Lists commits, validations, installations and other jobs, newest first, with their results.',
  toolset: 'core',
  input: listInput,
  item: job,
  async run({ type, active }, { client, signal }) {
    const { result } = await client().op('<show><jobs><all></all></jobs></show>', signal)
    const items = readJobs(result).filter(each => (type === undefined || each.type === type) && (!active || !isOver(each)))
    return { scope: 'show jobs all', items, warnings: [], summary: `${items.length} jobs on ${client().device}.`, line: jobLine }
  },
}

/** The entries of a job are one item of the answer, which stays below what clients take in one event. */
const MAX_LOG_BYTES = 400_000

function fitting(entries: readonly LogEntry[]): LogEntry[] {
  let bytes = 0
  return entries.filter(entry => {
    bytes += Buffer.byteLength(JSON.stringify(entry))
    return bytes <= MAX_LOG_BYTES
  })
}

const getInput = z.object({
  id: z
    .string()
    .regex(/^(?:log-)?\d{1,12}$/, 'a number, or log- and a number')
    .describe('The id that another tool gave, or one of show_jobs.'),
  wait: z.boolean().default(true).describe('Wait until it is over, as long as one call may take.'),
})

export const getJob: PanosTool<typeof getInput, Job> = {
  name: 'get_job',
  title: 'Get a job',
  description:
    'The state of one job, its result and messages; for a log query its entries. Waits for the end unless wait is false; call it again while it is running.',
  toolset: 'core',
  input: getInput,
  item: job,
  async run({ id, wait }, context) {
    if (id.startsWith(LOG_PREFIX)) {
      const { finished, percent, entries } = await (wait ? waitForLogs : fetchLogs)(context, id.slice(LOG_PREFIX.length))
      const state = { status: finished ? 'FIN' : 'ACT', result: finished ? 'OK' : 'PEND', progress: percent }
      const logs = fitting(entries.map(briefly))
      const left = entries.length - logs.length
      const item: Job = { id, type: 'Log', ...state, enqueuedAt: '', details: [], warnings: [], devices: [], logs }
      return {
        scope: `log query ${id}`,
        items: [item],
        warnings:
          left > 0 ? [`${left} older entries were left out of this answer: query_logs with until, or a smaller limit, has them.`] : [],
        summary: finished ? `The log query has ${entries.length} entries.` : `The log query is still running (${percent} %).`,
        line: each => (each.logs ?? []).map(logLine).join('\n'),
        ...(!finished && { job: { id, status: 'running' as const, progress: percent } }),
      }
    }
    const found = await (wait ? waitForJob : fetchJob)(context, id)
    if (!found) return silent(id)
    const over = isOver(found)
    // What was read before a commit ended is not what the device enforces now.
    if (over) context.snapshots.forget()
    return {
      scope: `job ${id}`,
      items: [found],
      warnings: [],
      summary: over
        ? `${found.type} job ${id} ended: ${found.result}.`
        : `${found.type} job ${id} is ${found.status} (${found.progress} %).`,
      line: jobLine,
      ...(!over && { job: { id, status: 'running' as const, progress: found.progress } }),
    }
  },
}
