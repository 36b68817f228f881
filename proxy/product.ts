/** Where this installation keeps its parts. Promise: right both from a checkout and from the published package. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A checkout runs proxy/*.ts, the package dist/proxy/*.js: one folder deeper. */
const home = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url)

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
}
const manifest = (): Manifest => JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as Manifest

export const version = (): string => manifest().version

/** What to say on a Node that is too old, such as 20.20.2; undefined on one that will do. */
export function nodeTrouble(running: string): string | undefined {
  const wanted = Number(/\d+/.exec(manifest().engines.node)?.[0])
  if (Number.parseInt(running, 10) >= wanted) return undefined
  return `this needs Node ${wanted} or newer, and runs on ${running}. Update Node, or let npm bring one for it: npx -p node@${wanted} -p mcp-seismograph seismograph`
}
/** What a person types to run this installation. */
export const invocation = import.meta.url.endsWith('.ts') ? 'npm start --' : 'seismograph'
/** The built page. */
export const pageFolder = (): string => fileURLToPath(new URL('dist/ui/', home))
