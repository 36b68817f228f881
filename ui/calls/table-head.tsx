/** The heading of the table's columns. Promise: the same columns as the rows below it. */
// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid cannot be a <table>; its rows are placed freely
// biome-ignore-all lint/a11y/useFocusableInteractive: the row has the focus, not its cells (roving tabindex)
import type { TableTab } from '../address.ts'
import { classes, Hidden } from '../parts/button.tsx'
import type { Range, Zero } from '../view.ts'
import styles from './calls.module.css'
import { waterfallHeading } from './waterfall.tsx'

interface TableHeadProps {
  readonly tab: TableTab
  readonly zero: Zero
  readonly range: Range
}

export function TableHead({ tab, zero, range }: TableHeadProps) {
  const at = zero.mode === 'clock' ? 'At' : 'At, s'
  if (tab === 'log' || tab === 'findings')
    return (
      <div className={styles.head} role="rowgroup">
        <div className={classes(styles.row, styles.text)} role="row">
          <span role="columnheader">
            <Hidden>{tab === 'log' ? 'Number' : 'Severity'}</Hidden>
          </span>
          <span role="columnheader" className={styles.number}>
            {at}
          </span>
          <span role="columnheader">{tab === 'log' ? 'Line' : 'Finding'}</span>
          <span role="columnheader">{tab === 'log' ? 'From' : 'Rule'}</span>
        </div>
      </div>
    )
  return (
    <div className={styles.head} role="rowgroup">
      <div className={styles.row} role="row">
        <span
          role="columnheader"
          className={styles.number}
          title={tab === 'calls' ? 'Number of the call within its session. The JSON-RPC id stands in the detail.' : undefined}
        >
          #
        </span>
        <span role="columnheader" className={styles.number}>
          {at}
        </span>
        <span role="columnheader">{tab === 'exchanges' ? 'Exchange' : tab === 'events' ? 'Event' : 'Call'}</span>
        <span role="columnheader">{tab === 'events' ? <Hidden>Status</Hidden> : 'Status'}</span>
        <span role="columnheader">Delivery</span>
        <span role="columnheader" className={classes(styles.number, styles.size)}>
          Size
        </span>
        <span role="columnheader" className={classes(styles.number, styles.time)}>
          {tab === 'events' ? <Hidden>Time</Hidden> : 'Time'}
        </span>
        <span role="columnheader" className={styles.fall} aria-label="Waterfall">
          {zero.mode === 'clock' ? '' : waterfallHeading(range, zero.at)}
        </span>
      </div>
    </div>
  )
}
