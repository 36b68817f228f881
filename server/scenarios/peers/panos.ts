/** The bundled PAN-OS server on a simulated firewall. Promise: it is the server that users run, log lines and all, gone when the play is over. */
import { type Apart, startPanosApart } from '../../apart.ts'
import type { SimulatorOptions } from '../../simulator/simulator.ts'
import type { Stage } from '../scenario.ts'

export interface PanosOptions {
  /** What the server's environment holds; the firewall's address and key by default. Given: no simulator is started. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly simulator?: SimulatorOptions
  /** Between two comments on an idle stream, real time. */
  readonly keepAliveMs?: number
}

/** Listens with /sse, /messages/ and /mcp. */
export async function servePanos(stage: Stage, { env, simulator = {}, keepAliveMs }: PanosOptions = {}): Promise<Apart> {
  const apart = await startPanosApart({
    server: { port: 0, env: env ?? {}, ...(keepAliveMs !== undefined && { keepAliveMs }) },
    ...(env === undefined && { simulator }),
    log: line => stage.log(line),
  })
  stage.onEnd(() => apart.close())
  return apart
}
