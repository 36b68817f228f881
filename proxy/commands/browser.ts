/** Opens the page in the user's browser. Promise: only where somebody sits before a screen; never fails, never waits. */
import { spawn } from 'node:child_process'
import { platform } from 'node:os'

export function openBrowser(url: string, env: Readonly<Record<string, string | undefined>>): void {
  const screen = platform() !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
  if (!process.stderr.isTTY || env.CI || env.BROWSER === 'none' || env.SSH_CONNECTION || !screen) return
  const [program, ...args] =
    platform() === 'darwin' ? ['open', url] : platform() === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler', url] : ['xdg-open', url]
  if (program === undefined) return
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
