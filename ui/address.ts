/**
 * The page's address: what is looked at, as text in the URL's fragment, so that any view can be linked and Back works.
 * Promise: `parse(write(view))` is `view`; anything unreadable in a fragment is ignored, never an error; the token is not part of it.
 */
import type { DetailTab, Range, Selection, Zero } from './view.ts'
import { DETAIL_TABS } from './view.ts'

export const TABLE_TABS = ['calls', 'exchanges', 'events', 'log', 'findings'] as const
export type TableTab = (typeof TABLE_TABS)[number]

export interface Address {
  /** The session in focus; undefined: the page chooses the newest. */
  readonly session?: number
  readonly selection: Selection | null
  readonly scope: 'chain' | 'session'
  readonly zero: Zero['mode']
  /** What stands at zero: for `selection` the thing itself, for `session` the session that was chosen (selecting in its chain leaves it). */
  readonly zeroAt?: Selection
  /** Recording ms; undefined: all of what is shown. */
  readonly range?: Range
  readonly follow: boolean
  readonly table: TableTab
  /** Whose findings the table lists and the keys step through: of what is shown, or of every session. */
  readonly findings: 'shown' | 'all'
  readonly tab: DetailTab
  readonly expanded: boolean
  readonly filter: string
  readonly invert: boolean
  /** Pane sizes in px, where they were dragged. */
  readonly timelineHeight?: number
  readonly detailWidth?: number
}

export const HOME: Address = {
  selection: null,
  scope: 'chain',
  zero: 'session',
  follow: true,
  table: 'calls',
  findings: 'shown',
  tab: 'delivery',
  expanded: false,
  filter: '',
  invert: false,
}

const KINDS: readonly Selection['kind'][] = ['session', 'call', 'exchange', 'frame', 'log', 'finding']
const ZEROS: readonly Zero['mode'][] = ['session', 'clock', 'selection']

const oneOf = <T extends string>(list: readonly T[], value: string | null, otherwise: T): T => list.find(one => one === value) ?? otherwise

function whole(value: string | null): number | undefined {
  const number = value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

function selection(value: string | null): Selection | undefined {
  const [kind, id] = (value ?? '').split('.')
  const known = KINDS.find(one => one === kind)
  const number = whole(id ?? null)
  return known && number !== undefined ? { kind: known, id: number } : undefined
}

function range(value: string | null): Range | undefined {
  const match = /^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(value ?? '')
  if (!match) return undefined
  const [from, to] = [Number(match[1]), Number(match[2])]
  return to > from ? { from, to } : undefined
}

/** Reads a fragment (with or without its `#`). */
export function parse(fragment: string): Address {
  const read = new URLSearchParams(fragment.replace(/^#/, ''))
  const session = whole(read.get('session'))
  const zeroAt = selection(read.get('zeroAt'))
  const zero = oneOf(ZEROS, read.get('zero'), HOME.zero)
  const at = range(read.get('range'))
  const timelineHeight = whole(read.get('timeline'))
  const detailWidth = whole(read.get('detail'))
  return {
    ...(session !== undefined && { session }),
    selection: selection(read.get('select')) ?? null,
    scope: oneOf(['chain', 'session'] as const, read.get('scope'), HOME.scope),
    zero: zero === 'selection' && !zeroAt ? HOME.zero : zero,
    ...(zeroAt && zero !== 'clock' && { zeroAt }),
    ...(at && { range: at }),
    follow: at ? read.get('follow') === '1' : read.get('follow') !== '0',
    table: oneOf(TABLE_TABS, read.get('table'), HOME.table),
    findings: oneOf(['shown', 'all'] as const, read.get('findings'), HOME.findings),
    tab: oneOf(DETAIL_TABS, read.get('tab'), HOME.tab),
    expanded: read.get('expanded') === '1',
    filter: read.get('filter') ?? '',
    invert: read.get('invert') === '1',
    ...(timelineHeight !== undefined && { timelineHeight }),
    ...(detailWidth !== undefined && { detailWidth }),
  }
}

const named = (one: Selection): string => `${one.kind}.${one.id}`
/** Microseconds are as fine as the recording is. */
const ms = (value: number): string => String(Math.round(value * 1000) / 1000)

/** The fragment of a view, without `#`; what equals the default is left out. */
export function write(view: Address): string {
  const out = new URLSearchParams()
  if (view.session !== undefined) out.set('session', String(view.session))
  if (view.selection) out.set('select', named(view.selection))
  if (view.scope !== HOME.scope) out.set('scope', view.scope)
  if (view.zero !== HOME.zero) out.set('zero', view.zero)
  if (view.zero !== 'clock' && view.zeroAt) out.set('zeroAt', named(view.zeroAt))
  if (view.range) out.set('range', `${ms(view.range.from)}~${ms(view.range.to)}`)
  if (view.follow !== !view.range) out.set('follow', view.follow ? '1' : '0')
  if (view.table !== HOME.table) out.set('table', view.table)
  if (view.findings !== HOME.findings) out.set('findings', view.findings)
  if (view.tab !== HOME.tab) out.set('tab', view.tab)
  if (view.expanded) out.set('expanded', '1')
  if (view.filter) out.set('filter', view.filter)
  if (view.invert) out.set('invert', '1')
  if (view.timelineHeight !== undefined) out.set('timeline', String(Math.round(view.timelineHeight)))
  if (view.detailWidth !== undefined) out.set('detail', String(Math.round(view.detailWidth)))
  return out.toString()
}

/** True where going from one view to the other is a step that Back should undo; zooming and typing are not. */
export const isStep = (from: Address, to: Address): boolean =>
  from.session !== to.session ||
  from.selection?.kind !== to.selection?.kind ||
  from.selection?.id !== to.selection?.id ||
  from.table !== to.table ||
  from.findings !== to.findings ||
  from.expanded !== to.expanded ||
  from.scope !== to.scope

/** Takes the token out of a fragment (`t=`): the token and what remains. */
export function takeToken(fragment: string): { token?: string; rest: string } {
  const read = new URLSearchParams(fragment.replace(/^#/, ''))
  const token = read.get('t')
  read.delete('t')
  return { ...(token && { token }), rest: read.toString() }
}
