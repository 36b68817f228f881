/** A button that opens a menu. Promise: the menu makes way for a dialog, so that the keys are the dialog's. */
import { Menu } from '@base-ui/react/menu'
import { type ReactNode, useEffect, useState } from 'react'
import { usePage, usePageState } from '../page-context.tsx'
import { classes } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'

interface MenuButtonProps {
  readonly name: string
  /** What stands on the button; alone it is an icon. */
  readonly face: ReactNode
  readonly look?: 'square' | 'box'
  readonly children: ReactNode
}

export function MenuButton({ name, face, look = 'square', children }: MenuButtonProps) {
  const page = usePage()
  const dialog = usePageState(state => state.dialog !== undefined)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    if (dialog) setOpen(false)
  }, [dialog])
  return (
    <Menu.Root modal={false} open={open} onOpenChange={setOpen}>
      <Menu.Trigger className={classes(parts.button, parts[look])} aria-label={name} title={name}>
        {face}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={parts.positioner} sideOffset={4} align="end">
          <Menu.Popup className={parts.popup} finalFocus={() => page.store.getState().dialog === undefined}>
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
