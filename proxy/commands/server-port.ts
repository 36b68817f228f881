/**
 * The port of a server that we start ourselves. Promise: with port 0 in the target a free one is found and told to the server, as `{port}`
 * in its command line and as PORT in its environment; a port that is named is told in the same way.
 */
import { type AddressInfo, createServer } from 'node:net'
import { addressOf } from '../core/target-address.ts'
import { UsageError } from './command.ts'
import type { Plan } from './plan.ts'

const PLACE = '{port}'

async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** The plan with a real port in its target and in the server's command line. Throws UsageError for port 0 where we start no server. */
export async function withServerPort(plan: Plan): Promise<Plan> {
  const [target] = plan.targets
  const open = plan.targets.find(({ url }) => url.port === '0')
  if (open && plan.command.length === 0)
    throw new UsageError(`--target ${open.url.href} names port 0: that is for a server started with -- COMMAND, which is told a free port`)
  if (!target || plan.command.length === 0) return plan
  const url = new URL(target.url)
  if (url.port === '0') url.port = String(await freePort(addressOf(url).host))
  const port = String(addressOf(url).port)
  return { ...plan, targets: [{ ...target, url }], command: plan.command.map(word => word.replaceAll(PLACE, port)) }
}

/** What the server's environment holds besides ours. */
export const serverEnvironment = ({ targets: [target] }: Plan): Readonly<Record<string, string>> =>
  target?.url.port ? { PORT: target.url.port } : {}
