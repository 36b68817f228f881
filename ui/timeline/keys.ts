/** Which key does what while the timeline has the focus. Promise: keys that are not ours pass on to the page. */
import type { Direction } from './walk.ts'

export type Command =
  | { readonly do: 'walk'; readonly to: Direction }
  | { readonly do: 'zoom'; readonly factor: number }
  /** Share of the shown time. */
  | { readonly do: 'pan'; readonly share: number }
  | { readonly do: 'zero' | 'follow' | 'clear' }

const KEYS: Record<string, Command> = {
  ArrowLeft: { do: 'walk', to: 'left' },
  ArrowRight: { do: 'walk', to: 'right' },
  ArrowUp: { do: 'walk', to: 'up' },
  ArrowDown: { do: 'walk', to: 'down' },
  Home: { do: 'walk', to: 'first' },
  End: { do: 'walk', to: 'last' },
  w: { do: 'zoom', factor: 1 / 1.5 },
  s: { do: 'zoom', factor: 1.5 },
  a: { do: 'pan', share: -0.15 },
  d: { do: 'pan', share: 0.15 },
  '0': { do: 'zero' },
  l: { do: 'follow' },
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
