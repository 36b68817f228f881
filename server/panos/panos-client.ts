/**
 * The client of one firewall's XML API. Promise: at most four requests at once (the vendor asks for no more than five), each bounded in time
 * and cancelled with its caller; the API key leaves this file only inside the request's header.
 */
import { type PanosAnswer, parseAnswer } from './envelope.ts'
import { Gate } from './gate.ts'
import { PanosError } from './panos-error.ts'
import { postForm } from './post-form.ts'
import { type Environment, type PanosSettings, readSettings } from './settings.ts'

/** `running` is what the device enforces; `candidate` holds edits that nobody has committed yet. */
export type ConfigKind = 'running' | 'candidate'

export interface PanosClient {
  /** Host and port, for messages and results. */
  readonly device: string
  /** What everybody should know about this connection: verification switched off, for one. */
  readonly warnings: readonly string[]
  /** Operational command as XML. */
  op(command: string, signal: AbortSignal): Promise<PanosAnswer>
  /**
   * Nodes at an XPath. `candidate` uses action=get (any number of matches), `running` uses action=show (exactly one match).
   * An absent node is an empty answer in both.
   */
  read(config: ConfigKind, xpath: string, signal: AbortSignal): Promise<PanosAnswer>
  /** `type=version`: the cheapest request that needs a valid key. */
  version(signal: AbortSignal): Promise<PanosAnswer>
  /** Requests under way. */
  inFlight(): number
}

const WIDTH = 4
const ABSENT: PanosAnswer = { result: undefined, code: '7', empty: true, message: '' }

class XmlApi implements PanosClient {
  readonly device: string
  readonly warnings: readonly string[]
  readonly #settings: PanosSettings
  readonly #gate = new Gate(WIDTH)

  constructor(settings: PanosSettings) {
    this.#settings = settings
    this.device = `${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${settings.port}`
    this.warnings =
      settings.protocol === 'https:' && !settings.tls.verify && settings.tls.fingerprint === undefined
        ? ['TLS verification is off (PANOS_TLS_VERIFY=false): anyone between this server and the device can read the API key.']
        : []
  }

  inFlight(): number {
    return this.#gate.inside
  }

  op(command: string, signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send({ type: 'op', cmd: command }, signal)
  }

  version(signal: AbortSignal): Promise<PanosAnswer> {
    return this.#send({ type: 'version' }, signal)
  }

  async read(config: ConfigKind, xpath: string, signal: AbortSignal): Promise<PanosAnswer> {
    try {
      return await this.#send({ type: 'config', action: config === 'candidate' ? 'get' : 'show', xpath }, signal)
    } catch (error) {
      if (error instanceof PanosError && error.kind === 'absent') return ABSENT
      throw error
    }
  }

  #send(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PanosAnswer> {
    const form = new URLSearchParams(parameters).toString()
    return this.#gate.run(() => this.#exchange(form, signal), signal)
  }

  async #exchange(form: string, signal: AbortSignal): Promise<PanosAnswer> {
    // The clock starts when the request does: waiting at the gate is not the device's slowness.
    const timeout = AbortSignal.timeout(this.#settings.timeoutMs)
    try {
      const { status, body } = await postForm(this.#settings, form, AbortSignal.any([signal, timeout]))
      return parseAnswer(this.#withoutKey(body), status)
    } catch (error) {
      if (!signal.aborted && timeout.aborted) throw this.#tooSlow()
      throw error
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

  /** A device, or what pretends to be one, may echo the request. */
  #withoutKey(body: string): string {
    const { apiKey } = this.#settings
    return body.includes(apiKey) ? body.replaceAll(apiKey, '[PANOS_API_KEY]') : body
  }
}

/** Throws PanosError of kind `configuration`. */
export const createPanosClient = (env: Environment): PanosClient => new XmlApi(readSettings(env))
