/**
 * Starts the page: takes the token out of the address, remembers it for this tab, and asks for one where there is none; or opens the
 * recording that lies in the page's own file. Promise: one of the two, or words.
 */
import './tokens.css'
import './fonts.css'
import './base.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { takeToken } from './address.ts'
import { App } from './app.tsx'
import { Connection } from './connection.ts'
import { embeddedBlock, readEmbedded } from './file/embedded.ts'
import { FileLine } from './file/file-line.ts'
import { FileRecorder } from './file/file-recorder.ts'
import { Page } from './page.ts'
import { PageContext, usePageState } from './page-context.tsx'
import { Recorder } from './recorder.ts'
import { Door } from './setup/door.tsx'
import { applyTheme, storedTheme } from './theme.ts'

const KEY = 'seismograph.token'

/** The token of this tab: from the address (which forgets it), else from an earlier look. */
function token(): string | undefined {
  const { token: given, rest } = takeToken(location.hash)
  if (given) {
    sessionStorage.setItem(KEY, given)
    history.replaceState(null, '', `${location.pathname}${location.search}${rest ? `#${rest}` : ''}`)
  }
  return given ?? sessionStorage.getItem(KEY) ?? undefined
}

function start(given: string): Page {
  const recorder = new Recorder(location.origin, given)
  return started(new Page(recorder, handlers => new Connection(recorder, __VERSION__, handlers)))
}

/** Of the file at this path; as it stands there where a lone % makes it no percent-encoding. */
function fileName(path: string): string {
  const name = path.split('/').pop() ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The page as a file: what it shows lies in it. */
async function startFile(block: HTMLElement): Promise<Page> {
  const embedded = await readEmbedded(block.textContent ?? '')
  const name = fileName(location.pathname).replace(/\.html?$/i, '')
  const recorder = new FileRecorder(embedded, `mcp-seismograph ${__VERSION__}`, name || 'recording')
  return started(new Page(recorder, handlers => new FileLine(recorder, handlers)))
}

function started(page: Page): Page {
  page.start()
  return page
}

/** The page, or the door where the recorder has nothing on us yet. */
function Entrance({ page, onToken }: { readonly page: Page; readonly onToken: (token: string) => void }) {
  const refused = usePageState(state => state.link.phase === 'refused')
  return refused && page.rows.sessions.size === 0 ? <Door reason="refused" onToken={onToken} /> : <App />
}

function Root({ first }: { readonly first: Page | undefined }) {
  const [page, setPage] = useState<Page | undefined>(first)
  const enter = (given: string) => {
    sessionStorage.setItem(KEY, given)
    page?.stop()
    setPage(start(given))
  }
  if (!page) return <Door reason="missing" onToken={enter} />
  return (
    <PageContext value={page}>
      <Entrance page={page} onToken={enter} />
    </PageContext>
  )
}

/** A page of the recorder's, or of a file. */
async function firstPage(): Promise<Page | undefined> {
  const block = embeddedBlock(document)
  if (block) return startFile(block)
  // A whole address put into a tab that shows the page already: only the fragment changes, nothing loads.
  window.addEventListener('hashchange', () => takeToken(location.hash).token && location.reload())
  const known = token()
  return known ? start(known) : undefined
}

function render(root: HTMLElement, first: Page | undefined): void {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <Root first={first} />
      </CSPProvider>
    </StrictMode>,
  )
}

applyTheme(storedTheme())
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
firstPage().then(
  first => render(root, first),
  (error: unknown) => {
    root.textContent = error instanceof Error ? error.message : String(error)
  },
)
