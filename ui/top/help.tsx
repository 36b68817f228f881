/** All keys, and the filter language, in one dialog. */
import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { FILTER_KEYS } from '../filter.ts'
import { KEY_HELP } from '../keys.ts'
import { usePage, usePageState } from '../page-context.tsx'
import { IconButton, Kbd } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import styles from './top.module.css'

export function Help() {
  const page = usePage()
  const open = usePageState(state => state.dialog === 'help')
  return (
    <Dialog.Root open={open} onOpenChange={now => page.dialog(now ? 'help' : undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={parts.backdrop} />
        <Dialog.Popup className={parts.dialog}>
          <div className={styles.head}>
            <Dialog.Title className={parts.dialogTitle}>Keys and filter</Dialog.Title>
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
