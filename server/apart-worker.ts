/**
 * The thread behind `startPanosApart`. Promise: it ends when it is told to, and says why when it cannot begin.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { ApartOptions, FromApart, ToApart } from './apart.ts'
import { startPanosServer } from './panos-server.ts'
import { type Simulator, startSimulator } from './simulator/simulator.ts'

if (!parentPort) throw new Error('this file runs as a thread of apart.ts')
const port = parentPort
const say = (message: FromApart): void => port.postMessage(message)
const { server: wanted, simulator: device } = workerData as Pick<ApartOptions, 'server' | 'simulator'>

let simulator: Simulator | undefined
try {
  simulator = device && (await startSimulator(device))
  const firewall = simulator && { PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: simulator.apiKey }
  const own = ['PANOS_TIMEOUT_MS', 'PANOS_TOOL_BUDGET_MS', 'PANOS_TOOLSETS', 'PANOS_ALLOW_WRITES', 'PANOS_ALLOW_COMMIT']
  // Settings of a real firewall must not reach the simulator.
  const env = firewall ? { ...Object.fromEntries(own.map(name => [name, wanted.env[name]])), ...firewall } : wanted.env
  const server = await startPanosServer({ ...wanted, env, log: line => say({ type: 'log', line }) })
  port.on('message', async (message: ToApart) => {
    if (message.type === 'latency') simulator?.setLatency(message.ms, message.perMegabyteMs)
    else {
      await server.close()
      await simulator?.close()
      port.close()
    }
  })
  say({ type: 'ready', url: server.url, port: server.port, simulator: simulator && { url: simulator.url, apiKey: simulator.apiKey } })
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  say({ type: 'failed', message: error instanceof Error ? error.message : String(error), code })
  // It may be listening already.
  await simulator?.close()
  port.close()
}
