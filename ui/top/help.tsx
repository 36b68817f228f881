/** All keys, the signs and the filter language, in one dialog. */
import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { FILTER_KEYS } from '../filter.ts'
import { KEY_HELP } from '../keys.ts'
import { usePage, usePageState } from '../page-context.tsx'
import { IconButton, Kbd } from '../parts/button.tsx'
import { ActorBadge, SeverityGlyph } from '../parts/glyphs.tsx'
import parts from '../parts/parts.module.css'
import styles from './top.module.css'

/** Signs that stand without words where space is short. */
const SIGNS = [
  { sign: <ActorBadge actor="client" />, says: 'C: the client ended it; red where something was in flight' },
  { sign: <ActorBadge actor="server" />, says: 'S: the server ended it' },
  { sign: <ActorBadge actor="proxy" />, says: 'P: Seismograph ended it, or answered itself' },
  { sign: <SeverityGlyph severity="error" />, says: 'a finding: error' },
  { sign: <SeverityGlyph severity="warning" />, says: 'a finding: warning' },
  { sign: <SeverityGlyph severity="info" />, says: 'a finding: note' },
] as const

export function Help() {
  const page = usePage()
  const open = usePageState(state => state.dialog === 'help')
  return (
    <Dialog.Root open={open} onOpenChange={now => page.dialog(now ? 'help' : undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={parts.backdrop} />
        <Dialog.Popup className={parts.dialog}>
          <div className={styles.head}>
            <Dialog.Title className={parts.dialogTitle}>Keys, signs and filter</Dialog.Title>
            <span className={styles.space} />
            <Dialog.Close render={<IconButton icon={X} name="Close" />} />
          </div>
          <div className={styles.helpBody} tabIndex={-1}>
            {KEY_HELP.map(([keys, does]) => (
              <div key={does}>
                <span className={styles.keys}>{keys.map(key => (key === '…' ? key : <Kbd key={key}>{key}</Kbd>))}</span>
                {does}
              </div>
            ))}
            <p className={styles.section}>Signs on the timeline and in the table</p>
            {SIGNS.map(({ sign, says }) => (
              <div key={says}>
                <span className={styles.keys}>{sign}</span>
                {says}
              </div>
            ))}
            <p className={styles.section}>Filter: terms beside each other must all hold; a minus before one turns it round</p>
            {Object.entries(FILTER_KEYS).map(([key, says]) => (
              <div key={key} className={styles.language}>
                <code className={styles.mono}>{key}:</code>
                {says}
              </div>
            ))}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
