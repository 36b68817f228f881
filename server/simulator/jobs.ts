/**
 * The job book of a simulated device. Promise: what a job looks like depends on the clock alone (PEND, then ACT, then FIN), and its effect
 * happens once, when its time has come.
 */
import { escapeXml } from '../panos/xml.ts'
import { clock, stamp } from './time.ts'

export interface JobDevice {
  readonly serial: string
  readonly name: string
  readonly result: 'OK' | 'FAIL'
  readonly lines: readonly string[]
}

export interface JobPlan {
  readonly type: 'Commit' | 'Validate' | 'CommitAll' | 'MoveDG' | 'AutoCom'
  readonly user: string
  readonly description?: string
  /** From start to end, in milliseconds. */
  readonly takesMs: number
  readonly ok: boolean
  readonly details: readonly string[]
  readonly warnings?: readonly string[]
  /** Of a push: one result per device, which comes a little after the job's own. */
  readonly devices?: readonly JobDevice[]
  readonly dgname?: string
  /** Of a push: `shared-policy`, `template` or `template-stack`. */
  readonly pushType?: string
  /** What becomes true when the job has finished well. */
  finish?(): void
}

export interface Job extends JobPlan {
  readonly id: number
  readonly enqueuedAt: number
  readonly startsAt: number
  readonly endsAt: number
  settled: boolean
}

const tag = (name: string, text: string): string => (text === '' ? `<${name}/>` : `<${name}>${escapeXml(text)}</${name}>`)
const lines = (name: string, texts: readonly string[]): string =>
  texts.length === 0 ? `<${name}/>` : `<${name}>${texts.map(text => tag('line', text)).join('')}</${name}>`

function deviceEntry(job: Job, device: JobDevice, now: number): string {
  // A device reports after the job as a whole says 100.
  const done = now >= job.endsAt + job.takesMs / 4
  const notes = device.result === 'OK' ? '<errors/><warnings/>' : lines('errors', device.lines)
  return (
    `<entry>${tag('serial-no', device.serial)}${tag('devicename', device.name)}${tag('status', done ? 'commit succeeded' : 'pending')}` +
    `${tag('result', done ? device.result : 'PEND')}${tag('tstart', clock(job.startsAt))}${tag('tfin', done ? clock(job.endsAt) : '')}` +
    `<details>${done ? `<msg>${notes}</msg>` : ''}</details></entry>`
  )
}

/** `<job>…</job>` as `show jobs` gives it. */
export function jobXml(job: Job, now: number): string {
  const status = now < job.startsAt ? 'PEND' : now < job.endsAt ? 'ACT' : 'FIN'
  const finished = status === 'FIN'
  const progress = finished ? 100 : Math.floor((100 * Math.max(0, now - job.startsAt)) / Math.max(1, job.endsAt - job.startsAt))
  const devices = job.devices ? `<devices>${job.devices.map(device => deviceEntry(job, device, now)).join('')}</devices>` : ''
  return (
    `<job>${tag('tenq', stamp(job.enqueuedAt))}${tag('tdeq', clock(job.startsAt))}${tag('id', String(job.id))}${tag('user', job.user)}` +
    `${tag('type', job.type)}${tag('status', status)}<queued>${status === 'PEND' ? 'YES' : 'NO'}</queued><stoppable>${finished ? 'no' : 'yes'}</stoppable>` +
    `${tag('result', finished ? (job.ok ? 'OK' : 'FAIL') : 'PEND')}${tag('tfin', finished ? stamp(job.endsAt) : 'Still Active')}` +
    `${tag('description', job.description ?? '')}<positionInQ>0</positionInQ>${tag('progress', String(progress))}` +
    `${job.dgname === undefined ? '' : `${tag('dgname', job.dgname)}<push_type>${job.pushType ?? 'shared-policy'}</push_type>`}` +
    `${finished ? lines('details', job.details) : '<details/>'}${finished ? lines('warnings', job.warnings ?? []) : '<warnings/>'}${devices}</job>`
  )
}

export class JobBook {
  readonly #jobs: Job[] = []
  #next = 1

  add(plan: JobPlan, now: number): Job {
    // A tenth of its time a job waits in the queue.
    const startsAt = now + plan.takesMs / 10
    const job: Job = { ...plan, id: this.#next, enqueuedAt: now, startsAt, endsAt: startsAt + plan.takesMs, settled: false }
    this.#next += 1
    this.#jobs.push(job)
    return job
  }

  find(id: string): Job | undefined {
    return this.#jobs.find(job => String(job.id) === id)
  }

  /** Newest first, as devices list them. */
  all(): readonly Job[] {
    return this.#jobs.toReversed()
  }

  /** The commit or validation that is not over yet. */
  busy(now: number): Job | undefined {
    return this.#jobs.find(job => (job.type === 'Commit' || job.type === 'Validate') && now < job.endsAt)
  }

  /** Lets everything happen whose time has come; returns whether something did. */
  settle(now: number): void {
    for (const job of this.#jobs) {
      if (job.settled || now < job.endsAt) continue
      job.settled = true
      if (job.ok) job.finish?.()
    }
  }
}
