/**
 * Which test files belong to which part of `npm test`, and how long they may take. Promise: a part is chosen by where its file lies,
 * never by a list of names; Playwright's `.spec.ts` files are nobody's here.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
/**
 * Threads of the product run its TypeScript, and Node strips the types by WebAssembly, of which V8 13.6 sometimes frees what is in use when
 * many threads come and go in one process (a crash of the test's process; nodejs/node#64500). What lies in this cache is not stripped again.
 */
process.env.NODE_COMPILE_CACHE ??= `${root}.cache/compiled`
const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**', '**/*.spec.ts']
const ALONE = 'e2e/interop/conformance.test.ts'
/** Real processes, sockets and files: a limit here is a safety net against hanging, not a measurement. */
const patient = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 20_000 }

export default defineConfig({
  root,
  cacheDir: `${root}/.cache/vitest`,
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          root,
          include: ['{proxy,server,ui}/**/*.test.{ts,tsx}'],
          exclude: [...never, 'proxy/captures/**'],
          ...patient,
        },
      },
      { test: { name: 'captures', root, include: ['proxy/captures/**/*.test.ts'], exclude: never, ...patient } },
      { test: { name: 'integration', root, include: ['e2e/*.test.ts'], exclude: never, ...patient } },
      { test: { name: 'interop', root, include: ['e2e/interop/*.test.ts'], exclude: [...never, ALONE], ...patient } },
      // With nothing beside it: its peers keep time themselves (a reconnect that must come after 500 ms).
      { test: { name: 'interop alone', root, include: [ALONE], exclude: never, sequence: { groupOrder: 1 }, ...patient } },
    ],
  },
})
