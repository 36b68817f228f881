/**
 * The client of one device's XML API. Promise: at most four requests at once (the vendor asks for no more than five), each bounded in time
 * and cancelled with its caller; equal reads under way are one request; the API key leaves this folder only inside the request's header.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type PanosAnswer, parseAnswer } from './envelope.ts'
import { Gate } from './gate.ts'
import { KeyRing } from './key-ring.ts'
import { PanosError } from './panos-error.ts'
import { postForm } from './post-form.ts'
import { type Environment, type PanosSettings, readSettings } from './settings.ts'
import { SharedFlights } from './shared-flights.ts'

/** `running` is what the device enforces; `candidate` holds edits that nobody has committed yet. */
export type ConfigKind = 'running' | 'candidate'

/** One change of the candidate. */
export interface ConfigEdit {
  readonly action: 'set' | 'edit' | 'delete' | 'move' | 'rename'
  readonly xpath: string
  /** XML. */
  readonly element?: string
  readonly where?: 'top' | 'bottom' | 'before' | 'after'
  readonly dst?: string
  readonly newname?: string
}

export interface LogQuery {
  readonly type: string
  readonly query: string
  readonly count: number
  /** Entries to leave out first. */
  readonly skip: number
  readonly direction: 'forward' | 'backward'
}

export interface PanosClient {
  /** Host and port, for messages and results; with the serial number of the firewall behind a Panorama. */
  readonly device: string
  /** What everybody should know about this connection: verification switched off, for one. */
  readonly warnings: readonly string[]
  /** The virtual system that PANOS_VSYS names. */
  readonly vsys: string | undefined
  /** Of the firewall behind a Panorama that is asked. */
  readonly serial: string | undefined
  /** The same connection, for a firewall behind this Panorama: what it asks counts towards the same limit. */
  at(serial: string): PanosClient
  /** Operational command as XML, one that only reads; in PANOS_VSYS unless another virtual system is named. */
  op(command: string, signal: AbortSignal, vsys?: string): Promise<PanosAnswer>
  /** Operational command that does something; never repeated and never shared. */
  act(command: string, signal: AbortSignal): Promise<PanosAnswer>
  /**
   * Nodes at an XPath. `candidate` uses action=get (any number of matches), `running` uses action=show (exactly one match).
   * An absent node is an empty answer in both.
   */
  read(config: ConfigKind, xpath: string, signal: AbortSignal): Promise<PanosAnswer>
  /** Changes the candidate. */
  change(edit: ConfigEdit, signal: AbortSignal): Promise<PanosAnswer>
  /** `type=commit`; of some administrators' changes alone it is `partial`, and a push from a Panorama is `all`. */
  commit(command: string, action: 'partial' | 'all' | undefined, signal: AbortSignal): Promise<PanosAnswer>
  /** Begins a log query; the answer names its job. */
  queryLogs(query: LogQuery, signal: AbortSignal): Promise<PanosAnswer>
  /** Asks for a log job's entries; a finished one is then forgotten by the device. */
  logJob(id: string, signal: AbortSignal): Promise<PanosAnswer>
  /** Ends a log job whose answer nobody wants, whatever became of the caller; never rejects. */
  finishLogJob(id: string): Promise<void>
  /** `type=version`: the cheapest request that needs a valid key. */
  version(signal: AbortSignal): Promise<PanosAnswer>
  /** Requests under way. */
  inFlight(): number
}

const WIDTH = 4
const ABSENT: PanosAnswer = { result: undefined, code: '7', empty: true, message: '' }
/** Codes after which a read is worth a second try: internal errors and a session that timed out. */
const WORTH_A_RETRY = ['2', '3', '4', '5', '11', '21', '22']
const RETRY_AFTER_MS = 300
const FINISH_LIMIT_MS = 5000

type Parameters = Readonly<Record<string, string>>

/** What all clients of one connection have in common. */
interface Connection {
  readonly keys: KeyRing
  readonly gate: Gate
  readonly flights: SharedFlights
  readonly behind: Map<string, PanosClient>
}

class XmlApi implements PanosClient {
  readonly device: string
  readonly warnings: readonly string[]
  readonly vsys: string | undefined
  readonly serial: string | undefined
  readonly #settings: PanosSettings
  readonly #connection: Connection
  readonly #keys: KeyRing
  readonly #gate: Gate
  readonly #flights: SharedFlights

  constructor(settings: PanosSettings, connection?: Connection) {
    this.#settings = settings
    this.#connection = connection ?? { keys: new KeyRing(settings), gate: new Gate(WIDTH), flights: new SharedFlights(), behind: new Map() }
    this.#keys = this.#connection.keys
    this.#gate = this.#connection.gate
    this.#flights = this.#connection.flights
    this.vsys = settings.vsys
    this.serial = settings.target
    const place = `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`
    this.device = settings.target === undefined ? place : `${settings.target} via ${place}`
    this.warnings =
      settings.protocol === 'https:' && !settings.tls.verify && settings.tls.fingerprint === undefined
        ? ['TLS verification is off (PANOS_TLS_VERIFY=false): anyone between this server and the device can read the API key.']
        : []
  }

  at(serial: string): PanosClient {
    const { behind } = this.#connection
    const known = behind.get(serial) ?? new XmlApi({ ...this.#settings, target: serial }, this.#connection)
    behind.set(serial, known)
    return known
  }

  inFlight(): number {
    return this.#gate.inside
  }

  op(command: string, signal: AbortSignal, vsys?: string): Promise<PanosAnswer> {
    return this.#ask(this.#operation(command, vsys), signal)
  }

  act(command: string, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send(this.#operation(command), signal)
  }

  version(signal: AbortSignal): Promise<PanosAnswer> {
    return this.#ask({ type: 'version' }, signal)
  }

  async read(config: ConfigKind, xpath: string, signal: AbortSignal): Promise<PanosAnswer> {
    try {
      return await this.#ask({ type: 'config', action: config === 'candidate' ? 'get' : 'show', xpath }, signal)
    } catch (error) {
      if (error instanceof PanosError && error.kind === 'absent') return ABSENT
      throw error
    }
  }

  change(edit: ConfigEdit, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send({ type: 'config', ...edit }, signal)
  }

  commit(command: string, action: 'partial' | 'all' | undefined, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send({ type: 'commit', ...(action && { action }), cmd: command }, signal)
  }

  queryLogs({ type, query, count, skip, direction }: LogQuery, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send(
      { type: 'log', 'log-type': type, nlogs: String(count), skip: String(skip), dir: direction, ...(query && { query }) },
      signal,
    )
  }

  logJob(id: string, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send({ type: 'log', action: 'get', 'job-id': id }, signal)
  }

  async finishLogJob(id: string): Promise<void> {
    await this.#send({ type: 'log', action: 'finish', 'job-id': id }, AbortSignal.timeout(FINISH_LIMIT_MS)).catch(() => {})
  }

  #operation(command: string, vsys = this.#settings.vsys): Parameters {
    return { type: 'op', cmd: command, ...(vsys !== undefined && { vsys }) }
  }

  /** A read: shared with equal ones, and tried once more when the device stumbled. */
  #ask(parameters: Parameters, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#flights.join(`${this.#settings.target ?? ''} ${JSON.stringify(parameters)}`, signal, async shared => {
      try {
        return await this.#send(parameters, shared)
      } catch (error) {
        if (!(error instanceof PanosError) || !WORTH_A_RETRY.includes(error.panosCode ?? '')) throw error
        await sleep(RETRY_AFTER_MS, undefined, { signal: shared }).catch(() => shared.throwIfAborted())
        return this.#send(parameters, shared)
      }
    })
  }

  #send(parameters: Parameters, signal: AbortSignal): Promise<PanosAnswer> {
    const { target } = this.#settings
    const form = new URLSearchParams({ ...parameters, ...(target !== undefined && { target }) }).toString()
    return this.#gate.run(async () => {
      // The clock starts when the request does: waiting at the gate is not the device's slowness.
      const timeout = AbortSignal.timeout(this.#settings.timeoutMs)
      try {
        return await this.#exchange(form, AbortSignal.any([signal, timeout]))
      } catch (error) {
        if (!signal.aborted && timeout.aborted) throw this.#tooSlow()
        throw error
      }
    }, signal)
  }

  async #exchange(form: string, signal: AbortSignal, again = false): Promise<PanosAnswer> {
    const key = await this.#keys.key(signal)
    const { status, body } = await postForm(this.#settings, form, key, signal)
    try {
      return parseAnswer(body, status, this.#keys.masker())
    } catch (error) {
      const refused = error instanceof PanosError && error.kind === 'authentication'
      if (!refused || again || !this.#keys.refused(key)) throw error
      return this.#exchange(form, signal, true)
    }
  }

  #tooSlow(): PanosError {
    return new PanosError({
      kind: 'timeout',
      message: `${this.device} did not answer within ${this.#settings.timeoutMs} ms.`,
      hint: 'The device may be busy (a commit, a large configuration). Try again, or raise PANOS_TIMEOUT_MS and the time limit of the MCP client.',
      retryable: true,
    })
  }
}

/** Throws PanosError of kind `configuration`. */
export const createPanosClient = (env: Environment): PanosClient => new XmlApi(readSettings(env))
