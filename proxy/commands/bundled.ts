/**
 * The server that comes with the product: the PAN-OS MCP server, on a simulated firewall unless PANOS_HOSTNAME names a real one.
 * Promise: started and stopped as one.
 */
import { type PanosServer, startPanosServer } from '../../server/panos-server.ts'
import { type Simulator, startSimulator } from '../../server/simulator/simulator.ts'

export interface Bundled {
  readonly server: PanosServer
  /** Absent where a real firewall is behind it. */
  readonly simulator: Simulator | undefined
  close(): Promise<void>
}

interface BundledOptions {
  readonly port: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: (line: string) => void
  readonly keepAliveMs?: number
  /** A simulated firewall even where PANOS_HOSTNAME names a real one. */
  readonly simulated?: boolean
}

export async function startBundled({ port, env, log, keepAliveMs, simulated }: BundledOptions): Promise<Bundled> {
  const simulator = simulated || !env.PANOS_HOSTNAME ? await startSimulator() : undefined
  const settings = simulator ? { ...env, PANOS_HOSTNAME: simulator.url, PANOS_API_KEY: simulator.apiKey } : env
  try {
    const server = await startPanosServer({ port, env: settings, log, ...(keepAliveMs !== undefined && { keepAliveMs }) })
    return {
      server,
      simulator,
      close: async () => {
        await server.close()
        await simulator?.close()
      },
    }
  } catch (error) {
    await simulator?.close()
    throw error
  }
}
