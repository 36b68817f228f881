// `npm start`: makes the checkout ready, then is `seismograph` with the same arguments, exit code and signals.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureDependencies, ensurePage, node24, root, say } from './setup.mjs'

try {
  await ensureDependencies()
  await ensurePage()
} catch (error) {
  say(`seismograph: could not prepare this checkout: ${error instanceof Error ? error.message : error}`)
  process.exit(2)
}
const child = spawn(node24(), [join(root, 'proxy', 'main.ts'), ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
// A terminal's Ctrl+C reaches the child by itself; a signal sent to us alone is passed on.
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT')
})
child.on('exit', (code, signal) => {
  if (signal) process.exitCode = 1
  else process.exitCode = code ?? 1
})
