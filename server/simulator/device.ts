/**
 * The state of a simulated device. Promise: everything that an answer depends on is here, so that the same state and the same clock
 * give the same answer.
 */
import type { XmlNode } from '../panos/xml.ts'
import type { Account } from './accounts.ts'
import { type Mark, washed } from './dirty.ts'
import { JobBook } from './jobs.ts'
import type { LogJobs } from './log-jobs.ts'
import { Refusal } from './refusal.ts'
import { stamp } from './time.ts'
import { UserBook } from './user-id.ts'

export type Dialect = '10.1' | '11.1' | '11.2'

/** An edit of the candidate that is not committed yet; it can be done again on another tree. */
export interface Pending {
  readonly id: number
  readonly admin: string
  readonly action: string
  readonly xpath: string
  /** Milliseconds since the epoch. */
  readonly at: number
  apply(root: XmlNode): XmlNode
}

export interface Lock {
  readonly kind: 'config' | 'commit'
  readonly admin: string
  readonly comment: string
  readonly at: number
}

/** What an administrator did, for the configuration log. */
export interface Deed {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly admin: string
  readonly what: string
  readonly xpath: string
}

export interface DeviceOptions {
  readonly hostname: string
  readonly model: string
  readonly serial: string
  readonly dialect: Dialect
  readonly config: XmlNode
  readonly seed: number
  readonly accounts: readonly Account[]
  readonly bootedAt: number
  readonly commitMs: number
  readonly logJobs: LogJobs
}

const VERSIONS: Readonly<Record<Dialect, string>> = { '10.1': '10.1.12', '11.1': '11.1.6', '11.2': '11.2.3' }

export class Device {
  readonly hostname: string
  readonly model: string
  readonly serial: string
  readonly dialect: Dialect
  readonly version: string
  readonly seed: number
  accounts: readonly Account[]
  /** Milliseconds since the epoch. */
  readonly bootedAt: number
  readonly jobs = new JobBook()
  readonly logJobs: LogJobs
  commitMs: number
  /** What the device enforces. */
  running: XmlNode
  /** What administrators edit; the same tree as `running` while there is nothing to commit. */
  candidate: XmlNode
  pending: readonly Pending[] = []
  locks: readonly Lock[] = []
  /** Oldest first. */
  readonly deeds: Deed[] = []
  /** Of a Panorama: the firewalls that `target` reaches, by serial number. */
  readonly managed = new Map<string, Device>()
  /** Of a managed firewall: what the templates of its Panorama gave it. */
  template: XmlNode | undefined
  /** Configurations by the names of their files. */
  readonly saved = new Map<string, XmlNode>()
  readonly #users = new Map<string, UserBook>()
  #edits = 0

  constructor(options: DeviceOptions) {
    this.hostname = options.hostname
    this.model = options.model
    this.serial = options.serial
    this.dialect = options.dialect
    this.version = VERSIONS[options.dialect]
    this.seed = options.seed
    this.accounts = options.accounts
    this.bootedAt = options.bootedAt
    this.commitMs = options.commitMs
    this.logJobs = options.logJobs
    this.running = options.config
    this.candidate = options.config
    this.jobs.add(
      { type: 'AutoCom', user: '', takesMs: 42_000, ok: true, details: ['Configuration committed successfully'] },
      this.bootedAt,
    )
  }

  /** What is known of users and registered addresses in a virtual system. */
  users(vsys: string): UserBook {
    const book = this.#users.get(vsys) ?? new UserBook()
    this.#users.set(vsys, book)
    return book
  }

  /** Lets time out what has its time. */
  settleUsers(now: number): void {
    for (const book of this.#users.values()) book.settle(now)
  }

  get panorama(): boolean {
    return this.model === 'Panorama'
  }

  get multiVsys(): boolean {
    const devices = this.running.children.find(node => node.name === 'devices')
    return (devices?.children[0]?.children.find(node => node.name === 'vsys')?.children.length ?? 0) > 1
  }

  /** Who holds a lock that stops this administrator. */
  locked(kind: Lock['kind'], admin: string): Lock | undefined {
    return this.locks.find(lock => lock.kind === kind && lock.admin !== admin)
  }

  /** Does an edit of some places for an administrator. `make` gives the tree after it. Throws Refusal, and then nothing has changed. */
  change(admin: string, action: string, places: readonly string[], now: number, make: (root: XmlNode, mark: Mark) => XmlNode): void {
    const lock = this.locked('config', admin)
    if (lock) throw new Refusal(15, `Configuration is locked by ${lock.admin}`)
    const mark: Mark = { admin, dirtyId: this.#edits + 2, time: stamp(now) }
    const after = make(this.candidate, mark)
    if (after === this.candidate) return
    this.#edits += 1
    for (const xpath of places) this.deeds.push({ at: now, admin, what: action, xpath })
    this.candidate = after
    // The first of the places stands for the whole edit when it is done again.
    const done = places.map((xpath, index) => ({
      ...{ id: this.#edits, admin, action, xpath, at: now },
      apply: (root: XmlNode) => (index === 0 ? make(root, mark) : root),
    }))
    this.pending = [...this.pending, ...done]
  }

  /** The running configuration with some pending edits done on it; an edit that cannot be done there is left out. */
  replay(edits: readonly Pending[], base = this.running): XmlNode {
    let root = base
    for (const edit of edits) {
      try {
        root = edit.apply(root)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
    return root
  }

  /** Makes edits part of the running configuration; those of others stay pending on top of it. */
  adopt(tree: XmlNode, edits: readonly Pending[]): void {
    this.running = washed(tree)
    this.pending = this.pending.filter(edit => !edits.includes(edit))
    this.candidate = this.replay(this.pending)
  }

  /** Forgets edits that are not committed. */
  revert(edits: readonly Pending[]): void {
    this.pending = this.pending.filter(edit => !edits.includes(edit))
    this.candidate = this.replay(this.pending)
  }
}
