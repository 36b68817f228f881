/** What a person wants of a tool's answer: its text. Promise: pure; a message of any other shape gives undefined. */
export interface ToolResult {
  /** The first text content, its whitespace kept; undefined where there is none. */
  readonly text: string | undefined
  /** Types of the other contents, in their order: `image`, `text`, `resource_link`. */
  readonly others: readonly string[]
  readonly structured: object | undefined
}

type Fields = { readonly [key: string]: unknown }
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param message a parsed JSON-RPC answer to `tools/call` */
export function toolResultOf(message: unknown): ToolResult | undefined {
  const result = isFields(message) ? message.result : undefined
  if (!isFields(result) || !Array.isArray(result.content)) return undefined
  const contents = result.content.filter(isFields)
  const first = contents.findIndex(one => one.type === 'text' && typeof one.text === 'string')
  const { structuredContent: structured } = result
  return {
    text: first < 0 ? undefined : String(contents[first]?.text),
    others: contents.filter((_, index) => index !== first).map(one => (typeof one.type === 'string' ? one.type : 'unknown')),
    structured: typeof structured === 'object' && structured !== null ? structured : undefined,
  }
}
