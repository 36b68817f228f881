/**
 * What it costs to list 100 of 40,000 address objects: time, memory of the server, requests to the firewall; cold, cached, the next page, and
 * as a search by IP. Promise: the real server in a process of its own, on a simulated firewall in another, measured from outside.
 * Run: node e2e/panos-figures.ts [OBJECTS]
 */
import { readFileSync } from 'node:fs'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { main } from './product.ts'
import { firstLine, start } from './program.ts'

const objects = process.argv[2] ?? '40000'
const simulator = start(process.execPath, [main, 'simulator', '--port', '0', '--key', 'figures', '--objects', objects, '--json', '--quiet'])
const { url } = await firstLine<{ url: string }>(simulator)
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [main, 'panos', '--transport', 'stdio', '--quiet'],
  env: { PANOS_HOSTNAME: url, PANOS_API_KEY: 'figures' },
})
const client = new Client({ name: 'figures', version: '1.0.0' })
await client.connect(transport)

/** MiB, as the kernel counts it. */
function memory(field: 'VmRSS' | 'VmHWM'): number {
  const [, kib = '0'] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${transport.pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}
const served = async (): Promise<number> => ((await (await fetch(`${url}/_simulator/stats`)).json()) as { served: number }).served

interface Answer {
  readonly total: number
  readonly nextCursor?: string
}
async function measure(what: string, name: string, input: Record<string, unknown>): Promise<Answer> {
  const before = await served()
  const startedAt = performance.now()
  const result = await client.callTool({ name, arguments: input })
  const ms = Math.round(performance.now() - startedAt)
  const answer = result.structuredContent as unknown as Answer
  const bytes = JSON.stringify(result).length
  console.log(
    [
      what.padEnd(26),
      `${ms} ms`.padStart(9),
      `${(await served()) - before} requests`.padStart(12),
      `${Math.round(bytes / 1000)} kB`.padStart(8),
    ].join(''),
    ` ${memory('VmRSS')} MiB now, ${memory('VmHWM')} MiB at most`,
  )
  return answer
}

console.log(`${objects} address objects; the server at rest takes ${memory('VmRSS')} MiB.`)
const { total, nextCursor } = await measure('100, cold', 'retrieve_address_objects', {})
await measure('100, cached', 'retrieve_address_objects', {})
await measure('the next 100', 'retrieve_address_objects', { cursor: nextCursor })
await measure('by IP, cached', 'retrieve_address_objects', { ip: '10.20.0.10' })
await measure('100, candidate, cold', 'retrieve_address_objects', { config: 'candidate' })
await measure('objects of an IP', 'find_object_by_ip', { ip: '10.20.0.10' })
if (String(total) !== objects) throw new Error(`the list has ${total} objects`)
await client.close()
await simulator.stop()
