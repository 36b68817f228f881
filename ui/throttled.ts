/** A costly derivation of rows that keep coming. Promise: it takes at most about a fifth of the time, however many rows there are. */
import { useEffect, useRef, useState } from 'react'

const SHARE = 5
const FREE_MS = 4

/**
 * `derive` anew at once when `key` changes; when only `rev` does, no sooner than five times the last run's length after it.
 * The value is always of the newest `key`.
 */
export function useThrottled<T>(derive: () => T, rev: number, key: string): T {
  const last = useRef<{ value: T; rev: number; key: string; tookMs: number; at: number }>(undefined)
  const [, again] = useState(0)
  const run = () => {
    const start = performance.now()
    const value = derive()
    const end = performance.now()
    last.current = { value, rev, key, tookMs: end - start, at: end }
    return value
  }
  const now = last.current
  const dueInMs = !now || now.key !== key || now.tookMs < FREE_MS ? 0 : now.at + now.tookMs * SHARE - performance.now()
  const stale = !now || now.key !== key || now.rev !== rev
  const waits = stale && now !== undefined && dueInMs > 0
  useEffect(() => {
    if (!waits) return
    const timer = setTimeout(() => again(one => one + 1), dueInMs)
    return () => clearTimeout(timer)
  })
  return now && (!stale || waits) ? now.value : run()
}
