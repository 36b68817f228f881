/**
 * Secrets that were learned once, searched in any text and in the forms in which they travel.
 * Promise: one pass over the text, whatever the number of secrets; forms are raw, URL-encoded once and twice, JSON-escaped once and twice,
 * XML-escaped, base64 and base64url at each of the three alignments, and hex.
 */
import { bytesToBase64, bytesToBinary } from './base64.ts'
import type { Found } from './secret-values.ts'

/** Shorter values would be found in innocent text. */
const SHORTEST_KNOWN = 8
const MOST_KNOWN = 2000

interface Form {
  readonly text: string
  readonly value: string
  readonly session: boolean
}

export class KnownSecrets {
  readonly #values = new Set<string>()
  /** Forms by their first four characters. */
  readonly #byStart = new Map<string, Form[]>()
  /** One bit for each pair of first characters, so that most places are passed at once. */
  readonly #pairs = new Uint8Array(1 << 16)

  get size(): number {
    return this.#values.size
  }

  /** `session` ids are looked for as they are and URL-encoded; as other forms they are secrets. */
  add(value: string, session: boolean): void {
    if (value.length < SHORTEST_KNOWN || this.#values.size >= MOST_KNOWN || this.#values.has(value)) return
    this.#values.add(value)
    for (const text of formsOf(value))
      this.#addForm({ text, value, session: session && (text === value || text === encodeURIComponent(value)) })
  }

  /** Adds a value that was masked for its name or place, unless it may as well be a word. Returns whether it is looked for. */
  addIfDistinct(value: string, session: boolean): boolean {
    const isMixed = /[A-Za-z]/.test(value) && /[0-9]/.test(value)
    if (isMixed || (value.length >= 12 && /[^A-Za-z0-9\s]/.test(value))) this.add(value, session)
    return this.#values.has(value)
  }

  /** Ranges of the text, in its order, not overlapping; the longest form wins. */
  find(text: string): Found[] {
    const found: Found[] = []
    if (this.#values.size === 0) return found
    let previous = text.charCodeAt(0)
    for (let at = 0; at + 4 <= text.length; at++) {
      const next = text.charCodeAt(at + 1)
      const isStart = this.#pairs[pairOf(previous, next)] === 1
      previous = next
      if (!isStart) continue
      const form = this.#byStart.get(text.slice(at, at + 4))?.find(candidate => text.startsWith(candidate.text, at))
      if (form === undefined) continue
      found.push({ start: at, end: at + form.text.length, value: form.value, session: form.session })
      at += form.text.length - 1
      previous = text.charCodeAt(at + 1)
    }
    return found
  }

  #addForm(form: Form): void {
    const start = form.text.slice(0, 4)
    const forms = this.#byStart.get(start) ?? []
    forms.push(form)
    forms.sort((a, b) => b.text.length - a.text.length)
    this.#byStart.set(start, forms)
    this.#pairs[pairOf(form.text.charCodeAt(0), form.text.charCodeAt(1))] = 1
  }
}

function pairOf(first: number, second: number): number {
  return ((first & 0xff) << 8) | (second & 0xff)
}

function formsOf(value: string): ReadonlySet<string> {
  const bytes = new TextEncoder().encode(value)
  const url = encodeURIComponent(wellFormed(value))
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  const base64 = [0, 1, 2].map(alignment => alignedBase64(bytes, alignment))
  const forms = [
    ...escapedForms(value),
    // Bodies are searched byte by byte.
    ...escapedForms(bytesToBinary(bytes)),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase()),
    encodeURIComponent(url),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...base64.map(text => encodeURIComponent(text)),
    ...base64.map(text => text.replaceAll('/', '\\/')),
  ]
  return new Set(forms.filter(form => form.length >= SHORTEST_KNOWN))
}

function escapedForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const xml = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    value,
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    xml,
    JSON.stringify(xml).slice(1, -1),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  ]
}

/** The characters of base64 that depend on these bytes alone, when `alignment` bytes stand before them. */
function alignedBase64(bytes: Uint8Array, alignment: number): string {
  const padded = new Uint8Array(alignment + bytes.length)
  padded.set(bytes, alignment)
  const begin = Math.ceil((alignment * 8) / 6)
  const end = Math.floor((padded.length * 8) / 6)
  return bytesToBase64(padded).slice(begin, end)
}

function wellFormed(value: string): string {
  return value.isWellFormed() ? value : value.toWellFormed()
}
