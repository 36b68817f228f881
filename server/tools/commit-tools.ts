/**
 * `validate_candidate`, `commit`, `revert_candidate` and `push_to_devices`. Promise: nothing is committed but what was asked for: on request only
 * what was reviewed, or only some administrators' changes.
 */
import { z } from 'zod'
import { PanosError } from '../panos/panos-error.ts'
import { beginJob } from './begin-job.ts'
import { type Job, job } from './jobs.ts'
import type { PanosTool } from './panos-tool.ts'
import { type Change, listChanges, pendingChanges } from './show-pending-changes.ts'
import { CHANGES, members, nameIn, tag } from './write-tool.ts'

const ONCE = { ...CHANGES, idempotentHint: false }

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
    const send = () => context.client().commit(command, admins && 'partial', context.signal)
    return beginJob(context, 'Commit', { type: 'Commit', description, send }, 'There are no changes to commit.')
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
    const send = () => context.client().act('<validate><full></full></validate>', context.signal)
    return beginJob(context, 'Validation', { type: 'Validate', send }, 'The device began no validation.')
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
    const send = () => context.client().commit(command, 'all', context.signal)
    return beginJob(context, 'Push', { type: 'CommitAll', description, send }, 'The Panorama began no push.')
  },
}
