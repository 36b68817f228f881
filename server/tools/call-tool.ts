/**
 * Runs a tool and makes its outcome an MCP result. Promise: every success has the same envelope and a text that says the same for clients
 * that show no structured content; every failure is `isError` and says what to do; a call never rejects and never outlives its budget by much.
 */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import type { PanosClient } from '../panos/panos-client.ts'
import { asPanosError, PanosError } from '../panos/panos-error.ts'
import { cursorInput, type Finding, type PanosTool, type ToolContext, targetInput } from './panos-tool.ts'

/** Every tool has it, so it is sent many times: only what its name does not say is described. */
const schemaOf = (tool: PanosTool): z.ZodObject =>
  z.object({
    device: z.string(),
    scope: z.string(),
    config: z.enum(['running', 'candidate']).optional(),
    items: z.array(tool.item),
    total: z.number().describe('How many matched.'),
    returned: z.number(),
    truncated: z.boolean(),
    nextCursor: z.string().optional(),
    job: z
      .object({ id: z.string(), status: z.literal('running'), progress: z.number().optional() })
      .optional()
      .describe('Goes on at the device: see get_job.'),
    warnings: z.array(z.string()),
    fetchedAt: z.string(),
    elapsedMs: z.number(),
  })

const schemas = new WeakMap<PanosTool, z.ZodObject>()

/** Made once for each tool: every session of every client needs them. */
export function outputSchema(tool: PanosTool): z.ZodObject {
  const schema = schemas.get(tool) ?? schemaOf(tool)
  schemas.set(tool, schema)
  return schema
}

/**
 * Some clients drop the connection when one SSE event is larger than 1 MiB (Python's mcp 2.x with httpx2 does), so no answer grows that large.
 * Each item is in it twice, as text and as structured content.
 */
const MAX_ITEM_BYTES = 900_000

interface Page {
  readonly items: unknown[]
  readonly lines: string[]
  readonly full: boolean
}

function pageOf(found: Finding<unknown>, offset: number, limit: number): Page {
  const page: { items: unknown[]; lines: string[] } = { items: [], lines: [] }
  let bytes = 0
  for (const item of found.items.slice(offset, offset + limit)) {
    const line = found.line(item)
    bytes += Buffer.byteLength(JSON.stringify(item)) + Buffer.byteLength(JSON.stringify(line))
    if (bytes > MAX_ITEM_BYTES && page.items.length > 0) return { ...page, full: true }
    page.items.push(item)
    page.lines.push(line)
  }
  return { ...page, full: false }
}

/** A list, and a place in it. */
interface Place {
  readonly found: Finding<unknown>
  readonly offset: number
  /** Keeps the list for its other pages; gives the name that their cursors begin with. */
  keep(): string
}

function notesOn(page: Page, total: number, offset: number, next: string | undefined): string[] {
  if (next === undefined) return []
  if (offset + page.items.length >= total) return [`There may be more: cursor "${next}".`]
  const cut = page.full ? ' The answer ends here because some clients drop the connection above 1 MiB.' : ''
  const place = offset > 0 ? `, from ${offset + 1} on` : ''
  return [`${page.items.length} of ${total} are shown${place}.${cut} The next page: cursor "${next}"; filters narrow the search.`]
}

function success(
  { found, offset, keep }: Place,
  limit: number,
  client: PanosClient,
  context: ToolContext,
  startedAt: number,
): CallToolResult {
  const { scope, config, job } = found
  const total = found.items.length
  const page = pageOf(found, offset, limit)
  const end = offset + page.items.length
  const own = end < total ? `${keep()}.${end}` : undefined
  const next = own ?? found.nextCursor
  const warnings = [...client.warnings, ...found.warnings]
  const notes = [...warnings.map(warning => `Warning: ${warning}`), ...notesOn(page, total, offset, next)]
  if (job)
    notes.push(
      `Still running: call get_job with id "${job.id}"${context.client().serial === undefined ? '' : ` and target "${context.client().serial}"`}.`,
    )
  return {
    content: [{ type: 'text', text: [found.summary, ...notes, ...page.lines.filter(line => line !== '')].join('\n') }],
    structuredContent: {
      device: client.device,
      scope,
      ...(config && { config }),
      items: page.items,
      total,
      returned: page.items.length,
      truncated: next !== undefined,
      ...(next !== undefined && { nextCursor: next }),
      ...(job && { job }),
      warnings,
      fetchedAt: new Date(found.fetchedAt ?? Date.now()).toISOString(),
      elapsedMs: Math.round(performance.now() - startedAt),
    },
  }
}

/** What a tool without paging inputs is given. */
const PAGING = z.object({ target: targetInput, cursor: cursorInput, limit: z.number().default(Number.MAX_SAFE_INTEGER) })

/** Where the facts of a failure are in a result: structured content would have to follow the tool's output schema. */
export const ERROR_META = 'panos/error'

/** An error as a result: clients show the text to the model, and programs read `_meta`. */
export function failure(error: PanosError): CallToolResult {
  const { kind, message, hint, panosCode, httpStatus, retryable } = error
  const facts = {
    kind,
    message,
    hint,
    retryable,
    ...(panosCode !== undefined && { panosCode }),
    ...(httpStatus !== undefined && { httpStatus }),
  }
  return { isError: true, content: [{ type: 'text', text: `${message}\nWhat to do: ${hint}` }], _meta: { [ERROR_META]: facts } }
}

const cancelled = new PanosError({
  kind: 'cancelled',
  message: 'The call was cancelled.',
  hint: 'Call the tool again if you still want the answer.',
})
const tooLong = (budgetMs: number): PanosError =>
  new PanosError({
    kind: 'timeout',
    message: `The call took longer than its budget of ${budgetMs} ms and was given up.`,
    hint: 'Ask for less (a location, a filter), or raise PANOS_TOOL_BUDGET_MS and the time limit of the MCP client.',
    retryable: true,
  })

/** A call that waits for a job ends by itself at its budget; one that does not is ended a little later. */
const GRACE_MS = 5000

async function find(tool: PanosTool, input: Record<string, unknown>, cursor: string | undefined, context: ToolContext): Promise<Place> {
  // A tool's own cursors have no dot; those of a kept list do.
  if (cursor === undefined || (tool.ownCursor && !cursor.includes('.'))) {
    const found = await tool.run(input, context)
    // Neither of them changes which list it is.
    const question = JSON.stringify({ ...input, limit: undefined, refresh: undefined })
    return { found, offset: 0, keep: () => context.snapshots.pages({ tool: tool.name, question, items: found.items, list: found }) }
  }
  const [id = '', offset = ''] = cursor.split('.')
  const found = context.snapshots.listOf(id, tool.name, 'items') as Finding<unknown>
  return { found, offset: /^\d{1,9}$/.test(offset) ? Number(offset) : 0, keep: () => id }
}

/** Runs a tool; never rejects. */
export async function callTool(tool: PanosTool, input: Record<string, unknown>, context: ToolContext): Promise<CallToolResult> {
  const startedAt = performance.now()
  // Of several requests that belong together, one failure ends the others.
  const over = new AbortController()
  const limit = AbortSignal.timeout(context.budgetMs + GRACE_MS)
  try {
    const signal = AbortSignal.any([context.signal, over.signal, limit])
    const { target, ...paging } = PAGING.parse(input)
    const client = target === undefined ? context.client() : context.client().at(target)
    const snapshots = target === undefined ? context.snapshots : context.snapshots.of(target)
    const within: ToolContext = { ...context, client: () => client, snapshots, signal, deadline: startedAt + context.budgetMs }
    return success(await find(tool, input, paging.cursor, within), paging.limit, client, within, startedAt)
  } catch (error) {
    if (context.signal.aborted) return failure(cancelled)
    return failure(limit.aborted ? tooLong(context.budgetMs) : asPanosError(error))
  } finally {
    over.abort()
  }
}
