/**
 * The filter language of PAN-OS log queries: `(addr.src in 10.0.0.0/8) and (port.dst eq 443) and not (action eq allow)`.
 * Promise: the whole text is understood or refused with a LogFilterError; a field that an entry does not have matches nothing.
 */
import { addressNumber, spanOf } from '../panos/ip-span.ts'

export class LogFilterError extends Error {
  override readonly name = 'LogFilterError'
}

export type LogEntry = Readonly<Record<string, string>>
export type LogFilter = (entry: LogEntry) => boolean

/** Names in queries and in entries; a name that is not here means itself. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  addr: ['src', 'dst'],
  'addr.src': ['src'],
  'addr.dst': ['dst'],
  port: ['sport', 'dport'],
  'port.src': ['sport'],
  'port.dst': ['dport'],
  'zone.src': ['from'],
  'zone.dst': ['to'],
  zone: ['from', 'to'],
  'user.src': ['srcuser'],
  name: ['threatid'],
  'rule.name': ['rule'],
  'proto.name': ['proto'],
}
const OPERATORS = ['eq', 'neq', 'in', 'notin', 'leq', 'geq', 'lt', 'gt', 'contains', 'startswith'] as const
type Operator = (typeof OPERATORS)[number]

/** In a literal a backslash before a quote makes it a letter (Sebbb/palo_alto, examples/test_log.rb); any other is a letter itself: `'corp\alice'`. */
const tokens = (text: string): string[] => text.match(/\(|\)|'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^\s()]+/g) ?? []
const unquoted = (token: string): string => (/^(['"]).*\1$/.test(token) ? token.slice(1, -1).replace(/\\(?=['"])/g, '') : token)

function inside(value: string, wanted: string): boolean {
  const span = spanOf(wanted)
  const number = addressNumber(value)
  return span === undefined || number === undefined ? value === wanted : number >= span.low && number <= span.high
}

const ordered = (value: string, wanted: string): number =>
  /^\d+$/.test(value) && /^\d+$/.test(wanted) ? Number(value) - Number(wanted) : value < wanted ? -1 : value > wanted ? 1 : 0

const TESTS: Readonly<Record<Operator, (value: string, wanted: string) => boolean>> = {
  eq: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  neq: (value, wanted) => value.toLowerCase() !== wanted.toLowerCase(),
  in: inside,
  notin: (value, wanted) => !inside(value, wanted),
  leq: (value, wanted) => ordered(value, wanted) <= 0,
  geq: (value, wanted) => ordered(value, wanted) >= 0,
  lt: (value, wanted) => ordered(value, wanted) < 0,
  gt: (value, wanted) => ordered(value, wanted) > 0,
  contains: (value, wanted) => value.toLowerCase().includes(wanted.toLowerCase()),
  startswith: (value, wanted) => value.toLowerCase().startsWith(wanted.toLowerCase()),
}

class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#tokens = tokens(text)
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  take(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false
    this.#at += 1
    return true
  }

  next(what: string): string {
    const token = this.#tokens[this.#at]
    if (token === undefined || token === ')' || token === '(') throw new LogFilterError(`expected ${what} at word ${this.#at + 1}`)
    this.#at += 1
    return token
  }

  any(depth: number): LogFilter {
    if (depth > 32) throw new LogFilterError('too many nested parentheses')
    const parts = [this.all(depth)]
    while (this.take('or')) parts.push(this.all(depth))
    return entry => parts.some(part => part(entry))
  }

  all(depth: number): LogFilter {
    const parts = [this.one(depth)]
    while (this.take('and')) parts.push(this.one(depth))
    return entry => parts.every(part => part(entry))
  }

  one(depth: number): LogFilter {
    if (this.take('not') || this.take('!')) {
      const negated = this.one(depth + 1)
      return entry => !negated(entry)
    }
    if (this.take('(')) {
      const within = this.any(depth + 1)
      if (!this.take(')')) throw new LogFilterError('a closing parenthesis is missing')
      return within
    }
    const field = this.next('a field')
    const operator = this.next('an operator').toLowerCase()
    if (!(OPERATORS as readonly string[]).includes(operator)) throw new LogFilterError(`${operator} is not an operator`)
    const wanted = unquoted(this.next('a value'))
    const names = FIELDS[field] ?? [field]
    const test = TESTS[operator as Operator]
    const some = operator !== 'neq' && operator !== 'notin'
    return entry => {
      const values = names.flatMap(name => entry[name] ?? [])
      return values.length > 0 && (some ? values.some(value => test(value, wanted)) : values.every(value => test(value, wanted)))
    }
  }
}

/** Throws LogFilterError. An empty text lets everything through. */
export function parseLogFilter(text: string): LogFilter {
  if (text.trim() === '') return () => true
  const reader = new Reader(text)
  const filter = reader.any(0)
  if (!reader.done) throw new LogFilterError('the query does not end where it should')
  return filter
}
