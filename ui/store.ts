/** The page's one store. Promise: small; rows are not in it, only `rev`, which tells that they changed. Logic is in page.ts. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { State } from '../proxy/core/feed.ts'
import type { Address } from './address.ts'
import type { Link } from './connection.ts'
import type { FilterError, Term } from './filter.ts'
import type { Theme, ThemeChoice } from './theme.ts'

export interface PageState {
  readonly link: Link
  /** What the recorder last said of itself, and when (performance clock). */
  readonly server: State | undefined
  readonly serverAt: number
  /** Grows when rows changed; at most once per frame. */
  readonly rev: number
  readonly address: Address
  /** The session in focus where the address names none. */
  readonly focus: number | undefined
  /** First load, or the rows of what is shown, have not all come yet. */
  readonly loading: boolean
  /** The view is frozen at this moment; `held` rows have come since. */
  readonly paused: { readonly at: number; readonly held: number } | undefined
  /** Sessions taken out of view by "clear". */
  readonly cleared: ReadonlySet<number>
  /** The person closed the detail. */
  readonly detailClosed: boolean
  /** Terms of the last filter that could be read, and the error of one that cannot. */
  readonly terms: readonly Term[]
  readonly filterError: FilterError | undefined
  /** Answers to `body:` terms, by their source; undefined while searching. */
  readonly found: ReadonlyMap<string, ReadonlySet<number> | undefined>
  /** Calls of the table that show their exchanges. */
  readonly unfolded: ReadonlySet<number>
  readonly dialog: 'help' | 'search' | 'setup' | undefined
  /** The server whose setup that dialog shows first. */
  readonly setupOf: string | undefined
  readonly sessionsOpen: boolean
  readonly themeChoice: ThemeChoice
  readonly theme: Theme
  /** One thing to tell: an export that failed, a link that was copied. */
  readonly notice: string | undefined
  /** The recorder is of another version than this page. */
  readonly outdated: boolean
}

export type PageStore = StoreApi<PageState>
export const createPageStore = (start: PageState): PageStore => createStore<PageState>(() => start)
