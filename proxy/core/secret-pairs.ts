/**
 * Finds secrets by the name before them: `name=value` in queries and forms, `name: value` in header and log lines, with quotes or without.
 * Promise: linear time, however many names there are and however far their values reach.
 */
import { headerSecret, isSecret, isSecretHeader, nameSecret, PANOS_TYPES } from './secret-names.ts'
import type { Report } from './secret-values.ts'

const NAME = /[A-Za-z0-9_.-]/
const BLANK = /[ \t]/

/** `name=value`, `name: value`, `name="value"`: looks from each separator backwards for a name and forwards for the value. */
export function findPairs(text: string, report: Report): void {
  const stops = new Stops(text)
  let done = 0
  for (const { index } of text.matchAll(/[=:]/g)) {
    // Within what is secret already.
    if (index < done) continue
    const isField = text[index] === '='
    let nameEnd = index
    while (nameEnd > 0 && BLANK.test(text[nameEnd - 1] as string)) nameEnd--
    const quoted = text[nameEnd - 1]
    const isEscaped = quoted === '"' && text[nameEnd - 2] === '\\'
    // JSON members have a pass of their own, which knows escapes; here only escaped JSON that stands in prose.
    if (!isField && quoted === '"' && !isEscaped) continue
    if (isEscaped) nameEnd -= 2
    else if (quoted === "'" || quoted === '"') nameEnd--
    let nameStart = nameEnd
    while (nameStart > 0 && nameEnd - nameStart < 64 && NAME.test(text[nameStart - 1] as string)) nameStart--
    if (nameEnd - nameStart < 2) continue
    const name = text.slice(nameStart, nameEnd)
    if (nameSecret(name) === 'none' && (!name.includes('-') || isSecretHeader(name) === 'no')) continue
    done = reportPair(text, name, index, isField, stops, report)
  }
}

/** Returns the end of what it reported, 0 when there was no secret. */
function reportPair(text: string, name: string, separator: number, isField: boolean, stops: Stops, report: Report): number {
  let start = separator + 1
  while (start < text.length && BLANK.test(text[start] as string)) start++
  if (text.startsWith('\\"', start)) start++
  const quote = text[start] === '"' || text[start] === "'" ? text[start] : undefined
  if (quote !== undefined) start++
  if (!isField && isWholeLine(name)) return reportLine(text, name, start, stops, report)
  const end = stops.next(quote === undefined ? (isField ? 'field' : 'line') : quote === '"' ? 'double' : 'single', start)
  const value = text.slice(start, end)
  // "password: the one that you chose", "tool 'credential': API_KEY is not set": a word in a sentence, or the name of a variable.
  const isProse = !isField && quote === undefined && end - start < 64 && /^[ \t]+[a-z(]/.test(text.slice(end, end + 4))
  if (isProse && (/^[a-z]+$/.test(value) || isVariable(value))) return 0
  const isPanosKey = isField && name === 'key' && value !== '' && !value.startsWith('[REDACTED') && isPanosAround(text, separator)
  const verdict = isPanosKey ? 'yes' : isSecret(name, value, isField ? 'field' : 'line')
  if (verdict === 'no') return 0
  report(start, end, isField ? decodeField(value) : value, verdict === 'session')
  return verdict === 'session' ? 0 : end
}

/** `PANOS_API_KEY`: says which credential is meant, and nothing of it. */
const isVariable = (value: string): boolean => /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/.test(value) && nameSecret(value) !== 'none'

const STOPS = {
  field: /[\s"'&;<>\\]/g,
  line: /[\s"',;<>{}()\\]/g,
  double: /["\\\r\n]/g,
  single: /['\\\r\n]/g,
  header: /[\r\n"'<>]/g,
}

/** Where values end. Remembers the last answer, so that many values before one far end cost no more than one. */
class Stops {
  readonly #text: string
  readonly #known = new Map<string, { from: number; end: number }>()

  constructor(text: string) {
    this.#text = text
  }

  next(kind: keyof typeof STOPS, from: number): number {
    const known = this.#known.get(kind)
    if (known !== undefined && from >= known.from && from <= known.end) return known.end
    const pattern = STOPS[kind]
    pattern.lastIndex = from
    const end = pattern.exec(this.#text)?.index ?? this.#text.length
    this.#known.set(kind, { from, end })
    return end
  }
}

function isWholeLine(name: string): boolean {
  const kind = headerSecret(name)
  return kind === 'cookie' || kind === 'set-cookie' || kind === 'scheme'
}

/** The rest of a header line; of `Authorization` behind its scheme. */
function reportLine(text: string, name: string, start: number, stops: Stops, report: Report): number {
  const end = stops.next('header', start)
  const scheme =
    headerSecret(name) === 'scheme'
      ? (/^[A-Za-z][A-Za-z0-9-]*[ \t]+/.exec(text.slice(start, Math.min(end, start + 40)))?.[0].length ?? 0)
      : 0
  const value = text.slice(start + scheme, end)
  if (value.startsWith('[REDACTED')) return 0
  report(start + scheme, end, value)
  return end
}

/** `key=` near a `type=` of PAN-OS's API or behind its path. */
function isPanosAround(text: string, separator: number): boolean {
  const around = text.slice(Math.max(0, separator - 500), separator + 500)
  if (/\/api\/?\?[^\s"'<>]*$/.test(text.slice(Math.max(0, separator - 500), separator - 3))) return true
  return PANOS_TYPES.has(/(?:^|[?&\s"'])type=([a-z-]+)/.exec(around)?.[1] ?? '')
}

/** The text of a URL-encoded field; as it is where that is broken. */
export function decodeField(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
