/**
 * What a key does. Promise: one table for the page and for its help; while one types or a dialog is open no key acts but
 * F6 and Ctrl F, which would otherwise be the browser's.
 */

export type Command =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'open'
  | 'expand'
  | 'next-finding'
  | 'previous-finding'
  | 'filter'
  | 'search'
  | 'zoom-in'
  | 'zoom-out'
  | 'pan-left'
  | 'pan-right'
  | 'zero'
  | 'fit'
  | 'follow'
  | 'pause'
  | 'help'
  | 'close'
  | 'next-pane'
  | 'previous-pane'
  | 'tab-1'
  | 'tab-2'
  | 'tab-3'
  | 'tab-4'
  | 'tab-5'
  | 'tab-6'

export interface KeyPress {
  readonly key: string
  readonly ctrl: boolean
  readonly alt: boolean
  readonly shift: boolean
}
export interface KeyPlace {
  /** A field has the focus. */
  readonly typing: boolean
  /** A dialog or menu is open. */
  readonly overlay: boolean
  /** The focused thing has its own use for Enter and Space (a button, a link, a tab). */
  readonly control: boolean
}

const PLAIN: Readonly<Record<string, Command>> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  g: 'first',
  Home: 'first',
  G: 'last',
  End: 'last',
  Enter: 'open',
  e: 'expand',
  ']': 'next-finding',
  '[': 'previous-finding',
  '/': 'filter',
  w: 'zoom-in',
  s: 'zoom-out',
  a: 'pan-left',
  d: 'pan-right',
  '0': 'zero',
  f: 'fit',
  l: 'follow',
  ' ': 'pause',
  '?': 'help',
  Escape: 'close',
  '1': 'tab-1',
  '2': 'tab-2',
  '3': 'tab-3',
  '4': 'tab-4',
  '5': 'tab-5',
  '6': 'tab-6',
}

export function commandOf(press: KeyPress, place: KeyPlace): Command | undefined {
  if (press.key === 'F6') return press.shift ? 'previous-pane' : 'next-pane'
  if (press.ctrl && !press.alt && press.key.toLowerCase() === 'f') return 'search'
  if (place.overlay) return undefined
  if (press.ctrl || press.alt) return undefined
  if (place.typing) return press.key === 'Escape' ? 'close' : undefined
  if (place.control && (press.key === 'Enter' || press.key === ' ')) return undefined
  return Object.hasOwn(PLAIN, press.key) ? PLAIN[press.key] : undefined
}

/** The help dialog, in two columns as one reads them. */
export const KEY_HELP: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['j', 'k'], 'next, previous row'],
  [['g', 'G'], 'first, last row'],
  [['Enter'], 'open the detail'],
  [['e'], 'expand the detail; again: back'],
  [['1', '…', '6'], 'tabs of the detail'],
  [['[', ']'], 'previous, next finding'],
  [['/'], 'filter'],
  [['Ctrl F'], 'search heads and bodies'],
  [['F6'], 'next pane'],
  [['w', 's'], 'zoom in, out'],
  [['a', 'd'], 'pan left, right'],
  [['f'], 'fit the selection; twice: all'],
  [['0'], 'zero at the selection'],
  [['l'], 'follow the live edge'],
  [['Space'], 'pause the view; recording goes on'],
  [['?'], 'this help'],
  [['Esc'], 'close, or back'],
]
