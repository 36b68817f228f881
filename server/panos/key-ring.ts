/**
 * The API key of a connection: a given one, or one that user and password make (`type=keygen`). Promise: a made key is made once however many
 * ask for it, and made anew when the device no longer accepts it; neither key nor password shows in what a device echoes.
 */
import { parseAnswer } from './envelope.ts'
import { PanosError } from './panos-error.ts'
import { postForm } from './post-form.ts'
import type { PanosSettings } from './settings.ts'
import { SharedFlights } from './shared-flights.ts'
import { textAt } from './xml.ts'

const SHORTEST_SECRET = 6

export class KeyRing {
  readonly #settings: PanosSettings
  readonly #flights = new SharedFlights()
  #made: string | undefined

  constructor(settings: PanosSettings) {
    this.#settings = settings
  }

  async key(signal: AbortSignal): Promise<string> {
    const { apiKey } = this.#settings
    return apiKey ?? this.#made ?? this.#flights.join('keygen', signal, shared => this.#make(shared))
  }

  /** Forgets a made key that was refused. False when there is nothing to try anew. */
  refused(key: string): boolean {
    if (this.#settings.apiKey !== undefined) return false
    if (this.#made === key) this.#made = undefined
    return true
  }

  async #make(signal: AbortSignal): Promise<string> {
    const { user = '', password = '' } = this.#settings
    const form = new URLSearchParams({ type: 'keygen', user, password }).toString()
    const { status, body } = await postForm(this.#settings, form, undefined, signal)
    let answer: ReturnType<typeof parseAnswer>
    try {
      answer = parseAnswer(body, status, this.masker())
    } catch (error) {
      if (!(error instanceof PanosError) || error.kind !== 'authentication') throw error
      throw new PanosError({
        kind: 'authentication',
        message: `The device did not accept PANOS_USERNAME and PANOS_PASSWORD: ${error.message}`,
        hint: 'Check both, and that the administrator may use the XML API.',
        ...(error.panosCode !== undefined && { panosCode: error.panosCode }),
        ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
      })
    }
    const key = textAt(answer.result, 'key')
    if (key === undefined || !/^[\x21-\x7e]+$/.test(key)) {
      throw new PanosError({ kind: 'device', message: 'The device made no API key.', hint: 'Make one by hand and set PANOS_API_KEY.' })
    }
    this.#made = key
    return key
  }

  /** Takes key and password out of a text: a device, or what pretends to be one, may echo the request. Made once for an answer of many texts. */
  masker(): (text: string) => string {
    const { apiKey = this.#made, password } = this.#settings
    const secrets = Object.entries({ '[PANOS_API_KEY]': apiKey, '[PANOS_PASSWORD]': password }).flatMap(([label, secret = '']) =>
      // A made-up key of a few letters would be found in every word; real ones have a hundred.
      secret.length < SHORTEST_SECRET ? [] : [{ label, spelled: anySpelling(secret) }],
    )
    return text =>
      text.length < SHORTEST_SECRET ? text : secrets.reduce((masked, { label, spelled }) => masked.replace(spelled, () => label), text)
  }
}

const XML_NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

/** A text as it is, percent-encoded, in XML references, or in any mixture: a peer chooses how it echoes. */
function anySpelling(secret: string): RegExp {
  const spellings = Array.from(secret, character => {
    const code = character.codePointAt(0) ?? 0
    const hex = code.toString(16)
    const percent = [...Buffer.from(character)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
    const name = XML_NAMES[character] ?? `#${code}`
    return `(?:${character.replace(/\W/, '\\$&')}|${percent}|&(?:#0*${code}|#x0*${hex}|${name});${character === ' ' ? '|\\+' : ''})`
  })
  return new RegExp(spellings.join(''), 'gi')
}
