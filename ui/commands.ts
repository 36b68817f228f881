/** Keys into deeds: listens on the window, asks keys.ts what is meant, and does it. */
import { useEffect } from 'react'
import { passes, surroundings } from './filter-match.ts'
import { sessionsInReach } from './findings/reach.ts'
import { focusSelected } from './focus.ts'
import { type Command, commandOf } from './keys.ts'
import type { Page } from './page.ts'
import { SMALL, usePage } from './page-context.tsx'
import { ZOOM } from './timeline/scale.ts'

/** Of the shown time. */
const PAN = 0.2
/** In the order of the focus: section 5 of the design. */
const PANES = ['top', 'sessions', 'setup', 'timeline', 'table', 'detail'] as const

const WORKPLACES = [
  '[role="application"]',
  '[role="row"][tabindex="0"]',
  '[role="option"][tabindex="0"]',
  '[role="tab"][aria-selected="true"]',
  'a[href], button:not(:disabled), input, select, [tabindex="0"]',
]

function toPane(step: 1 | -1): void {
  const panes = PANES.map(name => document.querySelector<HTMLElement>(`[data-pane="${name}"]`)).filter(one => one !== null)
  const here = panes.findIndex(one => one.contains(document.activeElement))
  for (let tried = 1; tried <= panes.length; tried++) {
    const pane = panes[(here + step * tried + panes.length * 2) % panes.length]
    // The part that one works in, before its tools.
    const goal = pane && WORKPLACES.map(part => pane.querySelector<HTMLElement>(part)).find(one => one !== null)
    if (!goal) continue
    goal.focus()
    return
  }
}

function toRow(key: string): void {
  const row = document.querySelector<HTMLElement>('[data-pane="table"] [role="row"][tabindex="0"]')
  row?.focus()
  row?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
}

/** Through the findings that the table lists, or would; where the filter hides them all, through all of them. */
function toFinding(page: Page, step: 1 | -1): void {
  const scene = page.scene()
  if (!scene) return
  const { address, cleared, terms, found } = page.store.getState()
  const shown = scene.shown.map(one => page.rows.ofSession(one.id)).filter(one => one !== undefined)
  const inReach = sessionsInReach(address, shown, page.rows, cleared).flatMap(one => one.findings)
  const around = surroundings(page.rows, found, scene.now)
  const passing = inReach.filter(one => passes(terms, address.invert, one, around))
  const all = passing.length > 0 ? passing : inReach
  const { selection } = address
  const here = selection?.kind === 'finding' ? all.findIndex(one => one.id === selection.id) : step > 0 ? -1 : 0
  const next = all[(here + step + all.length) % all.length]
  if (!next) return
  // In the table the focus goes with the selection.
  if (document.activeElement?.closest('[data-pane="table"] [role="row"]')) focusSelected()
  page.select({ kind: 'finding', id: next.id })
  page.reveal({ kind: 'finding', id: next.id })
}

/** Opens the search; where it is open already, back to its text. */
function toSearch(page: Page): void {
  page.dialog('search')
  document.querySelector<HTMLInputElement>('#search')?.select()
}

/** The n-th of the tabs that are there: not every subject has all of them. */
function toTab(page: Page, n: number): void {
  page.open()
  document.querySelectorAll<HTMLElement>('[data-pane="detail"] [role="tab"]')[n - 1]?.click()
}

function close(page: Page): void {
  const { address, sessionsOpen, detailClosed } = page.store.getState()
  if (sessionsOpen) page.openSessions(false)
  else if (address.expanded) page.expand(false)
  else if (!detailClosed) window.matchMedia(SMALL).matches ? page.close() : page.select(null)
}

function perform(page: Page, command: Command): void {
  const tab = /^tab-(\d)$/.exec(command)?.[1]
  if (tab) toTab(page, Number(tab))
  else if (command === 'next-pane' || command === 'previous-pane') toPane(command === 'next-pane' ? 1 : -1)
  else if (command === 'search') toSearch(page)
  else if (command === 'help') page.dialog(command)
  else if (command === 'filter') document.getElementById('filter')?.focus()
  else if (command === 'next' || command === 'previous' || command === 'first' || command === 'last')
    toRow({ next: 'j', previous: 'k', first: 'g', last: 'G' }[command])
  else if (command === 'next-finding' || command === 'previous-finding') toFinding(page, command === 'next-finding' ? 1 : -1)
  else if (command === 'open') page.open()
  else if (command === 'expand') page.expand(!page.store.getState().address.expanded)
  else if (command === 'zero') page.zero('selection')
  else if (command === 'fit') page.fit()
  else if (command === 'follow') page.follow(!page.store.getState().address.follow)
  else if (command === 'pause') page.pause()
  else if (command === 'close') close(page)
  else if (command === 'zoom-in' || command === 'zoom-out') page.zoom(command === 'zoom-in' ? 1 / ZOOM : ZOOM)
  else if (command === 'pan-left' || command === 'pan-right') page.pan(command === 'pan-left' ? -PAN : PAN)
}

export function useCommands(): void {
  const page = usePage()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      const at = event.target instanceof HTMLElement ? event.target : document.body
      const command = commandOf(
        { key: event.key, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, shift: event.shiftKey },
        {
          typing: at.matches('input, textarea, select, [contenteditable]'),
          overlay: document.querySelector('[role="dialog"], [role="menu"]') !== null,
          control: at.matches('button, a, [role="tab"], [role="option"], [role="separator"], [role="slider"]'),
        },
      )
      if (!command) return
      event.preventDefault()
      perform(page, command)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [page])
}
