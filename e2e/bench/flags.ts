/** `--key value` pairs of the load programs. Promise: the defaults give the types; an unknown key is an error. */
export function flags<T extends Record<string, string | number>>(defaults: T, argv: readonly string[] = process.argv.slice(2)): T {
  const out: Record<string, string | number> = { ...defaults }
  for (let index = 0; index < argv.length; index += 2) {
    const key = (argv[index] ?? '').replace(/^--/, '')
    const value = argv[index + 1] ?? ''
    if (!(key in defaults)) throw new Error(`unknown flag --${key}; known: ${Object.keys(defaults).join(', ')}`)
    out[key] = typeof defaults[key] === 'number' ? Number(value) : value
  }
  return out as T
}

export const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )

/** A load program must end by itself, whatever the proxy does. */
export function endAfter(limitMs: number, say: () => unknown): void {
  setTimeout(() => {
    console.log(JSON.stringify({ ...(say() as object), error: `did not end within ${limitMs} ms` }))
    process.exit(2)
  }, limitMs).unref()
}
