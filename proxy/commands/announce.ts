/** What a run says when it is ready and when it ends. Promise: for machines one JSON object on standard output, for people words on standard error. */
import { styleText } from 'node:util'
import type { Upstream } from '../core/event.ts'
import { clientUrl, snippets } from '../core/snippets.ts'
import type { InspectorSummary } from '../inspector/messages.ts'
import type { Recording } from '../journal/recording.ts'
import { invocation, version } from '../product.ts'
import type { CommandIo } from './command.ts'
import type { Plan } from './plan.ts'

interface Ready {
  readonly plan: Plan
  readonly io: CommandIo
  readonly upstreams: readonly Upstream[]
  readonly dashboard: string
  /** Where recordings are kept. */
  readonly data: string
  readonly recording: Recording
  readonly simulated: boolean
}

const origin = ({ listen }: Upstream): string =>
  `http://${listen.address.includes(':') ? `[${listen.address}]` : listen.address}:${listen.port}`

export function announce({ plan, io, upstreams, dashboard, data, recording, simulated }: Ready): void {
  const [first] = upstreams
  if (!first) return
  if (plan.json) {
    const proxies = upstreams.map(upstream => ({
      name: upstream.name,
      proxy: origin(upstream),
      target: upstream.url,
      client: clientUrl(upstream),
    }))
    io.stdout.write(
      `${JSON.stringify({ event: 'ready', proxy: origin(first), dashboard, data, recording: recording.dir, pid: process.pid, proxies })}\n`,
    )
  }
  if (plan.quiet) return
  const bold = (text: string): string => styleText('bold', text, { stream: process.stderr, validateStream: true })
  const lines = ['', `${bold('Seismograph')} ${version()} is recording.`, '']
  for (const upstream of upstreams) lines.push(`  ${`Proxy, ${upstream.name}`.padEnd(18)}${origin(upstream)}  in front of  ${upstream.url}`)
  if (plan.targets.length === 0)
    lines.push(
      `  ${'Server'.padEnd(18)}the bundled PAN-OS MCP server, ${simulated ? 'on a simulated firewall' : `on ${io.env.PANOS_HOSTNAME}`}`,
    )
  lines.push(`  ${'Dashboard'.padEnd(18)}${bold(dashboard)}`, `  ${'Recording'.padEnd(18)}${recording.dir}`)
  if (plan.insecure)
    lines.push(
      '',
      '  WARNING: --insecure-upstream: the certificate of the server is not verified; anyone in between can read and change everything.',
    )
  if (!plan.recording.masked) lines.push('', '  WARNING: --capture-secrets: credentials are stored as they were sent.')
  if (plan.recording.linger > 0)
    lines.push(
      '',
      `  The server is kept up to ${plan.recording.linger} s after a client has left (--linger); it learns of it that much later.`,
    )
  lines.push('', 'Point your client at the proxy and let it connect anew:', '')
  for (const upstream of upstreams) lines.push(`  ${upstream.name.padEnd(18)}${clientUrl(upstream)}`)
  lines.push('')
  for (const snippet of snippets(clientUrl(first), first.name).filter(({ client }) => client === 'Windsurf')) {
    lines.push(`  ${snippet.form}, ${snippet.file}`, ...snippet.text.split('\n').map(line => `    ${line}`), '')
  }
  lines.push('Cursor, VS Code, Claude Code and others: see the dashboard. Ctrl+C ends the recording.', '')
  io.stderr.write(`${lines.join('\n')}\n`)
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

export function farewell({
  plan,
  io,
  recording,
  summary,
}: {
  plan: Plan
  io: CommandIo
  recording: Recording
  summary: InspectorSummary
}): void {
  const { events, lost: told, waiting } = recording.stats()
  const lost = told + waiting
  if (plan.json) io.stdout.write(`${JSON.stringify({ event: 'end', recording: recording.dir, ...summary, events, lost })}\n`)
  if (lost > 0) io.stderr.write(`seismograph: ${plural(lost, 'record')} could not be written and ${lost === 1 ? 'is' : 'are'} lost\n`)
  if (plan.quiet) return
  const { sessions, calls, undelivered, cut, findings } = summary
  const untold = cut > 0 ? `, ${cut} cut by this end before an answer came` : ''
  const found = [plural(findings.error, 'error'), plural(findings.warning, 'warning')].join(', ')
  io.stderr.write(
    `Recorded ${plural(sessions, 'session')}, ${plural(calls, 'call')}, ${undelivered} not delivered${untold}; ${found}.\n` +
      `Look again: ${invocation} open ${recording.dir}\n`,
  )
}
