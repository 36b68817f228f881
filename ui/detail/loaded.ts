/** What the recorder gives on demand, as state of a component. Promise: the answer of a request that is no longer wanted is dropped. */
import { useEffect, useState } from 'react'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'here'; readonly value: T }

/** Loads anew whenever `key` changes; an undefined key loads nothing and stays `loading`. */
export function useLoaded<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [held, setHeld] = useState<{ key: string; loaded: Loaded<T> }>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is new on each render; `key` says what it loads.
  useEffect(() => {
    if (key === undefined) return
    const controller = new AbortController()
    const settle = (loaded: Loaded<T>) => {
      if (!controller.signal.aborted) setHeld({ key, loaded })
    }
    load(controller.signal).then(
      value => settle({ state: 'here', value }),
      (error: unknown) => settle({ state: 'failed', error: error instanceof Error ? error.message : String(error) }),
    )
    return () => controller.abort()
  }, [key])
  return held !== undefined && held.key === key ? held.loaded : { state: 'loading' }
}
