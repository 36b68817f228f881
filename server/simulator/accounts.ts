/**
 * Who may use the simulated API, with which key and for what. Promise: keys are compared in constant time, and what a role lacks is
 * refused in the words that a device uses.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

/** The areas of an administrator role that matter for the XML API. */
export type Area = 'config' | 'op' | 'commit' | 'log' | 'report' | 'import' | 'export' | 'user-id'

export interface Account {
  readonly user: string
  readonly password: string
  readonly apiKey: string
  readonly areas: readonly Area[]
  /** May change the configuration. */
  readonly writes: boolean
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
export const same = (given: string | null | undefined, wanted: string): boolean => timingSafeEqual(digest(given ?? ''), digest(wanted))

/** `reader` sees everything and changes nothing; `auditor` has no operational requests; `second` is another superuser. */
export function makeAccounts(first: { user: string; password: string; apiKey: string }): Account[] {
  const { password } = first
  // Clients put a key into a form as it came: it has no letter that means something there.
  const keyOf = (user: string): string => `LUFRPT1${digest(`${first.apiKey} ${user}`).toString('base64url')}=`
  const everything: readonly Area[] = ['config', 'op', 'commit', 'log', 'report', 'import', 'export', 'user-id']
  return [
    { ...first, areas: everything, writes: true },
    { user: 'second', password, apiKey: keyOf('second'), areas: everything, writes: true },
    { user: 'reader', password, apiKey: keyOf('reader'), areas: ['config', 'op', 'log', 'report', 'export'], writes: false },
    { user: 'auditor', password, apiKey: keyOf('auditor'), areas: ['config', 'log', 'report'], writes: false },
  ]
}
