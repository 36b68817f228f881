// `npm test [-- PART…]`: makes the checkout ready, then runs the parts under the project's own Node.
// Promise: starts under any Node from 20 (hence no TypeScript), and ends with the exit code of the tests.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ensureDependencies, node24, root, say } from '../proxy/setup.mjs'

try {
  await ensureDependencies()
} catch (error) {
  say(`npm test: could not prepare this checkout: ${error instanceof Error ? error.message : error}`)
  process.stdout.write('0 passed, 1 failed, 0 skipped\n')
  process.exit(1)
}
const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
const child = spawn(node24(), [join(root, 'e2e', 'run-tests.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 130 : (code ?? 1)
})
