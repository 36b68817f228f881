/**
 * What a tool of this server is, and the inputs that many of them share. Promise: a tool says what it found; how that becomes an answer
 * (envelope, pages, failures) is the same for all and lies in `call-tool.ts`.
 */
import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import type { ConfigKind, PanosClient } from '../panos/panos-client.ts'
import type { DeviceSnapshots } from './snapshots.ts'

export interface ToolContext {
  /** Throws PanosError of kind `configuration` while no firewall is configured. */
  client(): PanosClient
  readonly snapshots: DeviceSnapshots
  readonly signal: AbortSignal
  /** Tells a client that asked for it how far the work is. */
  progress(done: number, total: number | undefined, message: string): void
  /** After so long, work that goes on by itself is left to `get_job`. */
  readonly budgetMs: number
  /** When the budget is used up, by `performance.now()`: it counts from the beginning of the call, which `callTool` knows. */
  readonly deadline?: number
}

/** Work of the device that goes on after the answer. */
export interface RunningJob {
  readonly id: string
  readonly status: 'running'
  /** Percent, where the device says. */
  readonly progress?: number
}

/** What a tool found; the envelope's other fields are added around it. */
export interface Finding<Item> {
  /** Which part of which configuration was read, in words. */
  readonly scope: string
  readonly config?: ConfigKind
  /** All that match; the result shows a page of them. */
  readonly items: readonly Item[]
  readonly warnings: readonly string[]
  /** First line of the text. */
  readonly summary: string
  /** One line of text per item. */
  line(item: Item): string
  /** Milliseconds since the epoch, where it was not read for this call. */
  readonly fetchedAt?: number
  readonly job?: RunningJob
  /** For tools that page by themselves. */
  readonly nextCursor?: string
}

export const TOOLSETS = ['core', 'network', 'logs', 'policy', 'write', 'commit', 'expert'] as const
export type Toolset = (typeof TOOLSETS)[number]

export interface PanosTool<Input extends z.ZodObject = z.ZodObject, Item = unknown> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly toolset: Toolset
  readonly input: Input
  readonly item: z.ZodType<Item>
  /** READS_ONLY where absent. */
  readonly annotations?: ToolAnnotations
  /** Reads its `cursor` itself. */
  readonly ownCursor?: boolean
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
  .max(1000)
  .default(100)
  .describe('At most so many items are returned; the total is always given.')
export const cursorInput = z
  .string()
  .max(4000)
  .optional()
  .describe('The nextCursor of the previous answer gives the next page of the same list; the other inputs are then ignored.')
export const refreshInput = z
  .boolean()
  .default(false)
  .describe('Ask the device again rather than use what was read in the last 30 seconds.')
export const nameInput = z
  .string()
  .max(127)
  .optional()
  .describe('Only items whose name contains this text; upper and lower case are the same.')
export const locationInput = z
  .string()
  .max(63)
  .optional()
  .describe('Only one place: "shared", a virtual system such as vsys1, or a device group of a Panorama. list_locations names them.')

/** Of every tool that only reads. */
export const targetInput = z
  .string()
  .regex(/^\w{4,32}$/, 'a serial number')
  .optional()
  .describe('Behind a Panorama: serial number of the firewall to ask instead (list_locations names them).')
/** A tool's inputs as clients are told of them. */
export const inputsOf = (tool: PanosTool): z.ZodObject =>
  (tool.annotations ?? READS_ONLY).readOnlyHint ? tool.input.safeExtend({ target: targetInput }) : tool.input

/** Inputs of every list. */
export const listInputs = {
  name_contains: nameInput,
  location: locationInput,
  limit: limitInput,
  cursor: cursorInput,
  config: configInput,
  refresh: refreshInput,
}

/** Case-insensitive "contains", for every tool that filters by name. */
export function named(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase())
}
