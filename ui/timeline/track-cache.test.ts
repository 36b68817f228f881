import { describe, expect, it } from 'vitest'
import { story } from './story.fixture.ts'
import { TrackCache } from './track-cache.ts'

describe('the track cache', () => {
  it('reads again only the session whose rows changed', () => {
    const data = story()
    const cache = new TrackCache(() => 0)
    cache.update(data)
    const before = cache.tracks
    const grown = { ...data, sessions: data.sessions.map((rows, i) => (i === 1 ? { ...rows, rev: rows.rev + 1 } : rows)) }
    cache.update(grown)
    expect(cache.tracks.map((tracks, i) => tracks === before[i])).toEqual([true, false, true])
    expect(cache.findings).toHaveLength(3)
    expect(cache.logs.errors.items.map(log => log.exception)).toEqual(['BrokenResourceError'])
  })
  it('rests four times as long as a dear update took, never for other sessions', () => {
    const data = story()
    let now = 0
    const cache = new TrackCache(() => {
      now += 10
      return now
    })
    expect(cache.rest(data)).toBe(0)
    cache.update(data)
    expect(cache.rest(data)).toBe(30)
    now += 1000
    expect(cache.rest(data)).toBe(0)
    expect(cache.rest({ ...data, sessions: data.sessions.slice(1) })).toBe(0)
  })
})
