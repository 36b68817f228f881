/** Log entries, counted by one field. Promise: the answer says how many entries it is made of and from when to when. */
import { joined } from './listing.ts'
import type { LogEntry } from './log-query.ts'
import type { Finding } from './panos-tool.ts'

/** Names of the tool's own filters, and the field of a log entry that each stands for. */
const FIELDS = {
  source: 'src',
  destination: 'dst',
  destination_port: 'dport',
  application: 'app',
  action: 'action',
  rule: 'rule',
  from_zone: 'from',
  to_zone: 'to',
  user: 'srcuser',
  severity: 'severity',
  threat: 'threatid',
  category: 'category',
  admin: 'admin',
} as const
export type Group = keyof typeof FIELDS
export const GROUPS = Object.keys(FIELDS) as [Group, ...Group[]]

interface Count {
  count: number
  bytes: number
  /** Newest and oldest: entries come newest first. */
  readonly last: string
  first: string
}

/** @param cut whether there are entries that were not read */
export function countLogs(
  entries: readonly LogEntry[],
  group: Group,
  limit: number,
  cut: boolean,
  from: string,
): Omit<Finding<LogEntry>, 'scope'> {
  const counts = new Map<string, Count>()
  for (const entry of entries) {
    const value = entry[FIELDS[group]] ?? '(none)'
    const time = entry.receive_time ?? ''
    const known = counts.get(value) ?? { count: 0, bytes: 0, last: time, first: time }
    counts.set(value, known)
    known.count += 1
    known.bytes += Number(entry.bytes ?? 0) || 0
    known.first = time
  }
  const items = [...counts]
    .sort(([, one], [, other]) => other.count - one.count)
    .slice(0, limit)
    .map(([value, { count, bytes, last, first }]) => ({
      [group]: value,
      count: String(count),
      ...(bytes > 0 && { bytes: String(bytes) }),
      first,
      last,
    }))
  const [newest, oldest] = [entries[0], entries.at(-1)].map(entry => entry?.receive_time ?? '')
  return {
    items,
    warnings: cut ? [`Only the newest ${entries.length} entries were counted, back to ${oldest}; until reaches earlier ones.`] : [],
    summary:
      entries.length === 0
        ? `No entries of ${from} fit.`
        : `${entries.length} entries of ${from}, from ${oldest} to ${newest}, have ${counts.size} values of ${group}${items.length < counts.size ? `; the most frequent ${items.length}` : ''}.`,
    line: item =>
      joined(
        `${item.count}x`,
        item[group],
        item.bytes !== undefined && `${item.bytes} bytes`,
        item.first === item.last ? item.last : `${item.first} to ${item.last}`,
      ),
  }
}
