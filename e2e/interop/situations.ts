/**
 * What can happen to a session, done to whatever server stands there, by a client under full control. Promise: each situation is the same
 * for every stack, so that what differs in the verdict is the stack.
 */
import { createClient, pause } from '../../server/scenarios/peers/client.ts'
import { callTool, initialize, listTools, STREAMABLE } from '../../server/scenarios/peers/messages.ts'
import { openSse } from '../../server/scenarios/peers/sse-client.ts'
import { openStreamable } from '../../server/scenarios/peers/streamable-client.ts'
import type { Stage } from '../../server/scenarios/scenario.ts'

export type Wire = 'sse' | 'mcp'
export interface Ground {
  readonly stage: Stage
  /** URL of the server, through the proxy. */
  readonly url: string
  /** Ends the server as SIGTERM does, and starts another one in its place. */
  restart(): Promise<void>
}
export interface Situation {
  readonly name: string
  readonly sse: (ground: Ground) => Promise<void>
  readonly mcp: (ground: Ground) => Promise<void>
}

/** Longer than the tool `slow` takes: what the server logs at its end has been recorded. */
const AFTER_SLOW_MS = 3000

async function sseSession({ stage, url }: Ground) {
  const session = await openSse(stage, url)
  await session.begin()
  return session
}
async function mcpSession({ stage, url }: Ground) {
  const session = openStreamable(stage, url)
  await session.begin()
  return session
}

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'healthy',
    async sse(ground) {
      const session = await sseSession(ground)
      await session.post(listTools(1))
      await session.answer(1)
      await session.post(callTool(2, 'echo'))
      await session.answer(2)
      await session.leave()
    },
    async mcp(ground) {
      const session = await mcpSession(ground)
      await session.ask(listTools(1))
      await session.ask(callTool(2, 'echo'))
      await session.leave()
    },
  },
  {
    name: 'client leaves during a call',
    async sse(ground) {
      const session = await sseSession(ground)
      await session.post(callTool(1, 'slow'))
      await pause(200)
      await session.leave()
      await pause(AFTER_SLOW_MS)
    },
    async mcp(ground) {
      const session = await mcpSession(ground)
      // The head comes at once or with the answer, which nobody waits for.
      session.post(callTool(1, 'slow')).catch(() => {})
      await pause(200)
      session.client.close()
      await pause(AFTER_SLOW_MS)
    },
  },
  {
    name: 'request before initialize',
    async sse({ stage, url }) {
      const session = await openSse(stage, url)
      await session.post(listTools(1))
      await pause(300)
      await stage.quiet()
    },
    async mcp({ stage, url }) {
      const session = openStreamable(stage, url)
      const { whole } = await session.post(listTools(1), { 'mcp-protocol-version': '2025-06-18' })
      await whole
      await stage.quiet()
    },
  },
  {
    name: 'unknown session',
    async sse(ground) {
      const { stage } = ground
      const session = await sseSession(ground)
      const endpoint = new URL(session.endpoint)
      const name = endpoint.searchParams.has('session_id') ? 'session_id' : 'sessionId'
      const strange = '0f8fad5bd9cb469fa16570867728950e'
      endpoint.searchParams.set(name, name === 'session_id' ? strange : '0f8fad5b-d9cb-469f-a165-70867728950e')
      await session.leave()
      await createClient(stage).ask('POST', endpoint.href, { body: listTools(1) })
      await stage.quiet()
    },
    async mcp({ stage, url }) {
      const headers = { 'mcp-session-id': '0f8fad5b-d9cb-469f-a165-70867728950e', 'mcp-protocol-version': '2025-06-18' }
      await createClient(stage).ask('POST', url, { body: listTools(1), headers })
      await stage.quiet()
    },
  },
  {
    name: 'slash wrong',
    async sse({ stage, url }) {
      const session = await openSse(stage, url)
      const other = session.endpoint.includes('/messages/') ? ['/messages/', '/messages'] : ['/messages', '/messages/']
      await session.post(initialize(), session.endpoint.replace(other[0] as string, other[1] as string))
      await stage.skip(10_000)
      await session.leave()
    },
    async mcp({ stage, url }) {
      await createClient(stage).ask('POST', `${url}/`, { body: initialize(STREAMABLE) })
      await stage.skip(10_000)
    },
  },
  {
    name: 'server restarts',
    async sse(ground) {
      const session = await sseSession(ground)
      await session.post(callTool(1, 'echo'))
      await session.answer(1)
      await ground.restart()
      await session.stream.whole
      await session.post(callTool(2, 'echo'))
      await ground.stage.quiet()
    },
    async mcp(ground) {
      const session = await mcpSession(ground)
      await session.ask(callTool(1, 'echo'))
      await ground.restart()
      await (await session.post(callTool(2, 'echo'))).whole
      await ground.stage.quiet()
    },
  },
  {
    name: 'server never answers',
    async sse(ground) {
      const session = await sseSession(ground)
      await session.post(callTool(1, 'never'))
      await ground.stage.skip(120_000)
    },
    async mcp(ground) {
      const session = await mcpSession(ground)
      session.post(callTool(1, 'never')).catch(() => {})
      await pause(200)
      await ground.stage.skip(120_000)
    },
  },
  {
    name: 'credential unset',
    async sse(ground) {
      const session = await sseSession(ground)
      await session.post(callTool(1, 'credential'))
      await session.answer(1)
      await session.leave()
    },
    async mcp(ground) {
      const session = await mcpSession(ground)
      await session.ask(callTool(1, 'credential'))
      await session.leave()
    },
  },
]
