/** The sessions as options, in the list and in its rail of signs alike. Promise: what is chosen, here or elsewhere, is brought into view once. */
import { defaultRangeExtractor, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react'
import { SMALL, useMedia, usePage } from '../page-context.tsx'

/** Shows a session; on a small page the detail is a level further. */
export function useGoTo(): (id: number) => void {
  const page = usePage()
  const small = useMedia(SMALL)
  return id => {
    page.focus(id)
    if (small) page.close()
  }
}

/** Moves the focus among the options; Enter and click choose. */
export function onListKey(
  event: KeyboardEvent<HTMLElement>,
  ids: readonly number[],
  focused: number | undefined,
  pick: (id: number) => void,
): void {
  const at = ids.indexOf(focused ?? -1)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: ids.length - 1, Enter: at, ' ': at }[event.key]
  if (to === undefined) return
  event.preventDefault()
  event.stopPropagation()
  const id = ids[Math.max(0, Math.min(ids.length - 1, to))]
  if (id !== undefined) pick(id)
}

interface OptionsInput {
  readonly scroll: RefObject<HTMLDivElement | null>
  readonly count: number
  readonly sizeOf: (at: number) => number
  readonly keyOf: (at: number) => string | number
  readonly chosen: number | undefined
  /** Where the chosen session stands; -1 where it does not. */
  readonly at: number
}

/** Only what is near is there, and what is chosen: that is what can have the focus. */
export function useOptions({ scroll, count, sizeOf, keyOf, chosen, at }: OptionsInput): Virtualizer<HTMLDivElement, Element> {
  const list = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: sizeOf,
    getItemKey: keyOf,
    overscan: 12,
    rangeExtractor: range => {
      const seen = defaultRangeExtractor(range)
      return at < 0 || at >= count || seen.includes(at) ? seen : [...seen, at].sort((a, b) => a - b)
    },
  })
  const inView = useRef<number>(undefined)
  useEffect(() => {
    if (at < 0 || inView.current === chosen) return
    inView.current = chosen
    list.scrollToIndex(at, { align: 'auto' })
  }, [at, chosen, list])
  return list
}
