/** Which key does what while the timeline has the focus. Promise: only what has a meaning there alone; all other keys pass on to the page. */
import type { Direction } from './walk.ts'

export type Command = { readonly do: 'walk'; readonly to: Direction } | { readonly do: 'clear' }

const KEYS: Record<string, Command> = {
  ArrowLeft: { do: 'walk', to: 'left' },
  ArrowRight: { do: 'walk', to: 'right' },
  ArrowUp: { do: 'walk', to: 'up' },
  ArrowDown: { do: 'walk', to: 'down' },
  Home: { do: 'walk', to: 'first' },
  End: { do: 'walk', to: 'last' },
  Escape: { do: 'clear' },
}

interface Pressed {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

export function commandOf(event: Pressed): Command | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined
  return KEYS[event.key]
}
