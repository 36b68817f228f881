/**
 * The server that comes with the product: the PAN-OS MCP server, on a simulated firewall unless PANOS_HOSTNAME names a real one.
 * Promise: it runs in a thread of its own, so that its work never holds up what is being recorded.
 */
import { type Apart, startPanosApart } from '../../server/apart.ts'

interface BundledOptions {
  readonly port: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: (line: string) => void
  readonly onExit: (reason: string) => void
  readonly keepAliveMs?: number
  /** A simulated firewall even where PANOS_HOSTNAME names a real one. */
  readonly simulated?: boolean
}

export function startBundled({ port, env, log, onExit, keepAliveMs, simulated }: BundledOptions): Promise<Apart> {
  return startPanosApart({
    server: { port, env, ...(keepAliveMs !== undefined && { keepAliveMs }) },
    ...((simulated || !env.PANOS_HOSTNAME) && { simulator: {} }),
    log,
    onExit,
  })
}
