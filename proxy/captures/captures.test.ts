/**
 * Runs every capture. `UPDATE=1` rewrites the stories, to be read as a diff.
 * Promise: each rule is proven to fire and to stay silent, and healthy traffic has no finding above a note.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventToLine, lineToEvent } from '../core/lines.ts'
import { rules } from '../rules/index.ts'
import { readCapture, retell, storyOf } from './capture.ts'

const folder = import.meta.dirname
const names = readdirSync(folder).filter(name => name.endsWith('.md'))
const page = (name: string) => readFileSync(join(folder, name), 'utf8')
const fired = (story: string) => [...story.matchAll(/^ {2}finding ([\w-]+):/gm)].map(match => match[1])
/** Findings of severity warning or error. */
const alarming = (story: string) => [...story.matchAll(/^ {2}finding ([\w-]+): (?:warning|error)/gm)].map(match => match[1])
/** `redirect-path-mismatch.server.md` is about the rule of that name; `healthy.…` about none; `fold.…` about the fold alone. */
const subject = (name: string) => name.split('.')[0] ?? ''

describe('captures', () => {
  for (const name of names) {
    it(`${name} tells its story`, () => {
      const text = page(name)
      const capture = readCapture(text)
      const story = storyOf(capture.events)
      if (process.env.UPDATE === '1') writeFileSync(join(folder, name), retell(text, story))
      else expect(story).toBe(capture.story)
      expect(capture.events.map(event => lineToEvent(eventToLine(event)))).toEqual(capture.events)
    })
  }

  it('healthy ones have no finding above a note and no call that was not delivered', () => {
    const healthy = names.filter(name => subject(name) === 'healthy')
    expect(healthy.length).toBeGreaterThanOrEqual(10)
    for (const name of healthy) {
      const story = storyOf(readCapture(page(name)).events)
      expect(alarming(story), name).toEqual([])
      expect(story, name).not.toMatch(/: (undeliverable|unanswered|pending|unknown),/)
    }
  })

  it('every rule has one that fires and a close cousin that stays silent', () => {
    for (const { id } of rules) {
      const own = names.filter(name => subject(name) === id)
      const stories = own.map(name => fired(storyOf(readCapture(page(name)).events)))
      expect(
        stories.some(found => found.includes(id)),
        `${id} fires`,
      ).toBe(true)
      expect(
        stories.some(found => !found.includes(id)),
        `${id} stays silent`,
      ).toBe(true)
    }
  })

  it('each is about a rule, about healthy traffic or about the fold', () => {
    const known = new Set([...rules.map(rule => rule.id), 'healthy', 'fold'])
    for (const name of names) expect(known, name).toContain(subject(name))
  })

  it('tells the same story when every chunk comes byte by byte', () => {
    for (const name of names) {
      const { events } = readCapture(page(name))
      const cut = events.flatMap(event => (event.kind === 'chunk' && event.size === event.bytes.length ? bytewise(event) : [event]))
      // How long an answer took to come depends on the cuts; nothing else may.
      const plain = (story: string) => story.replaceAll(/ in [\d.]+ m?s/g, '')
      expect(plain(storyOf(cut)), name).toBe(plain(storyOf(events)))
    }
  })
})

function bytewise(event: Extract<ReturnType<typeof readCapture>['events'][number], { kind: 'chunk' }>) {
  return Array.from(event.bytes, byte => ({ ...event, size: 1, bytes: Uint8Array.of(byte) }))
}
