/** The servers of a run beside the one whose session is shown. Promise: each leads to its newest session, or to how to get a first one. */
import { Menu } from '@base-ui/react/menu'
import type { Upstream } from '../../proxy/core/event.ts'
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import { usePage } from '../page-context.tsx'
import parts from '../parts/parts.module.css'
import { recordingOf } from '../rows.ts'
import { newest } from '../scene.ts'
import { MenuButton } from './menu.tsx'
import styles from './top.module.css'

export const shortTarget = (url: string): string => url.replace(/^http:\/\//, '').replace(/\/$/, '')

interface ServersMenuProps {
  readonly recording: RecordingInfo
  readonly others: readonly Upstream[]
}

export function ServersMenu({ recording, others }: ServersMenuProps) {
  const page = usePage()
  const newestOf = (name: string) =>
    newest([...page.rows.sessions.values()].filter(one => one.upstream === name && recordingOf(one.id) === recording.index))
  const go = (name: string) => {
    const session = newestOf(name)
    if (session === undefined) page.dialog('setup', name)
    else page.focus(session)
  }
  return (
    <MenuButton name={`${others.length} more servers`} face={`${others.length} more`} look="box">
      {others.map(({ name, listen, url }) => {
        const none = newestOf(name) === undefined
        return (
          <Menu.Item key={name} className={parts.item} disabled={none && !recording.live} onClick={() => go(name)}>
            {name}
            {none && <span className={styles.quiet}>no session{recording.live ? ' yet: connect a client' : ''}</span>}
            <span className={parts.itemHint}>
              <span className={styles.mono}>
                :{listen.port} &gt; {shortTarget(url)}
              </span>
            </span>
          </Menu.Item>
        )
      })}
    </MenuButton>
  )
}
