/**
 * Who may import what. Promise: the house rule of the README is a test, and it names the file, the line and the import that break it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  readonly file: string
  readonly line: number
  readonly specifier: string
}

const FOLDERS = ['proxy', 'server', 'ui', 'e2e']
const sources = FOLDERS.flatMap(folder => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter(entry => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
  .map(entry => relative(root, join(entry.parentPath, entry.name)).split('\\').join('/'))
  .filter(file => !file.includes('node_modules/'))

/** Comments out, strings kept, line breaks kept: so that a word in a comment is no import and line numbers stay true. */
const withoutComments = (text: string): string =>
  text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g,
    (whole, string?: string) => (string === undefined ? whole.replace(/[^\n]/g, ' ') : whole),
  )
const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** Every static import or re-export, dynamic `import('…')`, and `new URL('….ts', import.meta.url)`, which is how a worker is imported. */
function importsOf(file: string, text: string): Import[] {
  const code = withoutComments(text)
  const found: Import[] = []
  const forms = [
    /^[ \t]*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm,
    /\bimport\s*\(\s*(['"`])([^'"`\n]+)\1/g,
    /\bnew URL\(\s*(['"])([^'"\n]+\.(?:ts|tsx|mjs|js))\1\s*,\s*import\.meta\.url/g,
  ]
  for (const form of forms) {
    for (const match of code.matchAll(form)) found.push({ file, line: lineAt(code, match.index), specifier: match[2] ?? '' })
  }
  return found
}

/** The repository path that a relative import names; undefined for a package or a Node module. */
const targetOf = (item: Import): string | undefined =>
  item.specifier.startsWith('.') ? posix.normalize(posix.join(dirname(item.file), item.specifier)) : undefined

const isTest = (file: string): boolean => /\.(test|spec)\.tsx?$/.test(file)
const inPure = (path: string): boolean => path.startsWith('proxy/core/') || path.startsWith('proxy/rules/')

/** What is wrong with an import, in words; undefined when it is allowed. */
function objection(item: Import): string | undefined {
  const { file, specifier } = item
  const to = targetOf(item)
  const bare = to === undefined
  if (file.startsWith('proxy/core/')) {
    // Tests of pure code run somewhere: they may use the runner, the oracle and files.
    if (isTest(file)) return to?.startsWith('server/') || to?.startsWith('ui/') ? 'tests of core stay within proxy' : undefined
    return bare || !to.startsWith('proxy/core/') ? 'core imports nothing outside core' : undefined
  }
  if (file.startsWith('proxy/rules/')) {
    if (isTest(file)) return to?.startsWith('server/') || to?.startsWith('ui/') ? 'tests of rules stay within proxy' : undefined
    return bare || !inPure(to) ? 'rules import only core' : undefined
  }
  if (file.startsWith('proxy/')) {
    if (bare) return undefined
    if (to.startsWith('proxy/')) return undefined
    if (to.startsWith('server/')) {
      const may = file === 'proxy/main.ts' || file.startsWith('proxy/commands/')
      return may ? undefined : 'only proxy/main.ts and proxy/commands may import the server'
    }
    if (to === 'package.json') return undefined
    return `proxy does not import ${to.split('/')[0]}`
  }
  if (file.startsWith('server/')) {
    if (bare || to.startsWith('server/') || to === 'package.json') return undefined
    return 'the server imports nothing of the rest of the house'
  }
  if (file.startsWith('ui/')) {
    if (bare) {
      const isNode = specifier.startsWith('node:') || builtinModules.includes(specifier)
      const runsInNode = isTest(file) || /(^|\/)(vite\.config|[\w-]+\.bench)\.ts$/.test(file)
      return isNode && !runsInNode ? 'the page runs in a browser: no Node modules' : undefined
    }
    return to.startsWith('ui/') || inPure(to) ? undefined : 'the page imports only the pure half of the proxy'
  }
  return undefined
}

const all = sources.flatMap(file => importsOf(file, readFileSync(join(root, file), 'utf8')))

describe('who may import what', () => {
  it('holds for every file', () => {
    expect(sources.length, 'source files found').toBeGreaterThan(5)
    expect(
      all.flatMap(item => {
        const why = objection(item)
        return why ? [`${item.file}:${item.line} imports '${item.specifier}': ${why}`] : []
      }),
    ).toEqual([])
  })

  it.each([
    ['proxy/core/fold.ts', "import { readFileSync } from 'node:fs'"],
    ['proxy/core/fold.ts', "import { rules } from '../rules/index.ts'"],
    ['proxy/core/fold.ts', "import type { Journal } from '../journal/recording.ts'"],
    ['proxy/rules/redirect-path-mismatch.ts', "export { x } from '../inspector/api.ts'"],
    ['proxy/forward.ts', "import { start } from '../server/panos-server.ts'"],
    ['proxy/inspector/inspector.ts', "const x = await import('../../server/panos-server.ts')"],
    ['proxy/inspector/inspector.ts', "import {\n  a,\n  b,\n} from '../../ui/view.ts'"],
    ['proxy/inspector/inspector.ts', "new Worker(new URL('../../server/worker.ts', import.meta.url))"],
    ['server/tools/health.ts', "import { maskText } from '../../proxy/core/redact.ts'"],
    ['ui/store.ts', "import { openReader } from '../proxy/journal/reader.ts'"],
    ['ui/store.ts', "import { join } from 'node:path'"],
  ])('would catch %s with %s', (file, text) => {
    expect(importsOf(file, text).map(item => objection(item))).toEqual([expect.any(String)])
  })

  it.each([
    ['proxy/core/fold.ts', "import { splitter } from './sse.ts'"],
    ['proxy/rules/redirect-path-mismatch.ts', "import type { Facts } from '../core/model.ts'"],
    ['proxy/main.ts', "import { start } from '../server/panos-server.ts'"],
    ['proxy/commands/panos.ts', "import { start } from '../../server/panos-server.ts'"],
    ['ui/store.ts', "import type { AnyRow } from '../proxy/core/model.ts'"],
    ['ui/store.ts', "// import { x } from 'node:fs'\n/* import('node:fs') */"],
  ])('lets %s have %s', (file, text) => {
    expect(
      importsOf(file, text)
        .map(item => objection(item))
        .filter(Boolean),
    ).toEqual([])
  })
})

/** Names through which time, chance or I/O would come in by the back door. */
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|Math\.random|crypto\.|process\.|fetch\(|XMLHttpRequest|WebSocket|localStorage|document\.|window\.|globalThis)/

describe('core and rules are pure', () => {
  const pure = sources.filter(file => inPure(file) && !isTest(file))
  it.each(pure)('%s takes time and chance as arguments', file => {
    const code = withoutComments(readFileSync(join(root, file), 'utf8'))
    const hits = code
      .split('\n')
      .flatMap((line, index) =>
        IMPURE.test(line.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, "''")) ? [`${file}:${index + 1} ${line.trim()}`] : [],
      )
    expect(hits).toEqual([])
  })
})

/** For reviews: length is no fault by itself. */
afterAll(() => {
  const long = sources
    .map(file => ({
      file,
      lines: readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter(line => line.trim()).length,
    }))
    .filter(entry => entry.lines > 200)
    .sort((a, b) => b.lines - a.lines)
  console.info(
    long.length === 0
      ? 'No file has more than 200 lines.'
      : `Over 200 lines:\n${long.map(({ file, lines }) => `  ${lines} ${file}`).join('\n')}`,
  )
})
