/** What to write into a client's configuration, for each client and server. Promise: the texts are those of core/snippets.ts. */
import { type KeyboardEvent, useState } from 'react'
import type { Upstream } from '../../proxy/core/event.ts'
import { clientUrl, type Snippet, snippets } from '../../proxy/core/snippets.ts'
import { Button } from '../parts/button.tsx'
import { Code } from './code.tsx'
import styles from './setup.module.css'

const CLIENTS: readonly Snippet['client'][] = ['Windsurf', 'Cursor', 'VS Code', 'Claude Code', 'Other']
export const POINT = 'Point your client at the proxy'

function Clients({ upstream }: { readonly upstream: Upstream }) {
  const [client, setClient] = useState<Snippet['client']>('Windsurf')
  const forms = snippets(clientUrl(upstream), upstream.name).filter(one => one.client === client)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next = CLIENTS[(CLIENTS.indexOf(client) + step + CLIENTS.length) % CLIENTS.length] ?? 'Windsurf'
    setClient(next)
    requestAnimationFrame(() => document.getElementById(`client-${CLIENTS.indexOf(next)}`)?.focus())
  }
  return (
    <>
      <div className={styles.tabs} role="tablist" aria-label="Client" onKeyDown={onKeyDown}>
        {CLIENTS.map((one, at) => (
          <button
            key={one}
            id={`client-${at}`}
            type="button"
            role="tab"
            aria-selected={one === client}
            aria-controls="client-panel"
            tabIndex={one === client ? 0 : -1}
            onClick={() => setClient(one)}
          >
            {one}
          </button>
        ))}
      </div>
      <div id="client-panel" role="tabpanel" aria-labelledby={`client-${CLIENTS.indexOf(client)}`}>
        <div className={styles.forms} data-one={forms.length === 1 ? '' : undefined}>
          {forms.map(one => (
            <Code key={one.form} snippet={one} />
          ))}
        </div>
        {client === 'Windsurf' && (
          <p className={styles.note}>
            Use the file that your version reads: <span className={styles.mono}>url</span> since June 2026,{' '}
            <span className={styles.mono}>serverUrl</span> before.
            <br />
            Remove <span className={styles.mono}>messageEndpoint</span>: the server announces it.
          </p>
        )}
      </div>
    </>
  )
}

interface GuideProps {
  readonly upstreams: readonly Upstream[]
  /** The server that the texts are for. */
  readonly upstream: Upstream
  readonly onChoose: (name: string) => void
}

export function Guide({ upstreams, upstream, onChoose }: GuideProps) {
  return (
    <>
      <p className={styles.lead}>
        Seismograph stands in front of <span className={styles.mono}>{new URL(upstream.url).host}</span> and records what crosses. Change
        one line in your client, then restart its connection.
      </p>
      {upstreams.length > 1 && (
        <fieldset className={styles.upstreams} aria-label="Server">
          {upstreams.map(one => (
            <Button key={one.name} look="box" aria-pressed={one === upstream} onClick={() => onChoose(one.name)}>
              {one.name}
            </Button>
          ))}
        </fieldset>
      )}
      <Clients upstream={upstream} />
    </>
  )
}
