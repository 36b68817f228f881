/** The page for every component below. Promise: a component re-renders only for the piece of state that it asked for. */
import { createContext, useContext, useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { Page } from './page.ts'
import type { Scene } from './scene.ts'
import type { PageState } from './store.ts'

export const PageContext = createContext<Page | undefined>(undefined)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('usePage outside of the page')
  return page
}

export function usePageState<T>(pick: (state: PageState) => T): T {
  return useStore(usePage().store, pick)
}

/** Re-renders every `ms` while `running`; gives a number that changes. */
export function useBeat(ms: number, running = true): number {
  const [beat, setBeat] = useState(0)
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setBeat(one => one + 1), ms)
    return () => clearInterval(timer)
  }, [ms, running])
  return beat
}

/** What is on the stage, anew whenever rows, address or the recorder's state changed. */
export function useScene(): Scene | undefined {
  const page = usePage()
  usePageState(state => state.rev)
  usePageState(state => state.address)
  usePageState(state => state.focus)
  usePageState(state => state.server)
  usePageState(state => state.paused)
  usePageState(state => state.link)
  return page.scene()
}

/** Below it the session and the detail are two levels, one in place of the other; 720 itself has the middle layout. */
export const SMALL = '(max-width: 719.98px)'
/** Up to it the sessions are a rail, and the detail stands below the timeline. */
export const NARROW = '(max-width: 1180px)'

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches)
  useEffect(() => {
    const list = window.matchMedia(query)
    const changed = () => setMatches(list.matches)
    changed()
    list.addEventListener('change', changed)
    return () => list.removeEventListener('change', changed)
  }, [query])
  return matches
}
