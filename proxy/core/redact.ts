/**
 * Masks credentials in heads, URLs and text.
 * Promise: a value without a credential comes back as the same object, and masking what is masked changes nothing.
 *
 * A mask is `[REDACTED len=43 id=7f3a91c2]`: the length in characters and a short keyed hash, so that equal secrets show as equal.
 * In URLs its spaces are `+`, which forms decode to the same text. Session ids stay, or get one pseudonym each that stands for them everywhere.
 */
import { bytesToBinary } from './base64.ts'
import type { RawHeader } from './event.ts'
import { KnownSecrets } from './known-secrets.ts'
import { MarkedSecrets } from './marked-secrets.ts'
import { headerSecret, looksRandom, nameSecret, PANOS_TYPES } from './secret-names.ts'
import { decodeField } from './secret-pairs.ts'
import { type Found, findSecrets, merge } from './secret-values.ts'
import { shortId } from './words.ts'

export interface MaskerSetting {
  /** Short keyed hash of a secret. With the recording's own key, secrets masked in heads are recognised in bodies too. */
  readonly fingerprint: (value: string) => string
  /** Stands for a session id, always the same for the same id; absent: session ids are kept. */
  readonly pseudonym?: (id: string) => string
}

/** A range to be replaced. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

export interface Masker {
  headers(headers: readonly RawHeader[]): readonly RawHeader[]
  header(name: string, value: string): string
  /** A request target or any URL. */
  target(target: string): string
  /** Any text: JSON, SSE, XML, forms, log lines, prose; also such text within JSON strings. */
  text(text: string): string
  /** The same for words of ours, which name a session by the beginning of its id. */
  prose(text: string): string
  /** The same for bytes, as replacements at byte offsets. The replacements are ASCII. */
  edits(bytes: Uint8Array): readonly Edit[]
  /** What stands for a session id. */
  session(id: string): string
  /** A secret known from elsewhere (a configured key): from now on found in every text, in the forms in which it travels. */
  learn(secret: string): void
  /** A session id known from elsewhere: from now on it gets its pseudonym in every text. */
  learnSession(id: string): void
}

const MASK = /^\[REDACTED[ +]len=\d+/
const USER_INFO = /\/\/([^\s/?#@]+)@/g
const CACHE_LIMIT = 1000
const CACHED_LENGTH = 4096
/** What may be the beginning of a session's id, as words of ours show it. */
const BEGINNING = /(?<![\w-])[\w-]{8}(?![\w-])/g

export function createMasker(setting: MaskerSetting): Masker {
  return new SaltedMasker(setting)
}

class SaltedMasker implements Masker {
  readonly #setting: MaskerSetting
  readonly #marks = new Map<string, string>()
  /** Whole values of Authorization, masked. */
  readonly #schemes = new Map<string, string>()
  /** Targets, and values of headers, in which nothing is to be masked: few are different. */
  readonly #plainTargets = new Set<string>()
  readonly #plainValues = new Set<string>()
  readonly #pseudonyms = new Set<string>()
  readonly #beginnings = new Map<string, string>()
  readonly #known = new KnownSecrets()
  readonly #marked: MarkedSecrets

  constructor(setting: MaskerSetting) {
    this.#setting = setting
    this.#marked = new MarkedSecrets(setting.fingerprint)
  }

  headers(list: readonly RawHeader[]): readonly RawHeader[] {
    let copy: RawHeader[] | undefined
    for (let index = 0; index < list.length; index++) {
      const pair = list[index] as RawHeader
      if (headerSecret(pair[0]) === 'none') continue
      const masked = this.header(pair[0], pair[1])
      if (masked === pair[1]) continue
      copy ??= [...list]
      copy[index] = [pair[0], masked]
    }
    return copy ?? list
  }

  header(name: string, value: string): string {
    switch (headerSecret(name)) {
      case 'none':
        return value
      case 'value':
        return this.#mark(value)
      case 'scheme':
        return this.#scheme(value)
      case 'cookie':
        return value.split(';').map(this.#cookie).join(';')
      case 'set-cookie': {
        const [cookie = '', ...attributes] = value.split(';')
        return [this.#cookie(cookie), ...attributes].join(';')
      }
      case 'session':
        return this.#session(value)
      case 'cursor':
        // What stays in the stream, being too short to be told from any word, has to stay here: the two belong together.
        return this.#setting.pseudonym !== undefined && this.#known.addIfDistinct(value, true) ? this.#session(value) : value
      case 'url':
        return this.target(value)
      case 'authority':
        return value.includes('@') ? this.target(`//${value}`).slice(2) : value
      case 'text':
        return this.#unlessPlain(value, this.#plainValues, () => this.text(value))
    }
  }

  /** The value of `name=value`; all of a cookie without a name. */
  readonly #cookie = (pair: string): string => {
    const at = MASK.test(pair.trimStart()) ? 0 : pair.indexOf('=') + 1
    const value = pair.slice(at).trimStart()
    return pair.slice(0, pair.length - value.length) + this.#mark(value)
  }

  target(text: string): string {
    return this.#unlessPlain(text, this.#plainTargets, () => this.#target(text))
  }

  #unlessPlain(text: string, plain: Set<string>, mask: () => string): string {
    // With pseudonyms a secret that is learned later may be found in it then.
    if (this.#setting.pseudonym !== undefined) return mask()
    if (plain.has(text)) return text
    const masked = mask()
    // Values that never come again (ids of requests) do not keep out those that do.
    if (plain.size >= CACHE_LIMIT) plain.clear()
    if (masked === text && text.length <= CACHED_LENGTH) plain.add(text)
    return masked
  }

  #target(text: string): string {
    const withoutUser = text.includes('@') ? text.replace(USER_INFO, (_, user: string) => `//${this.#userInfo(user)}@`) : text
    const query = withoutUser.indexOf('?')
    const begin = query < 0 ? withoutUser.indexOf('#') : query
    const swept = (part: string) => (this.#setting.pseudonym === undefined ? part : apply(part, this.#edits(part, this.#known.find(part))))
    if (begin < 0) return swept(withoutUser)
    const path = withoutUser.slice(0, begin)
    const fields = withoutUser.slice(begin + 1)
    const masked = this.#fields(fields, isPanos(path, fields))
    return masked === fields ? swept(withoutUser) : swept(withoutUser.slice(0, begin + 1) + masked)
  }

  /** The password of `name:password`; a token that stands alone. */
  #userInfo(user: string): string {
    const password = user.indexOf(':') + 1
    if (password === 0) return looksRandom(user) ? this.#mark(user) : user
    return user.slice(0, password) + this.#mark(user.slice(password))
  }

  /** All but the first word, where there are two. */
  #scheme(value: string): string {
    const cached = this.#schemes.get(value)
    if (cached !== undefined) return cached
    const masked = value.replace(/^(\s*[A-Za-z][A-Za-z0-9-]*\s+)?(.+)$/s, (_, scheme = '', rest) => scheme + this.#mark(rest))
    // A mask is looked at each time: what it stands for is learned from it.
    if (masked !== value && value.length <= CACHED_LENGTH && this.#schemes.size < CACHE_LIMIT) this.#schemes.set(value, masked)
    return masked
  }

  text(text: string): string {
    return apply(text, this.#textEdits(text))
  }

  prose(text: string): string {
    return this.text(text).replace(BEGINNING, word => this.#beginnings.get(word) ?? word)
  }

  edits(bytes: Uint8Array): readonly Edit[] {
    return this.#textEdits(bytesToBinary(bytes))
  }

  session(id: string): string {
    return this.#session(id)
  }

  learn(secret: string): void {
    this.#known.add(secret, false)
  }
  learnSession(id: string): void {
    this.#known.add(id, true)
    const { pseudonym } = this.#setting
    if (pseudonym !== undefined && shortId(id) !== id) this.#beginnings.set(shortId(id), pseudonym(id).slice(0, shortId(id).length))
  }

  #textEdits(text: string): Edit[] {
    const byShape = findSecrets(text)
    for (const { value, session } of byShape) this.#known.addIfDistinct(value, session)
    return this.#edits(text, merge([...byShape, ...this.#known.find(text), ...this.#marked.find(text)]))
  }

  #edits(text: string, found: readonly Found[]): Edit[] {
    const edits: Edit[] = []
    for (const { start, end, value, session } of found) {
      const replacement = session ? this.#session(value) : this.#mark(value)
      if (replacement !== text.slice(start, end) && !(session && replacement === value)) edits.push({ start, end, replacement })
    }
    return edits
  }

  /** Masks the values of `name=value` pairs between `&`, `;`, `?` and `#`. */
  #fields(fields: string, panos: boolean): string {
    return fields.replace(/(?<![^&;?#=])([^&;?#=]+)=([^&;?#]*)/g, (pair, name: string, value: string) => {
      if (value === '') return pair
      const secret = nameSecret(decodeField(name))
      if (secret === 'none') return pair
      if (secret === 'session') return `${name}=${this.#session(value)}`
      if (secret === 'key' && !panos && !looksRandom(value)) return pair
      if (secret === 'random' && !looksRandom(value)) return pair
      return `${name}=${this.#mark(decodeField(value)).replaceAll(' ', '+')}`
    })
  }

  #mark(value: string): string {
    if (value === '') return value
    if (MASK.test(value)) {
      this.#marked.add(value)
      return value
    }
    const cached = this.#marks.get(value)
    if (cached !== undefined) return cached
    const made = `[REDACTED len=${value.length} id=${this.#setting.fingerprint(value)}]`
    if (this.#marks.size < CACHE_LIMIT) this.#marks.set(value, made)
    this.#known.addIfDistinct(value, false)
    return made
  }

  #session(id: string): string {
    const { pseudonym } = this.#setting
    if (pseudonym === undefined || this.#pseudonyms.has(id)) return id
    this.#known.addIfDistinct(id, true)
    const made = pseudonym(id)
    this.#pseudonyms.add(made)
    return made
  }
}

/** The text with its edits made; the same text when there are none. */
export function apply(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text
  let done = 0
  let out = ''
  for (const { start, end, replacement } of edits) {
    out += text.slice(done, start) + replacement
    done = end
  }
  return out + text.slice(done)
}

/** True where `key` is a PAN-OS API key. */
function isPanos(path: string, fields: string): boolean {
  return /\/api\/?$/.test(path) || PANOS_TYPES.has(/(?:^|&)type=([^&#]*)/.exec(fields)?.[1] ?? '')
}
