/**
 * The demonstration: a real client of the SDK calls the bundled server through a proxy of its own and leaves before the last answer.
 * Promise: nothing is staged; what the page shows is what these sockets did. It touches no server of the user's.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Journal } from '../core/event.ts'
import { createForwarder } from '../forward.ts'
import { startBundled } from './bundled.ts'

/** How long the simulated firewall takes for the call that is given up, and when the client leaves. */
const SLOW_MS = 6000
const PATIENCE_MS = 4000
const PAUSE_MS = 350
const DEMO_UPSTREAM = 'demo'

const pause = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms))

async function connect(url: URL): Promise<Client> {
  // Only now: with all that it needs it would be a third of the memory of the thread that forwards, and every run would wait for it.
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
  const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js')
  const client = new Client({ name: 'Demonstration', version: '1.0' })
  // It will be closed with a call in flight, on purpose; that is no news here.
  client.onerror = () => {}
  await client.connect(new SSEClientTransport(url))
  return client
}

/** A healthy session that ends with a call too slow for its client, and the session that replaces it. */
async function story(url: URL, slow: (ms: number) => void): Promise<void> {
  const first = await connect(url)
  await first.listTools()
  for (const name of ['check_health', 'show_system_info', 'retrieve_security_zones']) {
    await pause(PAUSE_MS)
    await first.callTool({ name })
  }
  slow(SLOW_MS)
  const lost = first.callTool({ name: 'retrieve_address_objects' }).catch(() => {})
  await pause(PATIENCE_MS)
  await first.close()
  await lost
  slow(0)
  await pause(SLOW_MS - PATIENCE_MS)
  const second = await connect(url)
  await second.callTool({ name: 'retrieve_address_objects', arguments: { limit: 20 } })
  await pause(PAUSE_MS)
  await second.close()
}

/** Begins a demonstration in this recording; resolves when its first session is about to begin. One at a time. */
export function createDemo(journal: Journal, onEnd: (error?: Error) => void): () => Promise<void> {
  let playing = false
  return async () => {
    if (playing) throw new Error('the demonstration is playing already')
    playing = true
    const stage = await setStage(journal).catch((error: Error) => {
      playing = false
      throw error
    })
    void story(stage.url, stage.slow)
      .finally(stage.close)
      .then(() => onEnd(), onEnd)
      .finally(() => {
        playing = false
      })
  }
}

interface DemoStage {
  readonly url: URL
  readonly slow: (ms: number) => void
  readonly close: () => Promise<void>
}

async function setStage(journal: Journal): Promise<DemoStage> {
  const log = (text: string) => void journal.append({ kind: 'log', upstream: DEMO_UPSTREAM, source: 'stderr', text })
  const bundled = await startBundled({ port: 0, env: {}, log, onExit: log, keepAliveMs: 1000, simulated: true })
  const forwarder = createForwarder(journal, { name: DEMO_UPSTREAM, target: new URL(bundled.url) })
  try {
    const { address, port } = await forwarder.listen(0, '127.0.0.1')
    const close = async () => {
      await forwarder.drain(1000)
      await bundled.close()
    }
    return { url: new URL(`http://${address}:${port}/sse`), slow: ms => bundled.setLatency(ms), close }
  } catch (error) {
    await bundled.close()
    throw error
  }
}
