/**
 * `show_pending_changes`: what is in the candidate and not in the running configuration, by whom, and who holds locks. Promise: the digest
 * that it gives names exactly this set of changes, so that a commit can be refused when it is no longer what was reviewed.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { joined } from './listing.ts'
import { cursorInput, limitInput, type PanosTool, type ToolContext } from './panos-tool.ts'

export const change = z.object({
  xpath: z.string(),
  admin: z.string(),
  action: z.string().describe('What was done: SET, EDIT, DELETE and so on.'),
  component: z.string(),
})
export type Change = z.infer<typeof change>

export const readChanges = (result: XmlNode | undefined): Change[] =>
  children(child(result, 'journal'), 'entry').map(entry => {
    const of = (name: string): string => textAt(entry, name) ?? ''
    return { xpath: of('xpath'), admin: of('owner') || of('admin-history'), action: of('action'), component: of('component-type') }
  })

/** The same changes have the same digest. */
export const digestOf = (changes: readonly Change[]): string =>
  createHash('sha256')
    .update(JSON.stringify(changes.map(({ xpath, admin, action }) => [xpath, admin, action])))
    .digest('hex')
    .slice(0, 16)

export async function pendingChanges({ client, signal }: ToolContext): Promise<Change[]> {
  const { result } = await client().op('<show><config><list><changes></changes></list></config></show>', signal)
  return readChanges(result)
}

const input = z.object({
  admin: z.string().max(63).optional().describe('Only changes of this administrator.'),
  limit: limitInput,
  cursor: cursorInput,
})

const locksIn = (result: XmlNode | undefined, kind: string): string[] =>
  children(child(result, `${kind}-locks`), 'entry').map(
    entry => `${entry.attributes.name} holds the ${kind} lock (${textAt(entry, 'comment') ?? 'no comment'}).`,
  )

export const showPendingChanges: PanosTool<typeof input, Change> = {
  name: 'show_pending_changes',
  title: 'Show pending changes',
  description:
    'Lists edits that are not committed, with who made them, and says who holds locks. The digest in the summary can be given to commit.',
  toolset: 'core',
  input,
  item: change,
  async run({ admin }, context) {
    const { client, signal } = context
    const [all, config, commit] = await Promise.all([
      pendingChanges(context),
      client().op('<show><config-locks></config-locks></show>', signal),
      client().op('<show><commit-locks></commit-locks></show>', signal),
    ])
    const items = all.filter(each => admin === undefined || each.admin === admin)
    return {
      scope: 'candidate configuration against the running one',
      config: 'candidate',
      items,
      warnings: [...locksIn(config.result, 'config'), ...locksIn(commit.result, 'commit')],
      summary:
        all.length === 0
          ? `Nothing is waiting for a commit on ${client().device}.`
          : `${items.length} changes wait for a commit; digest of all: ${digestOf(all)}.`,
      line: each => joined(each.action, each.xpath, `by ${each.admin}`),
    }
  },
}
