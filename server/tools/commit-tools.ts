/**
 * `validate_candidate`, `commit`, `revert_candidate` and `push_to_devices`. Promise: a job is waited for within the budget and then left to
 * `get_job`; a commit whose answer was lost is looked up, never sent again.
 */
import { z } from 'zod'
import type { PanosAnswer } from '../panos/envelope.ts'
import { asPanosError, PanosError, type PanosErrorKind } from '../panos/panos-error.ts'
import { textAt } from '../panos/xml.ts'
import { inTime, isOver, type Job, job, jobLine, readJobs, silent, timeLeft, waitForJob } from './jobs.ts'
import type { Finding, PanosTool, ToolContext } from './panos-tool.ts'
import { type Change, listChanges, pendingChanges } from './show-pending-changes.ts'
import { CHANGES, members, nameIn, tag } from './write-tool.ts'

const ONCE = { ...CHANGES, idempotentHint: false }

const jobIn = (answer: PanosAnswer): string | undefined => textAt(answer.result, 'job')

const nothing = (summary: string): Finding<Job> => ({ scope: 'commit', items: [], warnings: [], summary, line: jobLine })

async function follow(context: ToolContext, id: string, what: string): Promise<Finding<Job>> {
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
  if (!found) return silent(id)
  const over = isOver(found)
  const failed = over && (found.result !== 'OK' || found.devices.some(({ result }) => result !== 'OK'))
  if (failed) {
    const details = [
      ...found.details,
      ...found.devices.flatMap(device =>
        device.result === 'OK' ? [] : [`${device.name || device.serial}: ${device.messages.join('; ')}`],
      ),
    ]
    throw new PanosError({
      kind: 'invalid',
      message: `${what} job ${id} failed. ${details.join(' ')}`,
      hint: 'Correct what the message names; show_pending_changes lists what was to be committed.',
    })
  }
  return {
    scope: `${what.toLowerCase()} job ${id}`,
    items: [found],
    warnings: found.warnings,
    summary: over ? `${what} job ${id} succeeded.` : `${what} job ${id} is at ${found.progress} % and goes on at the device.`,
    line: jobLine,
    ...(!over && { job: { id, status: 'running' as const, progress: found.progress } }),
  }
}

const UNCERTAIN = ['timeout', 'unreachable', 'unavailable', 'not-panos']

/** The newest job of a kind that is not over: what a request whose answer was lost may have begun. */
async function running({ client, signal }: ToolContext, type: string): Promise<Job | undefined> {
  const { result } = await client().op('<show><jobs><all></all></jobs></show>', signal)
  return readJobs(result).find(each => each.type === type && !isOver(each))
}

const lost = (type: string, kind: PanosErrorKind, why: string): PanosError =>
  new PanosError({
    kind,
    message: `The answer to the ${type.toLowerCase()} was lost (${why}), so it is not known whether it began.`,
    hint: 'Look at show_jobs before trying again: a second commit must not be sent blindly.',
  })

async function enqueue(
  context: ToolContext,
  type: string,
  ask: () => Promise<PanosAnswer>,
): Promise<{ readonly id?: string; readonly message: string }> {
  // What is sent so late is given up under way, and then nobody knows whether it began.
  if (timeLeft(context) === 0)
    throw new PanosError({
      kind: 'timeout',
      message: `The call's budget was used up before the ${type.toLowerCase()} was sent: nothing was begun.`,
      hint: 'Try again, or raise PANOS_TOOL_BUDGET_MS and the time limit of the MCP client.',
      retryable: true,
    })
  let answer: PanosAnswer | undefined
  try {
    answer = await inTime(context, ask())
  } catch (error) {
    const { kind, message } = asPanosError(error)
    if (context.signal.aborted || !UNCERTAIN.includes(kind)) throw error
    const begun = await inTime(context, running(context, type)).catch(() => undefined)
    if (begun) return { id: begun.id, message: 'found among the jobs' }
    throw lost(type, kind, message)
  }
  if (!answer) throw lost(type, 'timeout', "it did not come within the call's budget")
  const id = jobIn(answer)
  return { message: answer.message, ...(id !== undefined && { id }) }
}

const commitInput = z.object({
  description: z.string().max(512).optional().describe('Why; it is kept with the job.'),
  admins: z.array(nameIn).min(1).max(50).optional().describe('Commit only the changes of these administrators.'),
  expected_changes_digest: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional()
    .describe('The digest that show_pending_changes gave: the commit is refused when the changes are not those any more.'),
})

export const commit: PanosTool<typeof commitInput, Job> = {
  name: 'commit',
  title: 'Commit the candidate configuration',
  description:
    'Makes the pending changes the running configuration. Review them with show_pending_changes first and give its digest. A commit cannot be taken back while it runs.',
  toolset: 'commit',
  annotations: ONCE,
  input: commitInput,
  item: job,
  async run({ description, admins, expected_changes_digest: expected }, context) {
    if (expected !== undefined) {
      const { digest: now } = await pendingChanges(context)
      if (now !== expected)
        throw new PanosError({
          kind: 'conflict',
          message: `The pending changes are not those that were reviewed: their digest is ${now}, not ${expected}.`,
          hint: 'Review them again with show_pending_changes.',
        })
    }
    const partial = admins ? `<partial>${members('admin', admins)}</partial>` : ''
    const command = `<commit>${description ? tag('description', description) : ''}${partial}</commit>`
    const { id, message } = await enqueue(context, 'Commit', () => context.client().commit(command, false, context.signal))
    return id === undefined ? nothing(message || 'There are no changes to commit.') : follow(context, id, 'Commit')
  },
}

const none = z.object({})

export const validateCandidate: PanosTool<typeof none, Job> = {
  name: 'validate_candidate',
  title: 'Validate the candidate configuration',
  description: 'Checks the pending changes as a commit would, without committing them.',
  toolset: 'commit',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: none,
  item: job,
  async run(_, context) {
    const { id, message } = await enqueue(context, 'Validate', () =>
      context.client().act('<validate><full></full></validate>', context.signal),
    )
    return id === undefined ? nothing(message || 'The device began no validation.') : follow(context, id, 'Validation')
  },
}

const revertInput = z.object({
  admins: z
    .array(nameIn)
    .min(1)
    .max(50)
    .optional()
    .describe('Take back only the changes of these administrators; without it those of all.'),
  dry_run: z.boolean().default(false).describe('Only list what would be lost.'),
})

export const revertCandidate: PanosTool<typeof revertInput, Change> = {
  name: 'revert_candidate',
  title: 'Revert the candidate configuration',
  description: 'Throws pending changes away, those of all administrators unless some are named. This cannot be undone; use dry_run first.',
  toolset: 'commit',
  annotations: CHANGES,
  input: revertInput,
  item: z.object({ xpath: z.string(), admin: z.string(), action: z.string(), component: z.string() }),
  async run({ admins, dry_run: dryRun }, context) {
    const changes = await listChanges(context)
    const lost = admins ? changes.filter(({ admin }) => admins.includes(admin)) : changes
    if (!dryRun && lost.length > 0) {
      const partial = admins ? `<partial>${members('admin', admins)}</partial>` : ''
      await context.client().act(`<revert><config>${partial}</config></revert>`, context.signal)
      context.snapshots.forget()
    }
    return {
      scope: 'candidate configuration',
      config: 'candidate',
      items: lost,
      warnings: [],
      summary:
        lost.length === 0
          ? 'There was nothing to revert.'
          : dryRun
            ? `Dry run: ${lost.length} changes would be lost.`
            : `${lost.length} changes were thrown away.`,
      line: each => `${each.action}  ${each.xpath}  by ${each.admin}`,
    }
  },
}

const pushInput = z.object({
  device_group: nameIn.describe('The devices of this group get the policy; those of groups below it do not.'),
  description: z.string().max(512).optional(),
})

export const pushToDevices: PanosTool<typeof pushInput, Job> = {
  name: 'push_to_devices',
  title: 'Push policy to firewalls',
  description:
    'On a Panorama: pushes committed policy to the firewalls of a device group and waits for what each of them says. Commit on the Panorama first.',
  toolset: 'commit',
  annotations: ONCE,
  input: pushInput,
  item: job,
  async run({ device_group: group, description }, context) {
    const note = description ? tag('description', description) : ''
    const command = `<commit-all><shared-policy>${note}<device-group><entry name="${group}"/></device-group></shared-policy></commit-all>`
    const { id, message } = await enqueue(context, 'CommitAll', () => context.client().commit(command, true, context.signal))
    return id === undefined ? nothing(message || 'The Panorama began no push.') : follow(context, id, 'Push')
  },
}
