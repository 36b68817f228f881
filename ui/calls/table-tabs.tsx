/** The tabs of the table. Promise: arrows walk them, one of them is always chosen. */
import type { KeyboardEvent } from 'react'
import type { TableTab } from '../address.ts'
import { usePage, usePageState } from '../page-context.tsx'
import styles from './calls.module.css'

export const TABS: readonly { readonly tab: TableTab; readonly name: string }[] = [
  { tab: 'calls', name: 'Calls' },
  { tab: 'exchanges', name: 'Exchanges' },
  { tab: 'events', name: 'Events' },
  { tab: 'log', name: 'Log' },
  { tab: 'findings', name: 'Findings' },
]
export function Tabs({ findings, problems }: { readonly findings: number; readonly problems: boolean }) {
  const page = usePage()
  const now = usePageState(state => state.address.table)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const at = TABS.findIndex(one => one.tab === now)
    const next = TABS[(at + step + TABS.length) % TABS.length]
    if (!next) return
    page.change({ table: next.tab })
    requestAnimationFrame(() => document.getElementById(`table-tab-${next.tab}`)?.focus())
  }
  return (
    <div className={styles.tabs} role="tablist" aria-label="Table" onKeyDown={onKeyDown}>
      {TABS.map(({ tab, name }) => (
        <button
          key={tab}
          id={`table-tab-${tab}`}
          type="button"
          role="tab"
          aria-selected={tab === now}
          aria-controls="table-panel"
          tabIndex={tab === now ? 0 : -1}
          className={tab === now || tab === 'calls' || tab === 'findings' ? undefined : styles.rare}
          onClick={() => page.change({ table: tab })}
        >
          {name}
          {tab === 'findings' && findings > 0 && <span className={problems ? styles.found : styles.calm}>{findings}</span>}
        </button>
      ))}
    </div>
  )
}
