/**
 * A golden capture: a page that says why it is kept, the wire in JSON lines, and the story that fold and rules tell of it.
 * Promise: the story is text for people, in the order of the wire, and says everything that a changed rule could change.
 */
import type { WireEvent } from '../core/event.ts'
import { Fold } from '../core/fold.ts'
import { type LineError, lineToEvent } from '../core/lines.ts'
import type { AnyRow, Call, Exchange, Frame, LogLine, Session } from '../core/model.ts'
import { spanText } from '../core/words.ts'
import { type Judged, judge } from '../rules/index.ts'

export interface Capture {
  readonly title: string
  readonly why: string
  readonly events: readonly WireEvent[]
  readonly story: string
}

const PAGE = /^# (.+)\n\n([\s\S]+?)\n\n```jsonl\n([\s\S]*?)\n```\n\n```text\n([\s\S]*?)\n?```\n$/

/** Reads a page; an Error says what is wrong with it. */
export function readCapture(page: string): Capture {
  const found = PAGE.exec(page)
  if (!found)
    throw new Error('A capture is: "# title", a paragraph, a block of ```jsonl and a block of ```text, each after one blank line.')
  const [, title = '', why = '', wire = '', story = ''] = found
  const events = wire.split('\n').map((line, i) => lineToEvent(line, i + 1))
  const wrong = events.find((event): event is LineError => 'error' in event)
  if (wrong) throw new Error(wrong.error)
  return { title, why, events: events as WireEvent[], story }
}

/** The page with another story. */
export function retell(page: string, story: string): string {
  return page.replace(/(\n```text\n)[\s\S]*?(\n?```\n)$/, (_, open: string) => `${open}${story}\n\`\`\`\n`)
}

/** How long after the last event the capture is judged (ms): long enough for what settles by time. */
const JUDGED_AFTER = 60_000

/** What fold and rules make of these events. Ids do not appear: exchanges and calls are numbered as they come. */
export function storyOf(events: readonly WireEvent[]): string {
  const fold = new Fold({ recording: 0 })
  for (const event of events) fold.push(event)
  const now = (events.at(-1)?.at ?? 0) + JUDGED_AFTER
  fold.finish()
  const rows = fold.takeRows()
  const sessions = rows.filter((row): row is Session => row.t === 'session')
  const lines = sessions.flatMap((session, i) => [
    ...(i > 0 ? [''] : []),
    ...sessionStory(session, sessions, rows, judgedBy(fold, session.id, now)),
  ])
  const logs = rows.filter((row): row is LogLine => row.t === 'log' && row.level !== 'info')
  for (const log of logs)
    lines.push('', `log ${log.level}, ${log.lines} lines${log.exception ? `, ${log.exception}` : ''}: ${log.text.split('\n')[0]}`)
  for (const row of rows) if (row.t === 'gap') lines.push('', `gap ${row.reason}, ${row.lost} records lost`)
  return lines.join('\n')
}

function judgedBy(fold: Fold, session: number, now: number): readonly Judged[] {
  const facts = fold.facts(session, now)
  if (!facts) return []
  const { findings, failures } = judge(facts)
  if (failures[0]) throw new Error(`rule ${failures[0].rule}: ${failures[0].error}`)
  return findings
}

function sessionStory(session: Session, all: readonly Session[], rows: readonly AnyRow[], findings: readonly Judged[]): string[] {
  const exchanges = rows.filter((row): row is Exchange => row.t === 'exchange' && row.session === session.id)
  const calls = rows.filter((row): row is Call => row.t === 'call' && row.session === session.id)
  const number = new Map(rows.filter(row => row.t === 'exchange').map((row, i) => [row.id, i + 1]))
  return [
    ...heading(session, all),
    ...exchanges.map(exchange => exchangeLine(exchange, number, rows)),
    ...calls.map(call => callLine(call, number)),
    ...calls.filter(call => call.delivery !== 'delivered' && call.kind === 'request').flatMap(ladderLines),
    ...findings.flatMap(findingLines),
  ]
}

function heading(session: Session, all: readonly Session[]): string[] {
  const { client, server, ended, replaces } = session
  const version = session.protocolVersion ? ` ${session.protocolVersion}` : ''
  const peers = [client.name && `client ${client.name}`, server.name && `server ${server.name}`].filter(Boolean).join(', ')
  const lines = [
    `session ${session.key.slice(0, 12)}: ${session.transport}${version}, ${session.state}${session.issued ? '' : ', never issued'}${peers ? `, ${peers}` : ''}`,
  ]
  if (session.endpoint) lines.push(`  endpoint ${session.endpoint}`)
  if (ended) lines.push(`  ended by ${ended.by} (${ended.how}${ended.detail ? `, ${ended.detail}` : ''}) with ${ended.inFlight} in flight`)
  if (replaces) lines.push(`  replaces ${all.find(other => other.id === replaces)?.key.slice(0, 12)}`)
  return lines
}

function exchangeLine(exchange: Exchange, number: ReadonlyMap<number, number>, rows: readonly AnyRow[]): string {
  const { method, path, status, body, clientEnd, serverEnd, follows, errorText, trouble } = exchange
  const frames = rows.filter((row): row is Frame => row.t === 'frame' && row.exchange === exchange.id)
  const missed = frames.filter(frame => !frame.crossed).length
  const parts = [
    `  x${number.get(exchange.id)} conn ${exchange.conn} ${method} ${path} ${status ?? 'no answer'}${body === 'none' ? '' : ` ${body}`}`,
    frames.length > 0 && `${exchange.frames} events, ${exchange.pings} comments${missed > 0 ? `, ${missed} not crossed` : ''}`,
    `client ${clientEnd ? `${clientEnd.how} by ${clientEnd.by}` : 'open'}, server ${serverEnd ? `${serverEnd.how} by ${serverEnd.by}` : 'open'}`,
    follows !== undefined && `follows x${number.get(follows)}`,
    trouble ?? errorText,
  ]
  return parts.filter(Boolean).join('; ')
}

function callLine(call: Call, number: ReadonlyMap<number, number>): string {
  const { kind, from, method, name, rpcId, delivery, exchanges, broken, error, cancelled } = call
  const what = `${kind === 'request' ? `call ${call.number}` : kind}${from === 'server' ? ' of the server' : ''} ${method}${name ? ` ${name}` : ''}${rpcId ? ` id ${rpcId}` : ''}`
  const carried = exchanges.map(id => `x${number.get(id)}`).join(' ')
  const notes = [
    error && `error ${error.code} ${error.message}`,
    call.toolError && `tool error ${call.toolError}`,
    cancelled && `cancelled: ${cancelled.reason ?? ''}`,
    broken && `${broken.says}: ${broken.detail}`,
  ]
  return [`  ${what}: ${delivery}, on ${carried}`, ...notes.filter(Boolean)].join('; ')
}

const ladderLines = (call: Call) =>
  call.ladder.map(
    step => `    ${step.name} ${step.state}${step.at === undefined ? '' : ` +${spanText(step.at - call.sentAt)}`}: ${step.says}`,
  )

function findingLines(finding: Judged): string[] {
  const sure = finding.causeConfidence ? `${finding.confidence}, cause ${finding.causeConfidence}` : finding.confidence
  return [
    `  finding ${finding.rule}: ${finding.severity}, ${sure}`,
    `    ${finding.title}`,
    `    ${finding.says}`,
    `    cause: ${finding.cause}`,
    ...finding.evidence.map(({ seq, says }) => `    #${seq} ${says}`),
    ...finding.fix.map(fix => `    fix: ${fix}`),
    ...(finding.alternatives ?? []).map(({ rule, standing, why }) => `    ${standing}: ${rule}, ${why}`),
  ]
}
