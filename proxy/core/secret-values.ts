/**
 * Finds secrets in text: by the name before a value (JSON, forms, XML, header lines), and by the shape of a value.
 * Promise: time is linear in the text, a secret within JSON within JSON is found, and what is reported are ranges of the given text.
 */
import { headerSecret, isSecret, looksRandom, nameSecret } from './secret-names.ts'
import { findPairs } from './secret-pairs.ts'

/** A range of the text that is secret. `session` ranges are ids, to be kept or given a pseudonym. */
export interface Found {
  readonly start: number
  readonly end: number
  /** The secret itself, without escapes. */
  readonly value: string
  readonly session: boolean
}

export type Report = (start: number, end: number, value: string, session?: boolean) => void

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

/** The parts of a multipart form: a name in the head, and behind the empty line that ends the head the first line of the value. */
function findMultipart(text: string, report: Report): void {
  if (!text.includes('form-data')) return
  const names = /\bname="([^"\r\n]{1,100})"/g
  const values = /\r?\n\r?\n([^\r\n]*)/g
  for (let head = names.exec(text); head; head = names.exec(text)) {
    values.lastIndex = names.lastIndex
    const body = values.exec(text)
    if (body === null) return
    const [, value = ''] = body
    const end = values.lastIndex
    const verdict = isSecret(head[1] ?? '', value, 'field')
    if (verdict !== 'no') report(end - value.length, end, value, verdict === 'session')
    names.lastIndex = end
  }
}

/** Values that show by themselves what they are. Every alternative begins with a text of its own, so the search stays quick. */
const SHAPES = new RegExp(
  [
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
/** A JWT (its first part is JSON in base64url). What only begins like one is matched whole too, so that it is looked at once. */
const JWT = /eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)?/g
const SCHEMES = /\b(Bearer|Basic)([ \t]+|%20|\+)([A-Za-z0-9._~+/=-]{8,})/gi
/** `://name:password@`, or a token alone before the `@`. */
const USER_INFO = /:\/\/([^\s/?#@:"'<>\\]{0,200}:)?([^\s/?#@"'<>\\]{1,200})@/g

function findShapes(text: string, report: Report): void {
  for (const { index, 0: whole, 1: rest } of text.matchAll(JWT)) if (rest !== undefined) report(index, index + whole.length, whole)
  for (const { index, 0: whole } of text.matchAll(SHAPES)) report(index, index + whole.length, whole)
  for (const { index, 0: whole, 3: value = '' } of text.matchAll(SCHEMES)) {
    // "Basic authentication" is prose.
    if (/[0-9]/.test(value) || (/[a-z]/.test(value) && /[A-Z]/.test(value.slice(1))))
      report(index + whole.length - value.length, index + whole.length, value)
  }
  if (!text.includes('@')) return
  for (const { index, 0: whole, 1: name, 2: value = '' } of text.matchAll(USER_INFO)) {
    if (!value.startsWith('[REDACTED') && (name !== undefined || looksRandom(value)))
      report(index + whole.length - 1 - value.length, index + whole.length - 1, value)
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
