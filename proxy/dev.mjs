// `npm run dev`: the product, started anew when proxy/ or server/ change, with the page built anew when ui/ changes.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureDependencies, ensurePage, node24, root } from './setup.mjs'

await ensureDependencies()
await ensurePage()
const vite = [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--watch', '--config', join('ui', 'vite.config.ts')]
const main = ['--watch', '--watch-preserve-output', join(root, 'proxy', 'main.ts'), '--no-open', ...process.argv.slice(2)]
const children = [vite, main].map(args => spawn(node24(), args, { cwd: root, stdio: 'inherit' }))
for (const child of children) child.on('exit', code => process.exit(code ?? 0))
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => children.forEach(child => void child.kill(signal)))
