/** How to point one more client at the proxy, while the page shows sessions. Promise: the same texts as the empty state. */
import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { useState } from 'react'
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import { usePage, usePageState } from '../page-context.tsx'
import { IconButton } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import { Guide, POINT } from './guide.tsx'
import styles from './setup.module.css'

export function SetupDialog() {
  const page = usePage()
  const open = usePageState(state => state.dialog === 'setup')
  const live = usePageState(state => state.server?.recordings.find(one => one.live))
  return (
    <Dialog.Root open={open && live !== undefined} onOpenChange={now => !now && page.dialog(undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={parts.backdrop} />
        <Dialog.Popup className={`${parts.dialog} ${styles.dialog}`}>
          <div className={styles.dialogHead}>
            <Dialog.Title className={parts.dialogTitle}>{POINT}</Dialog.Title>
            <Dialog.Close render={<IconButton icon={X} name="Close" />} />
          </div>
          <div className={styles.dialogBody}>{live && <Choice recording={live} />}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** Begins with the server that was asked for, each time that the dialog opens. */
function Choice({ recording: { upstreams } }: { readonly recording: RecordingInfo }) {
  const [name, setName] = useState(usePageState(state => state.setupOf))
  const upstream = upstreams.find(one => one.name === name) ?? upstreams[0]
  return upstream && <Guide upstreams={upstreams} upstream={upstream} onChoose={setName} />
}
