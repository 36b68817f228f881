/**
 * Keeps the focus on the page. Promise: where the thing that had it is taken away, it goes to the selected row, or to the tab of the
 * detail while that lies over the table; a focus that someone took away by a click stays away.
 */
import { useEffect } from 'react'
import { usePage } from './page-context.tsx'

const GOALS = ['[data-pane="table"] [role="row"][tabindex="0"]', '[data-pane="detail"] [role="tab"][aria-selected="true"]']
/** A table that has just come has no rows in its first frames. */
const FRAMES = 30

/** To what is selected, as soon as it is there. */
export function focusSelected(frames = FRAMES): void {
  requestAnimationFrame(() => {
    const goal = GOALS.map(one => document.querySelector<HTMLElement>(one)).find(one => one !== null)
    if (goal) goal.focus({ preventScroll: true })
    else if (frames > 0) focusSelected(frames - 1)
  })
}

export function useFocusKept(): void {
  const page = usePage()
  useEffect(() => {
    let had: Element | undefined
    let frame = 0
    const keep = () => {
      frame = 0
      if (!had || had.isConnected || document.activeElement !== document.body) return
      had = undefined
      focusSelected()
    }
    const off = new AbortController()
    const remember = ({ target }: FocusEvent) => {
      had = target instanceof Element ? target : undefined
    }
    window.addEventListener('focusin', remember, { signal: off.signal })
    const unsubscribe = page.store.subscribe(() => {
      frame ||= requestAnimationFrame(keep)
    })
    return () => {
      off.abort()
      unsubscribe()
      cancelAnimationFrame(frame)
    }
  }, [page])
}
