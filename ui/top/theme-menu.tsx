/** Light, dark, or as the system says. */
import { Menu } from '@base-ui/react/menu'
import { Check, Monitor, Moon, Sun } from 'lucide-react'
import { usePage, usePageState } from '../page-context.tsx'
import { Icon } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import type { ThemeChoice } from '../theme.ts'
import { MenuButton } from './menu.tsx'

const CHOICES = [
  { choice: 'light', name: 'Light', icon: Sun },
  { choice: 'dark', name: 'Dark', icon: Moon },
  { choice: 'system', name: 'As the system', icon: Monitor },
] as const

export function ThemeMenu() {
  const page = usePage()
  const choice = usePageState(state => state.themeChoice)
  const theme = usePageState(state => state.theme)
  return (
    <MenuButton name="Theme" face={<Icon icon={theme === 'dark' ? Moon : Sun} />}>
      <Menu.RadioGroup value={choice} onValueChange={value => page.setTheme(value as ThemeChoice)}>
        {CHOICES.map(one => (
          <Menu.RadioItem key={one.choice} value={one.choice} className={parts.item} closeOnClick>
            <Icon icon={one.icon} />
            {one.name}
            <Menu.RadioItemIndicator className={parts.itemHint}>
              <Icon icon={Check} />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </MenuButton>
  )
}
