/**
 * What a tool of this server is, and how its outcome becomes an MCP result. Promise: every success has the same envelope and a text that says
 * the same for clients that show no structured content; every failure is `isError` and says what to do.
 */
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import type { PanosClient } from '../panos/panos-client.ts'
import { asPanosError, PanosError } from '../panos/panos-error.ts'

export interface ToolContext {
  /** Throws PanosError of kind `configuration` while no firewall is configured. */
  client(): PanosClient
  readonly signal: AbortSignal
}

/** What a tool found; the envelope's other fields are added around it. */
export interface Finding<Item> {
  /** Which part of which configuration was read, in words. */
  readonly scope: string
  /** All that match; the result shows a page of them. */
  readonly items: readonly Item[]
  readonly warnings: readonly string[]
  /** First line of the text. */
  readonly summary: string
  /** One line of text per item. */
  line(item: Item): string
}

export interface PanosTool<Input extends z.ZodObject = z.ZodObject, Item = unknown> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Input
  readonly item: z.ZodType<Item>
  run(input: z.infer<Input>, context: ToolContext): Promise<Finding<Item>>
}

/** Nothing here changes the device, and asking twice does what asking once does. */
export const READS_ONLY: ToolAnnotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true }

export const configInput = z
  .enum(['running', 'candidate'])
  .default('running')
  .describe('Which configuration to read: "running" is what the device enforces, "candidate" includes edits that are not committed yet.')
export const limitInput = z
  .number()
  .int()
  .min(1)
  .max(50_000)
  .default(100)
  .describe('At most so many items are returned; the total is always given.')
export const offsetInput = z
  .number()
  .int()
  .min(0)
  .default(0)
  .describe('Skip so many items: the nextOffset of the previous answer gives the next page.')
export const nameInput = z
  .string()
  .max(127)
  .optional()
  .describe('Only items whose name contains this text; upper and lower case are the same.')

export const outputSchema = (tool: PanosTool): z.ZodObject =>
  z.object({
    device: z.string().describe('Host and port of the device that answered.'),
    scope: z.string().describe('What was read.'),
    items: z.array(tool.item),
    total: z.number().int().describe('How many items matched.'),
    returned: z.number().int().describe('How many of them are in this result.'),
    truncated: z.boolean().describe('Whether items after these were left out.'),
    nextOffset: z.number().int().optional().describe('Where the next page begins, when items were left out.'),
    warnings: z.array(z.string()),
    fetchedAt: z.string().describe('When the answer was complete (ISO 8601).'),
    elapsedMs: z.number().describe('How long the device took.'),
  })

/** Case-insensitive "contains", for every tool that filters by name. */
export function named(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase())
}

/**
 * Some clients drop the connection when one SSE event is larger than 1 MiB (Python's mcp 2.x with httpx2 does), so no answer grows that large.
 * Each item is in it twice, as text and as structured content.
 */
const MAX_ITEM_BYTES = 900_000

interface Page<Item> {
  readonly items: Item[]
  readonly lines: string[]
  readonly full: boolean
}

function pageOf<Item>(found: Finding<Item>, offset: number, limit: number): Page<Item> {
  const page: { items: Item[]; lines: string[] } = { items: [], lines: [] }
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

function notesOn<Item>(page: Page<Item>, total: number, next: number | undefined): string[] {
  if (next === undefined) return []
  const cut = page.full ? ' The answer ends here because some clients drop the connection above 1 MiB.' : ''
  return [`${page.items.length} of ${total} are shown.${cut} The next page begins at offset ${next}; name_contains narrows the search.`]
}

function success<Item>(
  found: Finding<Item>,
  client: PanosClient,
  startedAt: number,
  paging: { offset: number; limit: number },
): CallToolResult {
  const { scope } = found
  const total = found.items.length
  const page = pageOf(found, paging.offset, paging.limit)
  const end = paging.offset + page.items.length
  const next = end < total ? end : undefined
  const warnings = [...client.warnings, ...found.warnings]
  const notes = [...warnings.map(warning => `Warning: ${warning}`), ...notesOn(page, total, next)]
  return {
    content: [{ type: 'text', text: [found.summary, ...notes, ...page.lines].join('\n') }],
    structuredContent: {
      device: client.device,
      scope,
      items: page.items,
      total,
      returned: page.items.length,
      truncated: next !== undefined,
      ...(next !== undefined && { nextOffset: next }),
      warnings,
      fetchedAt: new Date().toISOString(),
      elapsedMs: Math.round(performance.now() - startedAt),
    },
  }
}

/** What a tool without paging inputs is given. */
const WHOLE = z.object({ offset: offsetInput, limit: z.number().default(Number.MAX_SAFE_INTEGER) })

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

/** Runs a tool; never rejects. */
export async function callTool<Input extends z.ZodObject, Item>(
  tool: PanosTool<Input, Item>,
  input: z.infer<Input>,
  context: ToolContext,
): Promise<CallToolResult> {
  const startedAt = performance.now()
  // Of several requests that belong together, one failure ends the others.
  const over = new AbortController()
  try {
    const client = context.client()
    const signal = AbortSignal.any([context.signal, over.signal])
    return success(await tool.run(input, { client: () => client, signal }), client, startedAt, WHOLE.parse(input))
  } catch (error) {
    if (!context.signal.aborted) return failure(asPanosError(error))
    return failure(
      new PanosError({ kind: 'cancelled', message: 'The call was cancelled.', hint: 'Call the tool again if you still want the answer.' }),
    )
  } finally {
    over.abort()
  }
}
