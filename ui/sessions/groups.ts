/** The session list as it is read: by upstream, then by client, newest first, chains side by side. Promise: pure. */
import type { RecordingInfo } from '../../proxy/core/feed.ts'
import type { Finding, Session } from '../../proxy/core/model.ts'
import { plural } from '../format.ts'
import { recordingOf } from '../rows.ts'

export type ListEntry =
  /** One of several opened files, above its upstreams. */
  | { readonly kind: 'recording'; readonly key: string; readonly name: string }
  | {
      readonly kind: 'upstream'
      readonly key: string
      readonly name: string
      readonly target: string
      readonly imported?: string
      readonly past: boolean
    }
  | { readonly kind: 'client'; readonly key: string; readonly name: string }
  /** `linked`: the entry below is the session that this one replaced. */
  | { readonly kind: 'session'; readonly key: string; readonly session: Session; readonly linked: boolean }

/** The demonstration brings an upstream of its own, which the recording did not know when it began. */
export const DEMO = 'demo'

/** Clients that few know by the name that they send. */
const KNOWN: Readonly<Record<string, string>> = { 'windsurf-client': 'Windsurf', 'claude-code': 'Claude Code', 'cursor-vscode': 'Cursor' }

export function clientName({ client }: Session): string {
  if (client.name) return [KNOWN[client.name] ?? client.name, client.version].filter(Boolean).join(' ')
  // The product token alone: what follows it is platform noise.
  return client.userAgent?.split(' ')[0]?.replace('/', ' ') || client.address
}

/** What the list calls a session: the beginning of its id; ports and words whole. */
export function sessionName(session: Session): string {
  if (session.transport === 'stateless') return `stateless, ${session.key.replace(/^\D+/, '') || session.key}`
  return /^[\w-]{13,}$/.test(session.key) ? session.key.slice(0, 8) : session.key
}

/** "HTTP+SSE, 6 calls" */
export function sessionKind(session: Session): string {
  const version = session.protocolVersion ? ` ${session.protocolVersion}` : ''
  const what =
    session.transport === 'sse'
      ? 'HTTP+SSE'
      : session.transport === 'streamable'
        ? `Streamable${version}`
        : session.transport === 'stateless'
          ? `Stateless${version}`
          : 'HTTP'
  return `${what}, ${session.transport === 'other' ? plural(session.exchanges, 'exchange') : plural(session.calls, 'call')}`
}

const upstreamKey = (session: Session): string => `${recordingOf(session.id)}/${session.upstream}`

function byTime(sessions: Iterable<Session>): Session[] {
  return [...sessions].sort((a, b) => b.startedAt - a.startedAt || b.id - a.id)
}

function grouped(sessions: readonly Session[], keyOf: (one: Session) => string): Map<string, Session[]> {
  const groups = new Map<string, Session[]>()
  for (const one of sessions) {
    const list = groups.get(keyOf(one))
    if (list) list.push(one)
    else groups.set(keyOf(one), [one])
  }
  return groups
}

/** True where a session's words hold the text: id, client, server, protocol, and what was found in it (`rule:` and `severity:` may be left out). */
export function matches(session: Session, text: string, findings: readonly Finding[] = []): boolean {
  const words = [
    session.key,
    clientName(session),
    session.upstream,
    sessionKind(session),
    session.server.name,
    session.client.address,
    session.state,
    ...findings.flatMap(one => [`rule:${one.rule}`, `severity:${one.severity}`]),
  ]
  return text
    .toLowerCase()
    .split(/\s+/)
    .every(part => words.some(word => word?.toLowerCase().includes(part)))
}

export function listEntries(
  sessions: Iterable<Session>,
  recordings: readonly RecordingInfo[],
  text = '',
  findingsOf: (session: number) => readonly Finding[] = () => [],
): ListEntry[] {
  const shown = byTime(sessions).filter(one => text.trim() === '' || matches(one, text.trim(), findingsOf(one.id)))
  const out: ListEntry[] = []
  const byRecording = [...grouped(shown, one => String(recordingOf(one.id))).values()]
  const live = ([one]: Session[]) => recordings.find(each => one && each.index === recordingOf(one.id))?.live === true
  const indexOf = ([one]: Session[]) => (one ? recordingOf(one.id) : 0)
  // Each recording has a clock of its own: they stand as they were opened.
  byRecording.sort((a, b) => Number(live(b)) - Number(live(a)) || indexOf(a) - indexOf(b))
  let before: RecordingInfo | undefined
  for (const [key, list] of byRecording.flatMap(ones => [...grouped(ones, upstreamKey)])) {
    const [first] = list
    if (!first) continue
    const recording = recordings.find(one => one.index === recordingOf(first.id))
    if (recording?.file !== undefined && recordings.length > 1 && recording !== before)
      out.push({ kind: 'recording', key: `r${recording.index}`, name: recording.file })
    before = recording
    const upstream = recording?.upstreams.find(one => one.name === first.upstream)
    const target = upstream
      ? upstream.url.replace(/^http:\/\//, '').replace(/\/.*$/, '')
      : first.upstream === DEMO
        ? 'the bundled server'
        : ''
    out.push({
      kind: 'upstream',
      key: `u${key}`,
      name: first.upstream,
      target,
      past: recording?.live !== true,
      ...(recording?.imported && { imported: recording.imported }),
    })
    for (const [name, ones] of grouped(list, clientName)) {
      out.push({ kind: 'client', key: `c${key}/${name}`, name })
      ones.forEach((session, at) => {
        out.push({
          kind: 'session',
          key: `s${session.id}`,
          session,
          linked: session.replaces !== undefined && ones[at + 1]?.id === session.replaces,
        })
      })
    }
  }
  return out
}
