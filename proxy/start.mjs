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
// Node keeps there what it has stripped of its types, once for all starts and threads.
const cache = process.env.NODE_COMPILE_CACHE ? {} : { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), SEISMOGRAPH_COMPILED: '1' }
const child = spawn(node24(), [join(root, 'proxy', 'main.ts'), ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, ...cache },
})
// A terminal's Ctrl+C reaches the child by itself; a signal sent to us alone is passed on.
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT')
})
// npm that is ended by a signal takes its shell with it, and neither says a word to us: an orphan of npm ends as if it had been told.
const parent = process.ppid
const look = setInterval(() => {
  if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return
  clearInterval(look)
  child.kill('SIGTERM')
}, 250)
child.on('exit', (code, signal) => {
  clearInterval(look)
  if (signal) process.exitCode = 1
  else process.exitCode = code ?? 1
})
