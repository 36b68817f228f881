/** Shown instead of the page where the recorder does not know us: no token, or one of an earlier start. */
import { type FormEvent, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Wave } from '../parts/glyphs.tsx'
import parts from '../parts/parts.module.css'
import styles from './setup.module.css'
import { tokenIn } from './token.ts'

interface DoorProps {
  /** `missing`: none came with the address; `refused`: the recorder does not know it. */
  readonly reason: 'missing' | 'refused'
  readonly onToken: (token: string) => void
}

export function Door({ reason, onToken }: DoorProps) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const token = tokenIn(text)
    if (token) onToken(token)
    else setWrong(true)
  }
  return (
    <main className={styles.door}>
      <div className={styles.doorCard}>
        <Wave className={styles.wave} box="0 0 64 28" d="M1 14h18l3-6 5 18 6-25 5 19 3-6h22" />
        <h1>{reason === 'missing' ? 'Open the whole address' : 'This address is of an earlier start'}</h1>
        <p>
          {reason === 'missing'
            ? 'What is recorded here may hold secrets, so the page wants the token that the recorder made when it started.'
            : 'The recorder does not know this token: it was started anew, and made another.'}{' '}
          It is the end of the address that the terminal shows:
        </p>
        <pre>
          {location.origin}/#t=<b>…</b>
        </pre>
        <form onSubmit={submit}>
          <label className={parts.field}>
            <input
              value={text}
              onChange={event => {
                setText(event.target.value)
                setWrong(false)
              }}
              placeholder="Paste the address or the token"
              aria-label="Address or token"
              autoComplete="off"
              spellCheck={false}
            />
          </label>
          <Button type="submit" look="primary">
            Open
          </Button>
        </form>
        {wrong && (
          <p className={styles.bad} role="alert">
            There is no token in this. It stands after <code>#t=</code>.
          </p>
        )}
      </div>
    </main>
  )
}
