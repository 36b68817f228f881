/**
 * The MCP face of the PAN-OS tools, independent of any transport. Promise: a call ends with its caller, whether the client cancels it,
 * closes the session or drops the one connection that its answer could travel on.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { createPanosClient, type PanosClient } from '../panos/panos-client.ts'
import type { Environment } from '../panos/settings.ts'
import { catalogue } from '../tools/catalogue.ts'
import { callTool, outputSchema, type PanosTool, READS_ONLY } from '../tools/panos-tool.ts'

export const SERVER_NAME = 'panos-mcp'
export const SERVER_VERSION = '0.1.0'

/** One line of the server's log, without a line end. */
export type Log = (line: string) => void

/** The connection that a call's answer must travel on, where there is just one: aborted when that connection closes. */
export const answerConnection = new AsyncLocalStorage<AbortSignal>()

/** What all sessions of one server share: the firewall, its limit of requests, the log. */
export interface PanosContext {
  /** Throws PanosError of kind `configuration`. */
  client(): PanosClient
  readonly log: Log
  /** Requests to the firewall that are under way. */
  inFlight(): number
  /** Tool calls that are under way, in all sessions. */
  readonly calls: Set<Promise<unknown>>
}

export function createContext(env: Environment, log: Log): PanosContext {
  let made: PanosClient | undefined
  return {
    client: () => {
      made ??= createPanosClient(env)
      return made
    },
    log,
    inFlight: () => made?.inFlight() ?? 0,
    calls: new Set(),
  }
}

function register(server: McpServer, tool: PanosTool, context: PanosContext): void {
  const config = {
    title: tool.title,
    description: tool.description,
    inputSchema: tool.input,
    outputSchema: outputSchema(tool),
    annotations: { title: tool.title, ...READS_ONLY },
  }
  server.registerTool(tool.name, config, async (input, extra) => {
    const startedAt = performance.now()
    const connection = answerConnection.getStore()
    const signal = connection ? AbortSignal.any([extra.signal, connection]) : extra.signal
    const call = callTool(tool, input, { client: context.client, signal })
    context.calls.add(call)
    const result = await call
    context.calls.delete(call)
    const outcome = signal.aborted ? 'the client left or cancelled; the firewall request was stopped' : result.isError ? 'failed' : 'ok'
    context.log(`tools/call ${tool.name}: ${outcome} after ${Math.round(performance.now() - startedAt)} ms`)
    return result
  })
}

/** A server for one session; connect it to one transport. */
export function createPanosMcp(context: PanosContext): McpServer {
  const server = new McpServer(
    { name: SERVER_NAME, title: 'PAN-OS firewall', version: SERVER_VERSION },
    { instructions: 'Read-only access to one PAN-OS firewall. When a tool fails, call check_health and do what its answer says.' },
  )
  for (const tool of catalogue) register(server, tool, context)
  server.server.onerror = error => context.log(`protocol: ${error.message}`)
  return server
}
