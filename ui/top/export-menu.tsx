/** Exports: what is asked for is fetched with the token and handed to the browser as a download. */
import { Menu } from '@base-ui/react/menu'
import { Download } from 'lucide-react'
import { usePage, useScene } from '../page-context.tsx'
import { Icon } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import type { ExportFormat } from '../recorder.ts'
import { MenuButton } from './menu.tsx'

const FORMATS = [
  { format: 'html', name: 'Web page', hint: 'opens in any browser' },
  { format: 'har', name: 'HAR', hint: 'for browsers and other tools' },
  { format: 'jsonl', name: 'JSON lines', hint: 'every record, lossless' },
] as const

function download(blob: Blob, name: string): void {
  const anchor = document.createElement('a')
  anchor.href = URL.createObjectURL(blob)
  anchor.download = name
  anchor.click()
  // The browser has taken the bytes once it asked for the name.
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000)
}

export function ExportMenu() {
  const page = usePage()
  const scene = useScene()
  const formats = FORMATS.filter(({ format }) => page.recorder.formats.some(one => one === format))
  const run = (format: ExportFormat, session: number | undefined, secrets: boolean) => {
    page.recorder
      .exportFile(format, { secrets, ...(session !== undefined && { session }) })
      .then(({ blob, name }) => download(blob, name))
      .catch((error: unknown) => page.tell(`The export failed: ${error instanceof Error ? error.message : String(error)}`))
  }
  const session = scene?.session
  return (
    <MenuButton name="Export" face={<Icon icon={Download} />}>
      {session && (
        <Menu.Group>
          <Menu.GroupLabel className={parts.menuLabel}>Session {session.key.slice(0, 8)}, secrets masked</Menu.GroupLabel>
          {formats.map(({ format, name, hint }) => (
            <Menu.Item key={format} className={parts.item} onClick={() => run(format, session.id, false)}>
              {name}
              <span className={parts.itemHint}>{hint}</span>
            </Menu.Item>
          ))}
          <div className={parts.menuLine} />
        </Menu.Group>
      )}
      <Menu.Group>
        <Menu.GroupLabel className={parts.menuLabel}>Everything, secrets masked</Menu.GroupLabel>
        {formats.map(({ format, name, hint }) => (
          <Menu.Item key={format} className={parts.item} onClick={() => run(format, undefined, false)}>
            {name}
            <span className={parts.itemHint}>{hint}</span>
          </Menu.Item>
        ))}
      </Menu.Group>
      {!page.recorder.isFile && (
        <>
          <div className={parts.menuLine} />
          <Menu.Item className={parts.item} onClick={() => run('jsonl', session?.id, true)}>
            {session ? 'This session' : 'Everything'}, secrets included
            <span className={parts.itemHint}>JSON lines; do not pass it on</span>
          </Menu.Item>
        </>
      )}
    </MenuButton>
  )
}
