/**
 * A tool as servers really have it: it reads the whole subtree of the device groups, takes every entry below it (addresses, rules, serial
 * numbers) for a device group, and asks a Panorama for the address objects of each, one request after the other.
 * Promise: real requests to a simulated Panorama; each is a line in the server's log.
 */
import { startSimulator } from '../../simulator/simulator.ts'
import type { Stage } from '../scenario.ts'

const GROUPS = "/config/devices/entry[@name='localhost.localdomain']/device-group"

export interface Storm {
  /** How many requests the tool needs in all. */
  readonly needed: number
  /** Sends the next of `parts` equal parts of them. */
  ask(parts: number): Promise<void>
}

export async function panoramaStorm(stage: Stage): Promise<Storm> {
  const panorama = await startSimulator({ profile: 'panorama', deviceGroups: 3, objects: 24, rules: 9 })
  stage.onEnd(() => panorama.close())
  let sent = 0
  const get = async (xpath: string): Promise<string> => {
    const answer = await fetch(`${panorama.url}/api/`, {
      method: 'POST',
      headers: { 'X-PAN-KEY': panorama.apiKey },
      body: new URLSearchParams({ type: 'config', action: 'get', xpath }),
      signal: stage.signal,
    })
    stage.log(`INFO httpx HTTP Request: POST ${panorama.url}/api/ "HTTP/1.1 ${answer.status}" (${++sent})`)
    return answer.text()
  }
  const names = [...(await get(GROUPS)).matchAll(/<entry name="([^"']+)"/g)].map(([, name]) => name ?? '')
  let next = 0
  return {
    needed: names.length,
    async ask(parts) {
      const share = names.slice(next, next + Math.ceil(names.length / parts))
      next += share.length
      for (const name of share) await get(`${GROUPS}/entry[@name='${name}']/address`)
    },
  }
}
