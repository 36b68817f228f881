/**
 * `check_health`: can this server reach the firewall, and does its key work? Promise: one cheap request, and a failure says which step failed.
 */
import { z } from 'zod'
import { textAt } from '../panos/xml.ts'
import type { PanosTool } from './panos-tool.ts'

const input = z.object({})
const item = z.object({
  reachable: z.literal(true),
  authenticated: z.literal(true),
  model: z.string(),
  serial: z.string(),
  version: z.string(),
  answeredInMs: z.number(),
})

export const checkHealth: PanosTool<typeof input, z.infer<typeof item>> = {
  name: 'check_health',
  title: 'Check the connection to the firewall',
  description: 'Checks that the firewall answers and accepts the API key. Call this first when another tool fails.',
  toolset: 'core',
  input,
  item,
  async run(_, { client, signal }) {
    const began = performance.now()
    const { result } = await client().version(signal)
    const answeredInMs = Math.round(performance.now() - began)
    const [model, serial, version] = ['model', 'serial', 'sw-version'].map(name => textAt(result, name) ?? 'unknown')
    const health = { reachable: true, authenticated: true, model, serial, version, answeredInMs } as z.infer<typeof item>
    return {
      scope: 'type=version',
      items: [health],
      warnings: [],
      summary: `${client().device} answers in ${answeredInMs} ms and accepts the API key.`,
      line: found => `${found.model}, serial ${found.serial}, PAN-OS ${found.version}`,
    }
  },
}
