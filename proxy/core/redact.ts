/**
 * Masks credentials in heads and URLs.
 * Promise: a value without a credential comes back as the same object, and masking what is masked changes nothing.
 *
 * A mask is `[REDACTED len=43 id=7f3a91c2]`: the length in characters and a short keyed hash, so that equal secrets show as equal.
 * In URLs its spaces are `+`, which forms decode to the same text.
 */
import type { RawHeader } from './event.ts'
import { headerSecret, looksRandom, nameSecret, PANOS_TYPES } from './secret-names.ts'

export interface MaskerSetting {
  /** Short keyed hash of a secret. */
  readonly fingerprint: (value: string) => string
  /** Stands for a session id, always the same for the same id; absent: session ids are kept. */
  readonly pseudonym?: (id: string) => string
}

export interface Masker {
  headers(headers: readonly RawHeader[]): readonly RawHeader[]
  header(name: string, value: string): string
  /** A request target or any URL. */
  target(target: string): string
}

const MASK = /^\[REDACTED[ +]len=\d+/
const CACHE_LIMIT = 1000

export function createMasker(setting: MaskerSetting): Masker {
  const marks = new Map<string, string>()
  const mark = (value: string): string => {
    if (value === '' || MASK.test(value)) return value
    const known = marks.get(value)
    if (known !== undefined) return known
    const made = `[REDACTED len=${value.length} id=${setting.fingerprint(value)}]`
    if (marks.size < CACHE_LIMIT) marks.set(value, made)
    return made
  }
  const session = (id: string): string => setting.pseudonym?.(id) ?? id

  function header(name: string, value: string): string {
    switch (headerSecret(name)) {
      case 'none':
        return value
      case 'value':
        return mark(value)
      case 'scheme':
        return value.replace(/^(\s*[A-Za-z][A-Za-z0-9-]*\s+)?(.+)$/s, (_, scheme = '', rest) => scheme + mark(rest))
      case 'cookie':
        return value.replace(/([^;=\s]+\s*=\s*)([^;]*)/g, (_, before, cookie) => before + mark(cookie))
      case 'set-cookie':
        return value.replace(/^([^;=]*=\s*)([^;]*)/, (_, before, cookie) => before + mark(cookie))
      case 'session':
        return session(value)
      case 'url':
        return target(value)
    }
  }

  function headers(list: readonly RawHeader[]): readonly RawHeader[] {
    let copy: RawHeader[] | undefined
    for (let index = 0; index < list.length; index++) {
      const pair = list[index] as RawHeader
      if (headerSecret(pair[0]) === 'none') continue
      const masked = header(pair[0], pair[1])
      if (masked === pair[1]) continue
      copy ??= [...list]
      copy[index] = [pair[0], masked]
    }
    return copy ?? list
  }

  function target(text: string): string {
    const withoutUser = text.includes('@')
      ? text.replace(/(\/\/[^\s/?#@:]*:)([^\s/?#@]+)@/g, (_, before, password) => `${before}${mark(password)}@`)
      : text
    const from = withoutUser.indexOf('?')
    const begin = from < 0 ? withoutUser.indexOf('#') : from
    if (begin < 0) return withoutUser
    const path = withoutUser.slice(0, begin)
    const fields = withoutUser.slice(begin + 1)
    const masked = maskFields(fields, isPanos(path, fields), mark, session)
    return masked === fields ? withoutUser : withoutUser.slice(0, begin + 1) + masked
  }

  return { headers, header, target }
}

/** True where `key` is a PAN-OS API key. */
function isPanos(path: string, fields: string): boolean {
  return /\/api\/?$/.test(path) || PANOS_TYPES.has(/(?:^|&)type=([^&#]*)/.exec(fields)?.[1] ?? '')
}

/** Masks the values of `name=value` pairs between `&`, `;`, `?` and `#`. */
function maskFields(fields: string, panos: boolean, mark: (value: string) => string, session: (id: string) => string): string {
  return fields.replace(/([^&;?#=]+)=([^&;?#]*)/g, (pair, name: string, value: string) => {
    if (value === '') return pair
    const secret = nameSecret(decode(name))
    if (secret === 'none') return pair
    if (secret === 'session') return `${name}=${session(value)}`
    if (secret === 'key' && !panos && !looksRandom(value)) return pair
    if (secret === 'random' && !looksRandom(value)) return pair
    return `${name}=${mark(decode(value)).replaceAll(' ', '+')}`
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
