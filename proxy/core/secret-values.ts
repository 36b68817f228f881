/**
 * Finds secrets in text: by the name before a value (JSON, forms, XML, header lines), and by the shape of a value.
 * Promise: time is linear in the text, a secret within JSON within JSON is found, and what is reported are ranges of the given text.
 */
import { headerSecret, looksRandom, nameSecret, PANOS_TYPES } from './secret-names.ts'

/** A range of the text that is secret. `session` ranges are ids, to be kept or given a pseudonym. */
export interface Found {
  readonly start: number
  readonly end: number
  /** The secret itself, without escapes. */
  readonly value: string
  readonly session: boolean
}

type Report = (start: number, end: number, value: string, session?: boolean) => void

const DEEPEST = 8

/** Ranges in the order of the text, not overlapping. */
export function findSecrets(text: string): Found[] {
  const found: Found[] = []
  collect(text, 0, (start, end, value, session = false) => void (end > start && found.push({ start, end, value, session })))
  return merge(found)
}

/** Where ranges overlap, the one that begins first wins and grows over the other; of two that begin together, the longer. */
export function merge(found: Found[]): Found[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  const kept: Found[] = []
  for (const next of found) {
    const last = kept.at(-1)
    if (last === undefined || next.start >= last.end) kept.push(next)
    else if (next.end > last.end || (last.session && !next.session)) {
      kept[kept.length - 1] = { ...last, end: Math.max(last.end, next.end), session: last.session && next.session }
    }
  }
  return kept
}

function collect(text: string, depth: number, report: Report): void {
  findPairs(text, report)
  findElements(text, report)
  findMultipart(text, report)
  findShapes(text, report)
  if (text.includes('"')) findInStrings(text, depth, report)
}

/** Whether a value under a name is secret, and how. `place`: `field` is a query or form, `member` JSON, `line` prose. */
function isSecret(name: string, value: string, place: 'field' | 'member' | 'line'): 'no' | 'yes' | 'session' {
  if (value === '' || value.startsWith('[REDACTED')) return 'no'
  const byName = nameSecret(name)
  switch (byName) {
    case 'always':
    case 'text':
      return 'yes'
    case 'session':
      return 'session'
    case 'field':
      return place === 'field' || looksRandom(value) ? 'yes' : 'no'
    case 'random':
    case 'key':
      return looksRandom(value) ? 'yes' : 'no'
    case 'none': {
      // A header's name, in a log line or echoed in JSON.
      const byHeader = name.includes('-') ? headerSecret(name) : 'none'
      return byHeader === 'session' ? 'session' : byHeader === 'none' || byHeader === 'url' ? 'no' : 'yes'
    }
  }
}

const NAME = /[A-Za-z0-9_.-]/
const BLANK = /[ \t]/

/** `name=value`, `name: value`, `name="value"`: looks from each separator backwards for a name and forwards for the value. */
function findPairs(text: string, report: Report): void {
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
    if (nameSecret(name) === 'none' && (!name.includes('-') || headerSecret(name) === 'none')) continue
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
  // "password: the one that you chose": a word in a sentence.
  if (!isField && quote === undefined && end - start < 64 && /^[a-z]+$/.test(value) && /^[ \t]+[a-z(]/.test(text.slice(end, end + 4)))
    return 0
  const isPanosKey = isField && name === 'key' && value !== '' && !value.startsWith('[REDACTED') && isPanosAround(text, separator)
  const verdict = isPanosKey ? 'yes' : isSecret(name, value, isField ? 'field' : 'line')
  if (verdict === 'no') return 0
  report(start, end, isField ? decode(value) : value, verdict === 'session')
  return verdict === 'session' ? 0 : end
}

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

/** XML leaf elements with a secret name. */
function findElements(text: string, report: Report): void {
  if (!text.includes('</')) return
  for (const match of text.matchAll(
    /(<([A-Za-z][\w.-]{1,60})(?:\s[^<>]{0,300})?>)(?:(<!\[CDATA\[)([\s\S]{1,10000}?)\]\]>|([^<]+)(?=<))/g,
  )) {
    const [, tag = '', name = '', cdata = '', inCdata, plain = ''] = match
    const value = inCdata ?? plain
    const verdict = isSecret(name, value.trim(), 'member')
    if (verdict === 'no') continue
    const start = match.index + tag.length + cdata.length
    report(start, start + value.length, value.trim(), verdict === 'session')
  }
}

function findMultipart(text: string, report: Report): void {
  if (!text.includes('form-data')) return
  for (const match of text.matchAll(/\bname="([^"\r\n]{1,100})"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n([^\r\n]+)/g)) {
    const [whole, name = '', value = ''] = match
    const verdict = isSecret(name, value, 'field')
    if (verdict !== 'no') report(match.index + whole.length - value.length, match.index + whole.length, value, verdict === 'session')
  }
}

/** Values that show by themselves what they are. Every alternative begins with a text of its own, so the search stays quick. */
const SHAPES = new RegExp(
  [
    String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`,
    String.raw`-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)`,
    String.raw`\bsk-[A-Za-z0-9_-]{16,}`,
    String.raw`\bgh[opsur]_[A-Za-z0-9]{20,}`,
    String.raw`\bgithub_pat_[A-Za-z0-9_]{20,}`,
    String.raw`\bglpat-[A-Za-z0-9_-]{16,}`,
    String.raw`\bxox[abeprs]-[A-Za-z0-9-]{10,}`,
    String.raw`\bA(?:KIA|SIA)[0-9A-Z]{16}\b`,
    String.raw`\bAIza[0-9A-Za-z_-]{30,}`,
    String.raw`\bLUFRPT[A-Za-z0-9+/=_-]{16,}`,
    '-AQ==[A-Za-z0-9+/=]{8,}',
    String.raw`\$[1256][aby]?\$[^\s"'<>\\$]{1,40}\$[^\s"'<>\\]{8,}`,
  ].join('|'),
  'g',
)
const SCHEMES = /\b(Bearer|Basic)([ \t]+|%20|\+)([A-Za-z0-9._~+/=-]{8,})/gi
const USER_INFO = /:\/\/[^\s/?#@:"'<>\\]{0,200}:([^\s/?#@"'<>\\]{1,200})@/g

function findShapes(text: string, report: Report): void {
  for (const { index, 0: whole } of text.matchAll(SHAPES)) report(index, index + whole.length, whole)
  for (const { index, 0: whole, 3: value = '' } of text.matchAll(SCHEMES)) {
    // "Basic authentication" is prose.
    if (/[0-9]/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value.slice(1))))
      report(index + whole.length - value.length, index + whole.length, value)
  }
  if (!text.includes('@')) return
  for (const { index, 0: whole, 1: value = '' } of text.matchAll(USER_INFO)) {
    if (!value.startsWith('[REDACTED')) report(index + whole.length - 1 - value.length, index + whole.length - 1, value)
  }
}

/**
 * The members of JSON, and what its strings carry: JSON, XML or forms once more. Works on any text with string literals in it,
 * also on a torn one: a line break ends a literal, for JSON has none within.
 */
function findInStrings(text: string, depth: number, report: Report): void {
  let name: string | undefined
  for (let at = text.indexOf('"'); at >= 0; ) {
    const end = endOfString(text, at + 1)
    const raw = text.slice(at + 1, end)
    const after = /^\s*:\s*/.exec(text.slice(end + 1, end + 20))?.[0]
    if (after !== undefined && text[end] === '"') {
      name = raw
      reportNumber(text, name, end + 1 + after.length, report)
      at = text.indexOf('"', end + 1)
      // The value must follow at once to be this member's.
      if (at !== end + 1 + after.length) name = undefined
      continue
    }
    reportString(raw, at + 1, name, depth, report)
    name = undefined
    at = text.indexOf('"', end + 1)
  }
}

function reportString(raw: string, start: number, name: string | undefined, depth: number, report: Report): void {
  const hasEscapes = raw.includes('\\')
  if (name !== undefined) {
    const value = hasEscapes ? unescapeString(raw).text : raw
    const verdict = isSecret(name, value, 'member')
    if (verdict !== 'no') {
      const scheme = headerSecret(name) === 'scheme' ? (/^[A-Za-z][A-Za-z0-9-]* +/.exec(raw)?.[0].length ?? 0) : 0
      report(start + scheme, start + raw.length, value.slice(scheme), verdict === 'session')
      return
    }
  }
  if (!hasEscapes || depth >= DEEPEST) return
  const inner = unescapeString(raw)
  collect(inner.text, depth + 1, (from, to, value, session) =>
    report(start + (inner.offsets[from] ?? 0), start + (inner.offsets[to] ?? raw.length), value, session),
  )
}

/** A number under a name whose value is always secret (a PIN as `password`). */
function reportNumber(text: string, name: string, start: number, report: Report): void {
  if (nameSecret(name) !== 'always') return
  const digits = /^-?[0-9][0-9.eE+-]*/.exec(text.slice(start, start + 40))?.[0]
  if (digits !== undefined) report(start, start + digits.length, digits)
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22 || code === 0x0a || code === 0x0d) return at
    if (code === 0x5c) at++
  }
  return text.length
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** The text of a JSON string literal, and for each of its characters (and its end) the offset in the literal. */
function unescapeString(raw: string): { text: string; offsets: Uint32Array } {
  const offsets = new Uint32Array(raw.length + 1)
  let text = ''
  let at = 0
  while (at < raw.length) {
    const next = raw.indexOf('\\', at)
    const plainEnd = next < 0 ? raw.length : next
    for (let index = at; index < plainEnd; index++) offsets[text.length + index - at] = index
    text += raw.slice(at, plainEnd)
    at = plainEnd
    if (next < 0) break
    const isUnicode = /^u[0-9a-fA-F]{4}$/.test(raw.slice(at + 1, at + 6))
    offsets[text.length] = at
    text += isUnicode
      ? String.fromCharCode(Number.parseInt(raw.slice(at + 2, at + 6), 16))
      : (ESCAPES[raw[at + 1] ?? ''] ?? raw[at + 1] ?? '\\')
    at += isUnicode ? 6 : 2
  }
  offsets[text.length] = raw.length
  return { text, offsets: offsets.subarray(0, text.length + 1) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
