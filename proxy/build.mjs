// `npm run build`: everything that the published package ships, in dist/: the page, and the proxy and server as JavaScript.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, ensurePage, node24, root, say } from './setup.mjs'

await ensureDependencies()
await ensurePage()
for (const folder of ['proxy', 'server']) rmSync(join(root, 'dist', folder), { recursive: true, force: true })
say('Compiling proxy and server …')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(node24(), [tsc, '--project', join(root, 'proxy', 'tsconfig.build.json')], { stdio: 'inherit' })
process.exitCode = status ?? 1
