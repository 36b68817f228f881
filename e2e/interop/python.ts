/**
 * Python environments that hold the MCP SDKs of several eras. Promise: each is made once in the cache folder, from exact pins, and where
 * that cannot be (no Python, no registry) the reason comes back in words, for a named skip.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = process.env.SEISMOGRAPH_CACHE || join(root, '.cache')

/**
 * `first`: the version whose log says BrokenResourceError when a client leaves, with the Starlette and uvicorn of its time.
 * `last1`: the last of the 1.x line. `newest`: the newest release. The others: what their names say, for what differs by version.
 */
const ENVIRONMENTS = {
  first: ['mcp==1.6.0', 'starlette==0.46.2', 'uvicorn==0.34.2', 'sse-starlette==2.2.1', 'anyio==4.9.0', 'pydantic==2.11.10'],
  last1: ['mcp==1.30.0'],
  newest: ['mcp==2.3.0'],
  panos: ['pan-os-python==1.13.1'],
  junit: ['junitparser==5.0.3'],
  'mcp-1-12': ['mcp==1.12.0', 'starlette==0.46.2', 'uvicorn==0.34.2', 'sse-starlette==2.2.1', 'anyio==4.9.0', 'pydantic==2.11.10'],
  'mcp-1-26': ['mcp==1.26.0'],
  'mcp-1-29': ['mcp==1.29.0'],
  fastmcp: ['fastmcp==4.0.11'],
} as const
/**
 * Put over an environment without looking at what they require. fastmcp 4.1.6, the newest, asks for certifi>=2026.10.19, which the registry
 * may not have (its newest was 2026.10.18 on 2026-11-20, so that pip refuses each 4.1.x); all else that it asks for comes with 4.0.11, and
 * no request of a test needs a certificate.
 */
const OVER: Partial<Readonly<Record<EnvironmentName, readonly string[]>>> = {
  fastmcp: ['fastmcp==4.1.6', 'fastmcp-slim==4.1.6'],
}
export type EnvironmentName = keyof typeof ENVIRONMENTS
export const environmentNames = Object.keys(ENVIRONMENTS) as EnvironmentName[]

export type Prepared = { readonly python: string; readonly missing?: undefined } | { readonly missing: string }

const words = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message?: string }
  const lines = `${stderr ?? ''}\n${message ?? error}`.split('\n').map(line => line.trim())
  return lines.findLast(line => /^error|no module|not found|failed/i.test(line)) ?? lines.find(Boolean) ?? 'unknown error'
}

/** Set by the test run once an environment could not be made, so that no test file waits for the registry again. */
const variable = (name: EnvironmentName): string => `SEISMOGRAPH_NO_PYTHON_${name.toUpperCase()}`

/**
 * The interpreter of an environment, made now if it is missing (about 10 s each).
 * @param say told what is being done, when something is.
 */
export async function preparePython(name: EnvironmentName, say: (text: string) => void = () => {}): Promise<Prepared> {
  const known = process.env[variable(name)]
  if (known) return { missing: known }
  const pins = ENVIRONMENTS[name]
  const over = OVER[name] ?? []
  const wanted = [...pins, ...over].join('\n')
  const folder = join(cache, 'python', name)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, 'pins')
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python }
  say(`Installing ${[...pins, ...over].join(', ')} for Python into ${folder} …`)
  try {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    await exec(process.env.PYTHON || 'python3', ['-m', 'venv', folder], { timeout: 120_000 })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '20']
    await exec(python, [...pip, ...pins], { timeout: 240_000 })
    if (over.length > 0) await exec(python, [...pip, '--no-deps', ...over], { timeout: 120_000 })
    writeFileSync(stamp, wanted)
    return { python }
  } catch (error) {
    const missing = `Python environment ${pins[0]} could not be made: ${words(error)}`
    process.env[variable(name)] = missing
    return { missing }
  }
}
