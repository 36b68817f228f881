/**
 * A client on @modelcontextprotocol/client 2.x that plays the conformance suite's client scenarios at revision 2026-07-28:
 * `node conformance-client-v2.ts URL`, scenario in MCP_CONFORMANCE_SCENARIO. Promise: like its elder, it leaves every decision to the SDK.
 */
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { AutomaticOAuth } from './automatic-oauth.ts'
import { throughLogins } from './through-logins.ts'

interface Context {
  readonly client_id?: string
  readonly client_secret?: string
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[]
}
const url = new URL(process.argv.at(-1) ?? '')
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? 'tools_call'
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Context

/** Everything a server offers is listed and used once; a tool that fails is part of some scenarios. */
async function play(client: Client): Promise<void> {
  const { tools } = await client.listTools()
  const calls = context.toolCalls ?? tools.map(({ name }) => ({ name, arguments: name === 'add_numbers' ? { a: 5, b: 3 } : {} }))
  await Promise.all(calls.map(call => client.callTool(call).catch(error => console.error(`${call.name}: ${error}`))))
  const offers = client.getServerCapabilities()
  if (offers?.resources) {
    const { resources } = await client.listResources()
    for (const { uri } of resources) await client.readResource({ uri })
  }
  if (offers?.prompts) {
    const { prompts } = await client.listPrompts()
    for (const { name } of prompts) await client.getPrompt({ name })
  }
}

const { client_id, client_secret } = context
const registered = client_id ? { client_id, ...(client_secret ? { client_secret } : {}) } : undefined
const person = scenario.startsWith('auth/') ? new AutomaticOAuth(registered) : undefined

await throughLogins({
  open() {
    const client = new Client(
      { name: 'conformance-client-v2', version: '1.0.0' },
      { capabilities: { elicitation: {} }, versionNegotiation: { mode: 'auto' } },
    )
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept' as const, content: { name: 'Ada', confirmed: true } }))
    return { client, transport: new StreamableHTTPClientTransport(url, person ? { authProvider: person } : {}) }
  },
  play,
  async login(error, transport) {
    if (!(error instanceof UnauthorizedError) || !person) return false
    await transport.finishAuth(person.takeAnswer())
    return true
  },
})
