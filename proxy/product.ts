/** Where this installation keeps its parts. Promise: right both from a checkout and from the published package. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A checkout runs proxy/*.ts, the package dist/proxy/*.js: one folder deeper. */
const home = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url)

export const version = (): string => (JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as { version: string }).version
/** What a person types to run this installation. */
export const invocation = import.meta.url.endsWith('.ts') ? 'npm start --' : 'seismograph'
/** The built page. */
export const pageFolder = (): string => fileURLToPath(new URL('dist/ui/', home))
export const pageIsBuilt = (): boolean => existsSync(new URL('dist/ui/index.html', home))
