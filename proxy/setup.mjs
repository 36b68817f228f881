// What a checkout needs before it can run: dependencies, the built page, a Node that runs TypeScript.
// Promise: installs only what is missing, says what it does on standard error, and starts under any Node from 20 (hence no TypeScript).
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @param {string} text */
export const say = text => process.stderr.write(`${text}\n`)

/**
 * Runs a program to its end, its output on our standard error.
 * @param {string} program @param {string[]} args
 * @returns {Promise<void>} rejects with the exit code in words
 */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}`)),
    )
  })
}

/** @param {string} path */
const read = path => (existsSync(path) ? readFileSync(path, 'utf8') : '')
/** @param {string | Buffer} text */
const hash = text => createHash('sha256').update(text).digest('hex')

/** Installs exactly what the lock file says, unless that is what is there. */
export async function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.seismograph')
  const wanted = hash(readFileSync(join(root, 'package-lock.json')))
  if (read(stamp) === wanted) return
  say('Installing dependencies (npm ci), about half a minute …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  if (npm) await run(process.execPath, [npm, ...args])
  else await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
  node24()
  writeFileSync(stamp, wanted)
}

/** The Node that runs the product: this one where it can strip types, else the one that came with the dependencies. */
export function node24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  const bundled = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(bundled)) return bundled
  throw new Error(
    `Seismograph needs Node 24 or newer; this is ${process.versions.node} and the bundled one is missing.\n` +
      'npm may have skipped its install script: run "npm install-scripts approve node", then "npm ci"; or install Node 24.',
  )
}

/** Files whose change makes the built page old. @param {string} folder @returns {string[]} */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : [path]
  })
}

/** Builds the page into dist/ui, unless it is there and no source of it has changed. */
export async function ensurePage() {
  const list = [...sources('ui'), ...sources('proxy/core'), ...sources('proxy/rules'), 'package-lock.json']
  const state = hash(
    list
      .filter(path => !path.includes('.test.'))
      .sort()
      .map(path => `${path} ${hash(readFileSync(join(root, path)))}`)
      .join('\n'),
  )
  const stamp = join(root, 'dist', '.page')
  if (read(stamp) === state && statSync(join(root, 'dist', 'ui', 'index.html'), { throwIfNoEntry: false })) return
  say('Building the page …')
  await run(node24(), [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--config',
    join('ui', 'vite.config.ts'),
    '--logLevel',
    'warn',
  ])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
}
