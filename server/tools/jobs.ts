/**
 * Jobs of the device: how they look, and how a call waits for one. Promise: a call never waits beyond its budget, not even for an answer that is
 * under way, tells how far the job is, and asks no faster than the vendor advises; a push is over only when its devices have reported.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { PanosError } from '../panos/panos-error.ts'
import { child, children, escapeXml, textAt, type XmlNode } from '../panos/xml.ts'
import type { Finding, ToolContext } from './panos-tool.ts'

export const job = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string().describe('PEND, ACT or FIN; "unknown" of a job that died with the process that ran it.'),
  result: z.string().describe('OK, FAIL or PEND.'),
  progress: z.number().describe('Percent.'),
  user: z.string().optional(),
  description: z.string().optional(),
  enqueuedAt: z.string().describe('As the device writes it.'),
  finishedAt: z.string().optional(),
  details: z.array(z.string()),
  warnings: z.array(z.string()),
  devices: z.array(z.object({ serial: z.string(), name: z.string(), result: z.string(), messages: z.array(z.string()) })),
  logs: z.array(z.record(z.string(), z.string())).optional().describe('Of a log query: its entries.'),
})
export type Job = z.infer<typeof job>

const words = (node: XmlNode): string[] => (node.children.length === 0 ? [node.text.trim()].filter(Boolean) : node.children.flatMap(words))
const lines = (node: XmlNode | undefined): string[] => (node ? words(node) : [])

const FINISHED = 'FIN'
/** A job that died with the process that ran it has neither id nor status, and never will. */
const DEAD = 'unknown'
const DIED = 'The process that ran it ended before the job did.'

function readJob(node: XmlNode): Job {
  const of = (name: string): string => textAt(node, name) ?? ''
  const status = of('status') || DEAD
  const progress = of('progress')
  const optional = { user: of('user'), description: of('description'), finishedAt: /^\d/.test(of('tfin')) ? of('tfin') : '' }
  return {
    id: of('id'),
    type: of('type'),
    status,
    result: of('result') || (status === DEAD ? 'FAIL' : 'unknown'),
    // Some releases put a time here when the job has finished.
    progress: status === FINISHED ? 100 : /^\d{1,3}$/.test(progress) ? Number(progress) : 0,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== '')),
    enqueuedAt: of('tenq'),
    details: [...lines(child(node, 'details')), ...(status === DEAD ? [DIED] : [])],
    warnings: lines(child(node, 'warnings')),
    devices: children(child(node, 'devices'), 'entry').map(entry => ({
      serial: textAt(entry, 'serial-no') ?? '',
      name: textAt(entry, 'devicename') ?? '',
      result: textAt(entry, 'result') ?? '',
      messages: lines(child(entry, 'details')),
    })),
  }
}

/** Newest first, each once: some releases list a job twice. */
export function readJobs(result: XmlNode | undefined): Job[] {
  const seen = new Set<string>()
  return children(result, 'job')
    .map(readJob)
    .filter(each => {
      const key = JSON.stringify(each)
      return seen.has(key) ? false : seen.add(key)
    })
}

export async function fetchJob({ client, signal }: ToolContext, id: string): Promise<Job> {
  const { result } = await client().op(`<show><jobs><id>${escapeXml(id)}</id></jobs></show>`, signal)
  const [found] = readJobs(result)
  // The device may answer without saying it again.
  if (found) return { ...found, id: found.id || id }
  throw new PanosError({ kind: 'absent', message: `The device knows no job ${id}.`, hint: 'show_jobs lists the jobs that it knows.' })
}

export const isOver = ({ status, devices }: Job): boolean =>
  status === DEAD || (status === FINISHED && devices.every(({ result }) => result !== 'PEND'))

/** Pauses between two questions: short at first, because small jobs are quick, then what the vendor advises. */
const PAUSES_MS = [200, 500, 1000, 2000, 3000, 5000]

/** Milliseconds that are left of the call's budget. */
export const timeLeft = ({ deadline, budgetMs }: ToolContext): number =>
  deadline === undefined ? budgetMs : Math.max(0, deadline - performance.now())

/** An answer that comes within the budget; undefined for one that does not. Its request ends with the call. */
export async function inTime<T>(context: ToolContext, answer: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController()
  // Nobody may be left to hear of its failure.
  answer.catch(() => {})
  try {
    return await Promise.race([answer, sleep(timeLeft(context), undefined, { signal: answered.signal }).catch(() => undefined)])
  } finally {
    answered.abort()
  }
}

/**
 * Asks again and again until `over` or until the budget is used up. Gives what it knew last: undefined when no answer came in time.
 * @param ask its answer says how far it is
 */
export async function waitFor<T>(
  context: ToolContext,
  ask: () => Promise<T>,
  over: (answer: T) => boolean,
  progress: (answer: T) => { readonly percent: number; readonly message: string },
): Promise<T | undefined> {
  let known: T | undefined
  for (let round = 0; ; round += 1) {
    const askedAt = performance.now()
    const answer = await inTime(context, ask())
    if (answer === undefined) return known
    known = answer
    const { percent, message } = progress(answer)
    context.progress(percent, 100, message)
    const pause = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 5000
    // An answer that would come too late is not asked for: the entries of a log query are given once, and would be lost.
    const took = performance.now() - askedAt
    if (over(answer) || pause + took > timeLeft(context)) return answer
    await sleep(pause, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted())
  }
}

export const waitForJob = (context: ToolContext, id: string): Promise<Job | undefined> =>
  waitFor(
    context,
    () => fetchJob(context, id),
    isOver,
    each => ({ percent: each.progress, message: `${each.type} job ${id}: ${each.status}` }),
  )

export const jobLine = (each: Job): string =>
  [
    `${each.id}  ${each.type}  ${each.status}  ${each.result}  ${each.progress} %  ${each.enqueuedAt}${each.user ? `  by ${each.user}` : ''}`,
    ...each.details.map(line => `  ${line}`),
    ...each.warnings.map(line => `  warning: ${line}`),
    ...each.devices.map(device => `  ${device.name || device.serial}: ${device.result} ${device.messages.join('; ')}`.trimEnd()),
  ].join('\n')

/** What is found of a job whose device did not answer within the budget. */
export const silent = (id: string): Finding<Job> => ({
  scope: `job ${id}`,
  items: [],
  warnings: [],
  summary: `The device did not say in time how far job ${id} is.`,
  line: jobLine,
  job: { id, status: 'running' },
})
