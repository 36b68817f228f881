/** Text for terminals. Promise: recorded words cannot move the cursor or change a colour: control characters are shown, never sent. */
import type { Session } from '../core/model.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const shown = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line of text without control or direction-changing characters. */
export const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(CONTROL, shown)

/** Several lines, with their indents: a message of ours in which a word of a file may stand. */
export const plainLines = (text: string): string => text.replace(CONTROL, found => (found === '\n' ? found : shown(found)))

/** `417 ms`, `1.42 s`, `1 m 33 s`, `2 h 05 m`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} m`
}

/** `+12.345 s` from the recording's beginning. */
export const moment = (at: number): string => `+${(at / 1000).toFixed(3)} s`

/** Local date and time of a moment, to the second. */
export function clock(epochMs: number): string {
  const date = new Date(epochMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** Client or server as a person calls it. */
export const clientName = ({ client }: Session): string =>
  plain([client.name ?? client.userAgent?.split(' ')[0] ?? client.address, client.version].filter(Boolean).join(' '))
export const serverName = ({ server, upstream }: Session): string =>
  plain([server.name ?? upstream, server.version].filter(Boolean).join(' '))

/** Rows as columns, each as wide as its widest cell; numbers (`right`) to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => [...(row[column] ?? '')].length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length))
        return right.has(column) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return `${[head, ...rows].map(line).join('\n')}\n`
}
