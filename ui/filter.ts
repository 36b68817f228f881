/**
 * The filter language: `status:404 tool:check_health is:late -method:ping larger-than:10k body:/re/ words`.
 * Promise: pure; an error has a position and says what would be right, so that the field can underline it.
 */
import { didYouMean } from '../proxy/core/did-you-mean.ts'

export const IS = ['undelivered', 'pending', 'redirected', 'error', 'late'] as const
export type Is = (typeof IS)[number]

export const FILTER_KEYS = {
  status: 'HTTP status: 404, 4xx, 400-499',
  method: 'JSON-RPC or HTTP method',
  tool: 'tool, prompt or resource that a call names',
  session: "beginning of a session's id",
  id: 'JSON-RPC id',
  era: 'protocol version or transport',
  dir: 'who sent it: client or server',
  is: IS.join(', '),
  'larger-than': 'size: 512, 10k, 1.5M',
  'slower-than': 'time: 200ms, 5s, 2m',
  header: 'name, or name=value',
  rule: 'fault that a finding names',
  severity: 'error, warning or info, of findings',
  body: 'text in bodies, or /expression/',
} as const
export type FilterKey = keyof typeof FILTER_KEYS

export type Term = { readonly negated: boolean } & (
  | { readonly key: 'text'; readonly text: string }
  | { readonly key: 'method' | 'tool' | 'session' | 'id' | 'era' | 'rule' | 'severity'; readonly text: string }
  | { readonly key: 'status'; readonly from: number; readonly to: number }
  | { readonly key: 'dir'; readonly dir: 'client' | 'server' }
  | { readonly key: 'is'; readonly is: Is }
  | { readonly key: 'larger-than'; readonly bytes: number }
  | { readonly key: 'slower-than'; readonly ms: number }
  | { readonly key: 'header'; readonly name: string; readonly value?: string }
  | { readonly key: 'body'; readonly source: string; readonly pattern?: RegExp }
)

export interface FilterError {
  /** Character positions in the text; `to` is exclusive. */
  readonly from: number
  readonly to: number
  readonly message: string
}
export type ParsedFilter = { readonly ok: true; readonly terms: readonly Term[] } | { readonly ok: false; readonly error: FilterError }

interface Token {
  readonly from: number
  readonly to: number
  readonly text: string
}
class Wrong extends Error {
  readonly at: FilterError
  constructor(token: Pick<Token, 'from' | 'to'>, message: string) {
    super(message)
    this.at = { from: token.from, to: Math.max(token.to, token.from + 1), message }
  }
}

/** Splits at blanks outside of quotes and `/…/`. */
export function tokens(text: string): Token[] {
  const out: Token[] = []
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at++
      continue
    }
    const from = at
    const opening = /^-?(?:[a-z-]+:)?(["/])/.exec(text.slice(at))
    if (opening) {
      const quote = opening[1] ?? '"'
      at += opening[0].length
      while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
      at = Math.min(at + 1, text.length)
    }
    while (at < text.length && !/\s/.test(text[at] ?? '')) at++
    out.push({ from, to: at, text: text.slice(from, at) })
  }
  return out
}

function unquote(value: string, token: Token): string {
  if (!value.startsWith('"')) return value
  if (value.length < 2 || !value.endsWith('"')) throw new Wrong(token, 'The quote is not closed.')
  return value.slice(1, -1).replace(/\\(.)/g, '$1')
}

function status(value: string, token: Token): Term & { key: 'status' } {
  const one = /^\d{3}$/.exec(value)
  if (one) return { negated: false, key: 'status', from: Number(value), to: Number(value) }
  const hundred = /^([1-5])xx$/i.exec(value)
  if (hundred) return { negated: false, key: 'status', from: Number(hundred[1]) * 100, to: Number(hundred[1]) * 100 + 99 }
  const span = /^(\d{3})-(\d{3})$/.exec(value)
  if (span) return { negated: false, key: 'status', from: Number(span[1]), to: Number(span[2]) }
  throw new Wrong(token, `"${value}" is not a status: write 404, 4xx or 400-499.`)
}

function bytes(value: string, token: Token): number {
  const match = /^(\d+(?:\.\d+)?)(k|m|g)?b?$/i.exec(value)
  if (!match) throw new Wrong(token, `"${value}" is not a size: write 512, 10k or 1.5M.`)
  const unit = { k: 1e3, m: 1e6, g: 1e9 }[(match[2] ?? '').toLowerCase()] ?? 1
  return Number(match[1]) * unit
}

function time(value: string, token: Token): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/i.exec(value)
  if (!match) throw new Wrong(token, `"${value}" is not a time: write 200ms, 5s or 2m.`)
  return Number(match[1]) * ({ ms: 1, s: 1000, m: 60_000 }[(match[2] ?? '').toLowerCase()] ?? 1)
}

/** The longest run of plain characters that every match of an expression contains; '' where none is certain. */
export function literalOf(pattern: RegExp): string {
  if (/[|]|\)[?*{]/.test(pattern.source)) return ''
  const runs = pattern.source.replace(/\\[a-z0-9]|\\\W|\[(?:\\.|[^\]])*\][?*+]?|\(\?[^)]*\)|.[?*]|.?\{[^}]*\}/gi, '\n').split(/[\n^$.()+]+/)
  return runs.reduce((best, run) => (run.length > best.length ? run : best), '')
}

function body(value: string, token: Token): Term {
  if (!value.startsWith('/')) {
    const source = unquote(value, token)
    if (source.length < 2) throw new Wrong(token, 'Two characters at least.')
    return { negated: false, key: 'body', source }
  }
  const match = /^\/((?:\\.|[^/\\])*)\/([a-z]*)$/.exec(value)
  if (!match) throw new Wrong(token, 'The expression is not closed: write /text/ or /text/i.')
  try {
    // Without `g` and `y`: an expression that keeps a position would answer differently each time.
    const pattern = new RegExp(match[1] ?? '', (match[2] ?? '').replace(/[gy]/g, ''))
    // The recorder looks for text; the expression then decides.
    if (literalOf(pattern).length < 2)
      throw new Wrong(token, 'The expression needs two plain characters in a row that every match contains.')
    return { negated: false, key: 'body', source: value, pattern }
  } catch (error) {
    if (error instanceof Wrong) throw error
    throw new Wrong(token, error instanceof Error ? error.message : 'Not a regular expression.')
  }
}

function pick<T extends string>(list: readonly T[], value: string, token: Token): T {
  const found = list.find(one => one === value.toLowerCase())
  if (!found) throw new Wrong(token, `"${value}" is unknown here: ${list.join(', ')}.${didYouMean(value, list)}`)
  return found
}

function keyed(key: FilterKey, raw: string, token: Token): Term {
  if (raw === '') throw new Wrong(token, `${key}: wants ${FILTER_KEYS[key]}.`)
  if (key === 'body') return body(raw, token)
  const value = unquote(raw, token)
  if (key === 'status') return status(value, token)
  if (key === 'is') return { negated: false, key, is: pick(IS, value, token) }
  if (key === 'severity') return { negated: false, key, text: pick(['error', 'warning', 'info'] as const, value, token) }
  if (key === 'dir') return { negated: false, key, dir: pick(['client', 'server'] as const, value, token) }
  if (key === 'larger-than') return { negated: false, key, bytes: bytes(value, token) }
  if (key === 'slower-than') return { negated: false, key, ms: time(value, token) }
  if (key !== 'header') return { negated: false, key, text: value.toLowerCase() }
  const [name = '', ...rest] = value.split('=')
  return { negated: false, key, name: name.toLowerCase(), ...(rest.length > 0 && { value: rest.join('=').toLowerCase() }) }
}

function term(token: Token): Term {
  const negated = token.text.length > 1 && token.text.startsWith('-')
  const text = negated ? token.text.slice(1) : token.text
  const match = /^([a-z][a-z-]*):(?!\/\/)(.*)$/s.exec(text)
  if (!match) return { negated, key: 'text', text: unquote(text, token).toLowerCase() }
  const [, name = '', raw = ''] = match
  const start = token.from + (negated ? 1 : 0)
  if (!Object.hasOwn(FILTER_KEYS, name))
    throw new Wrong(
      { from: start, to: start + name.length },
      `There is no key "${name}".${didYouMean(name, Object.keys(FILTER_KEYS))} Put the text in quotes to look for it.`,
    )
  return { ...keyed(name as FilterKey, raw, { from: start + name.length + 1, to: token.to, text: raw }), negated }
}

export function parseFilter(text: string): ParsedFilter {
  try {
    return { ok: true, terms: tokens(text).map(term) }
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, error: error.at }
    throw error
  }
}
