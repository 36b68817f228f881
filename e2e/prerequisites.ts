/**
 * What the tests need beyond the dependencies: the Python environments and a browser. Promise: says what it does, installs only
 * what is missing, and never fails: what cannot be had comes back as a reason.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import { CHROMIUM_SWITCHES, installedChromium } from './chromium.ts'
import { environmentNames, preparePython } from './interop/python.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
type Say = (text: string) => void

/** Makes every Python environment that is missing, two at a time; the tests ask for them again, by name. */
export async function preparePythons(say: Say): Promise<void> {
  const left = [...environmentNames]
  const take = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const prepared = await preparePython(name, say)
      if (prepared.missing !== undefined) say(prepared.missing)
    }
  }
  await Promise.all([take(), take()])
}

/** Runs a program with its output on our standard error; resolves with the reason why it failed, or undefined. */
function attempt(program: string, args: readonly string[], limitMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn(program, args, { stdio: ['ignore', 2, 2], timeout: limitMs })
    child.on('error', error => resolve(`${program}: ${error.message}`))
    child.on('exit', (code, signal) => resolve(code === 0 ? undefined : `${program} ${args[0]} ended with ${signal ?? code}`))
  })
}

/** Starting it is the only proof that a browser works here: the file may be there and its libraries not. */
async function launches(): Promise<string | undefined> {
  const executablePath = installedChromium()
  try {
    const browser = await chromium.launch({ args: CHROMIUM_SWITCHES, ...(executablePath ? { executablePath } : {}) })
    await browser.close()
    return undefined
  } catch (error) {
    return (error as Error).message.split('\n')[0]
  }
}

/** Makes a browser available; resolves with the reason why there is none, or undefined. */
export async function prepareBrowser(say: Say): Promise<string | undefined> {
  let reason = await launches()
  if (reason === undefined) return undefined
  say(`No browser starts yet (${reason}). Trying Playwright's own …`)
  const cli = join(root, 'node_modules', 'playwright', 'cli.js')
  const install = await attempt(process.execPath, [cli, 'install', 'chromium'], 300_000)
  reason = install ?? (await launches())
  if (reason === undefined) return undefined
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    say(`Playwright's browser does not do (${reason}). Trying the distribution's package …`)
    await attempt('apt-get', ['update', '-q'], 120_000)
    const packaged = await attempt('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], 600_000)
    reason = packaged ?? (await launches())
    if (reason === undefined) return undefined
  }
  return `no browser: ${reason}; install Chromium or Chrome, or set CHROMIUM to its path`
}
