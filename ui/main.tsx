/** Starts the page: takes the token out of the address, remembers it for this tab, and asks for one where there is none. */
import './tokens.css'
import './fonts.css'
import './base.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { takeToken } from './address.ts'
import { App } from './app.tsx'
import { Page } from './page.ts'
import { PageContext, usePageState } from './page-context.tsx'
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
  const page = new Page(location.origin, given)
  page.start()
  return page
}

/** The page, or the door where the recorder has nothing on us yet. */
function Entrance({ page, onToken }: { readonly page: Page; readonly onToken: (token: string) => void }) {
  const refused = usePageState(state => state.link.phase === 'refused')
  return refused && page.rows.sessions.size === 0 ? <Door reason="refused" onToken={onToken} /> : <App />
}

function Root() {
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

applyTheme(storedTheme())
const known = token()
const first = known ? start(known) : undefined
// A whole address put into a tab that shows the page already: only the fragment changes, nothing loads.
window.addEventListener('hashchange', () => takeToken(location.hash).token && location.reload())

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <Root />
    </CSPProvider>
  </StrictMode>,
)
