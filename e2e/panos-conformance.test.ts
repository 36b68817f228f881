/**
 * The bundled PAN-OS server and the MCP conformance suite. Promise: every server scenario that does not need the suite's own tools, resources
 * and prompts passes; those that do are named, so that a new one cannot fail unseen.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PanosServer, startPanosServer } from '../server/panos-server.ts'
import { type Simulator, startSimulator } from '../server/simulator/simulator.ts'
import { failing, serverScenarios, tally } from './interop/conformance.ts'

/** They call tools, prompts and resources of fixed names that the suite's example server has (`test_image_content`, `test://static-text`). */
const NEED_FIXTURES = [
  'completion-complete',
  'json-schema-2020-12',
  'prompts-get-embedded-resource',
  'prompts-get-simple',
  'prompts-get-with-args',
  'prompts-get-with-image',
  'resources-read-binary',
  'resources-read-text',
  'resources-templates-read',
  'server-sse-polling',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-image',
  'tools-call-mixed-content',
  'tools-call-with-progress',
]
/** They try what a server may offer and this one does not: log messages, questions to the user and the model, subscriptions. */
const NOT_OFFERED = [
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'logging-set-level',
  'resources-subscribe',
  'resources-unsubscribe',
  'tools-call-elicitation',
  'tools-call-sampling',
  'tools-call-with-logging',
]
const APPLY = [
  'dns-rebinding-protection',
  'ping',
  'prompts-list',
  'resources-list',
  'server-initialize',
  'server-session-lifecycle',
  'server-sse-multiple-streams',
  'tools-call-error',
  'tools-call-simple-text',
  'tools-list',
]

describe('conformance of the PAN-OS server', () => {
  let simulator: Simulator
  let server: PanosServer
  beforeAll(async () => {
    simulator = await startSimulator({ objects: 20 })
    server = await startPanosServer({ env: { PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: simulator.apiKey } })
  })
  afterAll(async () => {
    await server?.close()
    await simulator?.close()
  })

  it('passes every server scenario that applies', async () => {
    const { results, words } = await serverScenarios('0.2.0-alpha.12', `${server.url}/mcp`, ['--requirements', '2025-11-25'])
    const scenarios = Object.keys(results).map(name => name.replace(/^server-/, ''))
    expect(scenarios.sort(), words).toEqual([...APPLY, ...NEED_FIXTURES, ...NOT_OFFERED].sort())
    expect(failing(results).map(name => name.replace(/^server-/, ''))).toEqual([...NEED_FIXTURES, ...NOT_OFFERED].sort())
    console.info(`conformance of the PAN-OS server: ${tally(results)}; ${APPLY.length} scenarios apply`)
  })
})
