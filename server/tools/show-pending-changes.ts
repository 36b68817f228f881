/**
 * `show_pending_changes`: what is in the candidate and not in the running configuration, by whom, and who holds locks. Promise: the digest
 * that it gives names exactly this set of changes, so that a commit can be refused when it is no longer what was reviewed.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { child, children, textAt, type XmlNode } from '../panos/xml.ts'
import { joined } from './listing.ts'
import { cursorInput, limitInput, type PanosTool, type ToolContext } from './panos-tool.ts'
import { shown } from './write-tool.ts'

export const change = z.object({
  xpath: z.string(),
  admin: z.string(),
  action: z.string().describe('What was done: SET, EDIT, DELETE and so on.'),
  component: z.string(),
  before: z.string().optional().describe('What is running there; absent when there is nothing.'),
  after: z.string().optional().describe('What the candidate holds there; absent when there is nothing.'),
})
export type Change = z.infer<typeof change>

const readChanges = (result: XmlNode | undefined): Change[] =>
  children(child(result, 'journal'), 'entry').map(entry => {
    const of = (name: string): string => textAt(entry, name) ?? ''
    return { xpath: of('xpath'), admin: of('owner') || of('admin-history'), action: of('action'), component: of('component-type') }
  })

/** Of so many changed places the content is read; a longer list is reviewed in parts, by administrator. */
const MOST_READ = 40
/** More than this of one place says little to a reader. */
const MOST_TEXT = 1500

/** What a place holds in a configuration; undefined for nothing. Whole branches are not fetched. */
async function contentAt({ client, signal }: ToolContext, config: 'running' | 'candidate', xpath: string): Promise<XmlNode | undefined> {
  return (await client().read(config, xpath, signal)).result?.children[0]
}
const readable = (xpath: string): boolean => xpath.startsWith('/config/') && xpath.split('/').length > 4

export interface Pending {
  readonly changes: readonly Change[]
  /** Of the candidate, by XPath, for as many places as are read. */
  readonly candidate: ReadonlyMap<string, XmlNode | undefined>
  /**
   * Names this set of changes and what it made of each place: the journal alone does not change when the same place is edited once more, and a
   * commit would then carry what nobody reviewed.
   */
  readonly digest: string
}

export async function listChanges({ client, signal }: ToolContext): Promise<Change[]> {
  const { result } = await client().op('<show><config><list><changes></changes></list></config></show>', signal)
  return readChanges(result)
}

export async function pendingChanges(context: ToolContext): Promise<Pending> {
  const changes = await listChanges(context)
  const places = [...new Set(changes.map(({ xpath }) => xpath))].filter(readable).slice(0, MOST_READ)
  const candidate = new Map(await Promise.all(places.map(async xpath => [xpath, await contentAt(context, 'candidate', xpath)] as const)))
  const digest = createHash('sha256')
    .update(JSON.stringify(changes.map(({ xpath, admin, action }) => [xpath, admin, action])))
    // With the marks of the edit: its time and number.
    .update(JSON.stringify([...candidate]))
    .digest('hex')
    .slice(0, 16)
  return { changes, candidate, digest }
}

function textOf(node: XmlNode | undefined): string | undefined {
  const text = shown(node)
  return text === undefined || text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}… (${text.length} characters)`
}

const input = z.object({
  admin: z.string().max(63).optional().describe('Only changes of this administrator.'),
  diff: z.boolean().default(true).describe(`The XML before and after, for the first ${MOST_READ} places.`),
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
    'What changed in the candidate configuration and waits for a commit: each edit with who made it, before and after, and who holds locks. The digest in the summary can be given to commit. For what was committed earlier, show_jobs and query_logs with type config.',
  toolset: 'core',
  input,
  item: change,
  async run({ admin, diff }, context) {
    const { client, signal } = context
    const [{ changes, candidate, digest }, config, commit] = await Promise.all([
      pendingChanges(context),
      client().op('<show><config-locks></config-locks></show>', signal),
      client().op('<show><commit-locks></commit-locks></show>', signal),
    ])
    const chosen = changes.filter(each => admin === undefined || each.admin === admin)
    const places = new Set(diff ? chosen.map(({ xpath }) => xpath).filter(xpath => candidate.has(xpath)) : [])
    const running = new Map(await Promise.all([...places].map(async xpath => [xpath, await contentAt(context, 'running', xpath)] as const)))
    const items = chosen.map(each => {
      const [before, after] = places.has(each.xpath) ? [textOf(running.get(each.xpath)), textOf(candidate.get(each.xpath))] : []
      return { ...each, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
    })
    const unread = new Set(changes.map(({ xpath }) => xpath)).size - candidate.size
    return {
      scope: 'candidate configuration against the running one',
      config: 'candidate',
      items,
      warnings: [
        ...locksIn(config.result, 'config'),
        ...locksIn(commit.result, 'commit'),
        ...(unread > 0 ? [`Of ${unread} changed places the content was not read: the digest holds for their list alone.`] : []),
      ],
      summary:
        changes.length === 0
          ? `Nothing is waiting for a commit on ${client().device}.`
          : `${items.length} changes wait for a commit; digest of all: ${digest}.`,
      line: each =>
        [
          joined(each.action.trim(), each.xpath, `by ${each.admin}`),
          ...(places.has(each.xpath) ? [`  before: ${each.before ?? 'nothing'}`, `  after: ${each.after ?? 'nothing'}`] : []),
        ].join('\n'),
    }
  },
}
