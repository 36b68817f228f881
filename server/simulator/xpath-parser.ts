/**
 * The grammar of the XPath expressions that `select` evaluates. Promise: the whole text is consumed, or XPathError says where it stopped.
 */
export type Term =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'text' }
  | { readonly kind: 'node-name' }
  | { readonly kind: 'child'; readonly name: string }

export type Predicate =
  | { readonly kind: 'position'; readonly at: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'or' | 'and'; readonly of: readonly Predicate[] }
  | { readonly kind: 'exists'; readonly term: Term }
  | { readonly kind: 'equals' | 'differs' | 'contains' | 'starts-with'; readonly term: Term; readonly value: string }

export interface Step {
  readonly descendant: boolean
  /** Element name or `*`. */
  readonly name: string
  readonly predicates: readonly Predicate[]
}
export interface Path {
  readonly steps: readonly Step[]
  /** What the path selects of its last nodes, when it is not the nodes themselves. */
  readonly end: { readonly kind: 'attribute'; readonly name: string } | { readonly kind: 'text' } | undefined
}

export class XPathError extends Error {
  override readonly name = 'XPathError'
}

/** No more than any real expression needs; parentheses are parsed by recursion. */
const MAX_DEPTH = 32
const NAME = /[A-Za-z_][\w.-]*/y
const NUMBER = /\d+/y

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  fail(expected: string): never {
    throw new XPathError(`expected ${expected} at character ${this.#at + 1}`)
  }

  space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1
  }

  /** Consumes `token` if it comes next. */
  take(token: string): boolean {
    this.space()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  /** Consumes a keyword that is not the beginning of a longer name. */
  word(token: string): boolean {
    this.space()
    if (!this.#text.startsWith(token, this.#at) || /[\w.-]/.test(this.#text[this.#at + token.length] ?? '')) return false
    this.#at += token.length
    return true
  }

  expect(token: string): void {
    if (!this.take(token)) this.fail(`"${token}"`)
  }

  #match(pattern: RegExp): string | undefined {
    this.space()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  name(): string {
    return this.#match(NAME) ?? this.fail('a name')
  }

  number(): number | undefined {
    const digits = this.#match(NUMBER)
    return digits === undefined ? undefined : Number.parseInt(digits, 10)
  }

  /** A quoted text, or `concat()` of some: how XPath 1.0 writes a text with both kinds of quotes. */
  literal(): string {
    this.space()
    if (this.take('concat(')) {
      let whole = this.literal()
      while (this.take(',')) whole += this.literal()
      this.expect(')')
      return whole
    }
    const mark = this.#text[this.#at]
    if (mark !== "'" && mark !== '"') return this.fail('a quoted text')
    const end = this.#text.indexOf(mark, this.#at + 1)
    if (end < 0) return this.fail(`the closing ${mark}`)
    const value = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return value
  }

  term(): Term {
    if (this.take('@')) return { kind: 'attribute', name: this.name() }
    if (this.take('text()')) return { kind: 'text' }
    if (this.take('local-name()') || this.take('name()')) return { kind: 'node-name' }
    return { kind: 'child', name: this.name() }
  }

  any(): Predicate {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) this.fail('fewer nested parentheses')
    const of = [this.all()]
    while (this.word('or')) of.push(this.all())
    this.#depth -= 1
    return of.length === 1 && of[0] ? of[0] : { kind: 'or', of }
  }

  all(): Predicate {
    const of = [this.condition()]
    while (this.word('and')) of.push(this.condition())
    return of.length === 1 && of[0] ? of[0] : { kind: 'and', of }
  }

  condition(): Predicate {
    if (this.take('(')) {
      const inside = this.any()
      this.expect(')')
      return inside
    }
    for (const kind of ['contains', 'starts-with'] as const) {
      if (!this.take(`${kind}(`)) continue
      const term = this.term()
      this.expect(',')
      const value = this.literal()
      this.expect(')')
      return { kind, term, value }
    }
    if (this.take('last()')) return { kind: 'last' }
    const at = this.number()
    if (at !== undefined) return { kind: 'position', at }
    const term = this.term()
    if (this.take('!=')) return { kind: 'differs', term, value: this.literal() }
    if (this.take('=')) return { kind: 'equals', term, value: this.literal() }
    return { kind: 'exists', term }
  }

  step(descendant: boolean): Step {
    const name = this.take('*') ? '*' : this.name()
    const predicates: Predicate[] = []
    while (this.take('[')) {
      predicates.push(this.any())
      this.expect(']')
    }
    return { descendant, name, predicates }
  }

  path(): Path {
    const steps: Step[] = []
    let end: Path['end']
    this.space()
    while (end === undefined && !this.done && this.#text[this.#at] !== '|') {
      const descendant = this.take('//')
      if (!descendant && !this.take('/')) this.fail('"/"')
      if (steps.length > 0 && !descendant && this.take('@')) end = { kind: 'attribute', name: this.name() }
      else if (steps.length > 0 && !descendant && this.take('text()')) end = { kind: 'text' }
      else steps.push(this.step(descendant))
      this.space()
    }
    if (steps.length === 0) this.fail('an absolute path')
    return { steps, end }
  }
}

/** Parses a union of absolute location paths, which may be one alone. Throws XPathError. */
export function parseUnion(xpath: string): readonly Path[] {
  const reader = new Reader(xpath)
  const paths = [reader.path()]
  while (reader.take('|')) paths.push(reader.path())
  if (!reader.done) reader.fail('the end')
  return paths
}

/** Parses an absolute location path. Throws XPathError. */
export function parsePath(xpath: string): Path {
  const [path, ...more] = parseUnion(xpath)
  if (!path || more.length > 0) throw new XPathError('expected one path, not a union of them')
  return path
}
