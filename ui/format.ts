/** Numbers as the page writes them: sizes in three digits, times in ms below a second, a true minus sign. Promise: pure, same text for same number. */

const MINUS = '\u2212'
const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

// Kept: made anew for each number it costs more than all the rest of a row.
const grouped = new Intl.NumberFormat('en-US')

/** 1204 -> "1,204" */
export const count = (value: number): string => grouped.format(Math.round(value))

/** Letter of the n-th piece of evidence, from 0: a, b, … z, then numbers. */
export const letterOf = (index: number): string => (index < 26 ? String.fromCharCode(97 + index) : String(index + 1))

/** "1 call", "2 calls", "1,204 calls" */
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`

/** Decimal units, three digits at most: 54 B, 1.2 kB, 13.6 kB, 136 kB, 1.3 MB. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A length of time in a table: 0.4 ms, 19 ms, 1.23 s, 71.2 s, 2 m 03 s, 1 h 04 m. */
export function duration(ms: number): string {
  if (ms < 0.95) return `${Math.max(ms, 0).toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`
  return age(ms)
}

/** A length of time that nobody needs to the millisecond: 17 s, 1 m 33 s, 22 m, 3 h 12 m. */
export function age(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000))
  if (s < 60) return `${s} s`
  const m = Math.floor(s / 60)
  if (m < 5) return `${m} m ${pad(s % 60)} s`
  if (m < 60) return `${m} m`
  const h = Math.floor(m / 60)
  return h < 48 ? `${h} h ${pad(m % 60)} m` : `${Math.floor(h / 24)} d ${h % 24} h`
}

/** Seconds from zero with their sign, four digits: −22.01, −5.370, 0.000, +71.20, +1204.5. */
export function offset(ms: number): string {
  const seconds = ms / 1000
  const far = Math.abs(seconds)
  const text = far < 9.9995 ? far.toFixed(3) : far < 99.995 ? far.toFixed(2) : far.toFixed(1)
  if (Number(text) === 0) return text
  return (seconds < 0 ? MINUS : '+') + text
}

/** The same in whole milliseconds: "+60.000 s". */
export function offsetExact(ms: number): string {
  const text = Math.abs(ms / 1000).toFixed(3)
  return `${Number(text) === 0 ? '' : ms < 0 ? MINUS : '+'}${text} s`
}

/** A span's edge for a heading: "−24 s", "+1.25 s", "+101 s". `span` decides how fine. */
export function edge(ms: number, span: number): string {
  const digits = span >= 20_000 ? 0 : span >= 2_000 ? 1 : span >= 200 ? 2 : 3
  const text = Math.abs(ms / 1000).toFixed(digits)
  return `${Number(text) === 0 ? '' : ms < 0 ? MINUS : '+'}${text} s`
}

/** Local wall clock: 14:02:31.408; without milliseconds 14:02:31. */
export function clock(epochMs: number, exact = true): string {
  const date = new Date(exact ? epochMs : Math.floor(epochMs / 1000) * 1000)
  const text = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
  return exact ? `${text}.${pad(date.getMilliseconds(), 3)}` : text
}

/** When something began, as short as today's date allows: "14:02", "Tue 09:41", "12 Nov 09:41". */
export function moment(epochMs: number, todayMs: number): string {
  const date = new Date(epochMs)
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  const today = new Date(todayMs)
  if (date.toDateString() === today.toDateString()) return time
  const days = (today.setHours(0, 0, 0, 0) - new Date(epochMs).setHours(0, 0, 0, 0)) / 86_400_000
  if (days > 0 && days < 7) return `${date.toLocaleDateString('en-GB', { weekday: 'short' })} ${time}`
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`
}
