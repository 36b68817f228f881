/** The table without rows. Promise: says which it is: nothing came, nothing matches, or it is not here yet. */
import type { TableTab } from '../address.ts'
import { plural } from '../format.ts'
import { usePage, usePageState } from '../page-context.tsx'
import { Button } from '../parts/button.tsx'
import styles from './calls.module.css'

/** What is in no row: nothing yet, nothing that matches, or not here yet. */
export function NoRows({ tab, hidden, past }: { readonly tab: TableTab; readonly hidden: number; readonly past: boolean }) {
  const page = usePage()
  const everywhere = usePageState(state => state.address.findings === 'all')
  const loading = usePageState(state => state.loading)
  const name = { calls: 'call', exchanges: 'exchange', events: 'event', log: 'line', findings: 'finding' }[tab]
  if (hidden > 0)
    return (
      <div className={styles.say} role="status">
        No {name} matches. The filter hides {plural(hidden, 'row')}.
        <Button look="box" onClick={() => page.change({ filter: '', invert: false })}>
          Clear the filter
        </Button>
      </div>
    )
  if (loading) return <div className={styles.say}>Loading rows</div>
  const words = {
    calls: past ? 'No call was recorded.' : 'No call yet.',
    exchanges: past ? 'No exchange was recorded.' : 'No exchange yet.',
    events: 'No SSE event came.',
    log: 'No log of the server. Start with --server-log FILE, or let Seismograph start the server, to see its words on the same axis.',
    findings: `No finding. The rules saw nothing wrong in ${everywhere ? 'any session' : 'what is shown'}.`,
  }
  return <div className={styles.say}>{words[tab]}</div>
}
