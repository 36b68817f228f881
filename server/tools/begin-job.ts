/**
 * Begins a job at the device (a commit, a validation, a push) and follows it. Promise: it is waited for within the budget and then left to
 * `get_job`; one whose answer was lost is looked up, never sent again, and what another administrator began is not taken for it.
 */
import type { PanosAnswer } from '../panos/envelope.ts'
import { asPanosError, PanosError, type PanosErrorKind } from '../panos/panos-error.ts'
import { textAt } from '../panos/xml.ts'
import { inTime, isOver, type Job, jobLine, readJobs, silent, timeLeft, waitForJob } from './jobs.ts'
import type { Finding, ToolContext } from './panos-tool.ts'

const jobIn = (answer: PanosAnswer): string | undefined => textAt(answer.result, 'job')

const nothing = (summary: string): Finding<Job> => ({ scope: 'commit', items: [], warnings: [], summary, line: jobLine })

/** @param notes what is to be known of the job, whatever becomes of it */
async function follow(context: ToolContext, id: string, what: string, notes: readonly string[] = []): Promise<Finding<Job>> {
  let found: Job | undefined
  try {
    found = await waitForJob(context, id)
  } catch (error) {
    if (!context.signal.aborted) {
      const { message, kind } = asPanosError(error)
      throw new PanosError({
        kind,
        message: `${what} job ${id} goes on at the device, but asking for its state failed: ${message}`,
        hint: `Call get_job with id "${id}".`,
      })
    }
    throw error
  }
  context.snapshots.forget()
  if (!found) return { ...silent(id), warnings: notes }
  const over = isOver(found)
  const failed = over && (found.result !== 'OK' || found.devices.some(({ result }) => result !== 'OK'))
  if (failed) {
    const words = [
      ...notes,
      `${what} job ${id} failed.`,
      ...found.details,
      ...found.devices.flatMap(device =>
        device.result === 'OK' ? [] : [`${device.name || device.serial}: ${device.messages.join('; ')}`],
      ),
    ]
    throw new PanosError({
      kind: 'invalid',
      message: words.join(' '),
      hint: 'Correct what the message names; show_pending_changes lists what was to be committed.',
    })
  }
  return {
    scope: `${what.toLowerCase()} job ${id}`,
    items: [found],
    warnings: [...notes, ...found.warnings],
    summary: over ? `${what} job ${id} succeeded.` : `${what} job ${id} is at ${found.progress} % and goes on at the device.`,
    line: jobLine,
    ...(!over && { job: { id, status: 'running' as const, progress: found.progress } }),
  }
}

const UNCERTAIN = ['timeout', 'unreachable', 'unavailable', 'not-panos']

async function jobsOf({ client, signal }: ToolContext, type: string): Promise<Job[]> {
  const { result } = await client().op('<show><jobs><all></all></jobs></show>', signal)
  return readJobs(result).filter(each => each.type === type && each.id !== '')
}

/** What is sent, and what a job that it begins is known by. */
interface Order {
  /** As jobs are named: `Commit`. */
  readonly type: string
  readonly description?: string | undefined
  send(): Promise<PanosAnswer>
}

/**
 * The job that a request whose answer was lost has begun: a new one, which says what was asked for. Undefined when there is none, and when
 * there are two.
 */
async function begunBy(context: ToolContext, { type, description = '' }: Order, before: Promise<readonly Job[]>): Promise<Job | undefined> {
  const known = new Set((await before).map(({ id }) => id))
  const fresh = (await jobsOf(context, type)).filter(each => !known.has(each.id) && (each.description ?? '').trim() === description.trim())
  return fresh.length === 1 ? fresh[0] : undefined
}

const lost = (type: string, kind: PanosErrorKind, why: string): PanosError =>
  new PanosError({
    kind,
    message: `The answer to the ${type.toLowerCase()} was lost (${why}), so it is not known whether it began.`,
    hint: 'Look at show_jobs before trying again: a second commit must not be sent blindly.',
  })

/** Sends what begins a job, and follows it; `what` names it in sentences. */
export async function beginJob(context: ToolContext, what: string, order: Order, otherwise: string): Promise<Finding<Job>> {
  const { type } = order
  // What is sent so late is given up under way, and then nobody knows whether it began.
  if (timeLeft(context) === 0)
    throw new PanosError({
      kind: 'timeout',
      message: `The call's budget was used up before the ${type.toLowerCase()} was sent: nothing was begun.`,
      hint: 'Try again, or raise PANOS_TOOL_BUDGET_MS and the time limit of the MCP client.',
      retryable: true,
    })
  // Asked first and not waited for: a slow device would take its time twice. Should the new job be in it already, it is not taken for new.
  const before = jobsOf(context, type)
  before.catch(() => {})
  let answer: PanosAnswer | undefined
  try {
    answer = await inTime(context, order.send())
  } catch (error) {
    const { kind, message } = asPanosError(error)
    if (context.signal.aborted || !UNCERTAIN.includes(kind)) throw error
    const begun = await inTime(context, begunBy(context, order, before)).catch(() => undefined)
    if (!begun) throw lost(type, kind, message)
    const by = begun.user === undefined ? '' : ` of ${begun.user}`
    const note = `The answer to the ${type.toLowerCase()} was lost (${message}); job ${begun.id}${by}, which began just then, is taken for it.`
    return follow(context, begun.id, what, [note])
  }
  if (!answer) throw lost(type, 'timeout', "it did not come within the call's budget")
  const id = jobIn(answer)
  return id === undefined ? nothing(answer.message || otherwise) : follow(context, id, what)
}
