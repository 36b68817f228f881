/** A snippet with its place and a copy button. The text that is copied is the text that is shown. */
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import type { Snippet } from '../../proxy/core/snippets.ts'
import { Button, Icon } from '../parts/button.tsx'
import styles from './setup.module.css'

const COPIED_MS = 1600

/** JSON's keys and strings in their colours; the pieces put together are the text. */
function coloured(text: string, language: Snippet['language']) {
  if (language !== 'json') return text
  return text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?)/).map((piece, at) => {
    if (at % 2 === 0) return piece
    const colon = piece.endsWith(':')
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes its order
      <span key={at}>
        <span className={colon ? styles.key : styles.string}>{colon ? piece.replace(/\s*:$/, '') : piece}</span>
        {colon ? piece.slice(piece.lastIndexOf('"') + 1) : ''}
      </span>
    )
  })
}

export function Code({ snippet }: { readonly snippet: Snippet }) {
  const [copied, setCopied] = useState(false)
  const copy = () => {
    navigator.clipboard.writeText(snippet.text).then(
      () => {
        setCopied(true)
        setTimeout(() => setCopied(false), COPIED_MS)
      },
      () => window.getSelection()?.selectAllChildren(document.getElementById(id) ?? document.body),
    )
  }
  const id = `snippet-${snippet.client}-${snippet.form}`.replace(/\W+/g, '-')
  const [before, after] = snippet.text.split(snippet.highlight)
  return (
    <div className={styles.code}>
      <div className={styles.codeHead}>
        <span>
          <b>{snippet.form}</b>
          <span className={styles.mono}>{snippet.file}</span>
        </span>
        <Button onClick={copy} aria-label={`Copy the text for ${snippet.form}`}>
          <Icon icon={copied ? Check : Copy} />
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, and must by keyboard too */}
      <pre id={id} tabIndex={0}>
        {coloured(before ?? '', snippet.language)}
        <mark>{coloured(snippet.highlight, snippet.language)}</mark>
        {coloured(after ?? '', snippet.language)}
      </pre>
    </div>
  )
}
