/**
 * A client on @modelcontextprotocol/sdk 1.x that plays the conformance suite's client scenarios: `node conformance-client-v1.ts URL`, scenario in
 * MCP_CONFORMANCE_SCENARIO. Promise: it does what a person with this SDK would do, and ends with code 0 unless the SDK throws.
 */

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { AutomaticOAuth } from './automatic-oauth.ts'
import { throughLogins } from './through-logins.ts'

const url = new URL(process.argv.at(-1) ?? '')
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? 'initialize'
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Record<string, string>

type Provider = ConstructorParameters<typeof StreamableHTTPClientTransport>[1] extends infer O | undefined
  ? O extends { authProvider?: infer P }
    ? P
    : never
  : never

function provider(): { auth?: Provider; person?: AutomaticOAuth } {
  if (!scenario.startsWith('auth/')) return {}
  const { client_id: clientId = '', client_secret: clientSecret = '' } = context
  if (scenario === 'auth/client-credentials-basic') return { auth: new ClientCredentialsProvider({ clientId, clientSecret }) }
  if (scenario === 'auth/client-credentials-jwt') {
    const { private_key_pem: privateKey = '', signing_algorithm: algorithm = 'ES256' } = context
    return { auth: new PrivateKeyJwtProvider({ clientId, privateKey, algorithm }) }
  }
  const person = new AutomaticOAuth(clientId ? { client_id: clientId, client_secret: clientSecret } : undefined)
  return { auth: person, person }
}

async function play(client: Client): Promise<void> {
  const { tools } = await client.listTools()
  const [first] = tools
  const args = scenario === 'tools_call' ? { a: 5, b: 3 } : {}
  if (scenario !== 'initialize' && first) await client.callTool({ name: first.name, arguments: args })
}

const { auth, person } = provider()

await throughLogins({
  open() {
    const client = new Client(
      { name: 'conformance-client-v1', version: '1.0.0' },
      { capabilities: { elicitation: { form: { applyDefaults: true } } } },
    )
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }))
    return { client, transport: new StreamableHTTPClientTransport(url, auth ? { authProvider: auth } : {}) }
  },
  play,
  async login(error, transport) {
    if (!(error instanceof UnauthorizedError) || !person) return false
    await transport.finishAuth(person.takeAnswer().get('code') ?? '')
    return true
  },
})
