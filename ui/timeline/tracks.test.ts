import { describe, expect, it } from 'vitest'
import { SILENCE_MS } from './frame-tracks.ts'
import { at, brokenSession, call, exchange, frame, session } from './story.fixture.ts'
import { CALL_ROWS, exchangeEnd, isFailedExchange, isRedirect, isStream, PATH_LANES, tracksOf } from './tracks.ts'

const rowsOf = (over: Partial<ReturnType<typeof brokenSession>>) => ({
  session: session('aa', 0),
  exchanges: [],
  calls: [],
  frames: [],
  findings: [],
  rev: 1,
  ...over,
})

describe('the tracks of the broken session', () => {
  const rows = brokenSession()
  const tracks = tracksOf(rows)
  it('have one lane per path, the redirecting one first, and one stream', () => {
    expect(tracks.paths.map(path => `${path.method} ${path.path}`)).toEqual(['POST /messages', 'POST /messages/'])
    expect(tracks.streams.rows).toHaveLength(1)
  })
  it('rank redirects and failures apart', () => {
    expect(tracks.paths[0]?.stack.rows[0]?.redirect.items).toHaveLength(7)
    expect(tracks.paths[1]?.stack.rows[0]?.plain.items).toHaveLength(7)
    expect(tracks.calls.rows[0]?.problem.items.map(item => item.number)).toEqual([6])
    expect(tracks.calls.rows[0]?.plain.items.map(item => item.number)).toEqual([1, 2, 3, 4, 5])
  })
  it('part the frames of the stream and find its silences', () => {
    const frames = tracks.frames.of(rows.session.stream ?? 0)
    expect(frames?.events.items).toHaveLength(6)
    expect(frames?.pings.items).toHaveLength(6)
    expect(frames?.problems.items.map(item => item.size)).toEqual([1_344_812])
    expect(frames?.lost).toBe(true)
    expect(frames?.lastAt).toBe(at(53))
    const lengths = frames?.silences.starts.map((start, i) => (frames.silences.ends[i] ?? 0) - start) ?? []
    expect(lengths.length).toBeGreaterThan(0)
    for (const length of lengths) expect(length).toBeGreaterThanOrEqual(SILENCE_MS)
    // From the last answer, at -4.75 s, to the pings; the ping at 68 s did not cross and ends no silence.
    expect(lengths.slice(-4)).toEqual([12_750, 15_000, 15_000, 15_000])
  })
  it('reach from the first request to the last end', () => {
    expect(tracks.from).toBe(at(-22.014))
    expect(tracks.to).toBe(at(71.243))
  })
})

describe('growth', () => {
  it('takes over frames that only grew, and reads anew what changed', () => {
    const rows = brokenSession()
    const first = tracksOf(rows)
    const more = { ...rows, frames: [...rows.frames, frame(rows.session.id, rows.session.stream ?? 0, 99, 72)] }
    const second = tracksOf(more, first)
    expect(second.frames).toBe(first.frames)
    expect(second.frames.of(rows.session.stream ?? 0)?.events.items).toHaveLength(7)
    const changed = { ...more, frames: more.frames.map((item, i) => (i === 3 ? { ...item, crossed: false } : item)) }
    const third = tracksOf(changed, second)
    expect(third.frames).not.toBe(first.frames)
    expect(third.frames.of(rows.session.stream ?? 0)?.problems.items.filter(item => !item.crossed)).toHaveLength(2)
  })
})

describe('sub-rows', () => {
  it('stack calls that overlap, at most six deep; the rest is a crowd', () => {
    const calls = Array.from({ length: 9 }, (_, i) => call(1, i + 1, i * 0.1, 10 + i, 'slow'))
    const tracks = tracksOf(rowsOf({ calls }))
    expect(tracks.calls.rows).toHaveLength(CALL_ROWS)
    expect(tracks.calls.crowd?.items.map(item => item.number)).toEqual([7, 8, 9])
  })
  it('use a row again once it is free', () => {
    const calls = [call(1, 1, 0, 1, 'a'), call(1, 2, 0.5, 2, 'b'), call(1, 3, 1, 3, 'c')]
    const tracks = tracksOf(rowsOf({ calls }))
    expect(calls.map(item => tracks.callRow.get(item.id)?.row)).toEqual([0, 1, 0])
  })
  it('leave out what nobody waits for', () => {
    const calls = [call(1, 0, 0, undefined, 'notifications/initialized', { kind: 'notification', delivery: 'none' })]
    expect(tracksOf(rowsOf({ calls })).calls.rows).toHaveLength(0)
  })
  it('of many paths end in one lane for the others', () => {
    const exchanges = Array.from({ length: 40 }, (_, i) => exchange(1, i, { path: `/p${i}`, method: 'GET', body: 'json' }))
    const tracks = tracksOf(rowsOf({ exchanges }))
    expect(tracks.paths).toHaveLength(PATH_LANES + 1)
    expect(tracks.paths[PATH_LANES]?.stack.rows.flatMap(row => row.plain.items)).toHaveLength(40 - PATH_LANES)
  })
})

describe('ends', () => {
  const open = exchange(1, 0)
  it('of an exchange need both legs, or a refusal by the proxy', () => {
    const { clientEnd: _, ...half } = open
    expect(exchangeEnd(half)).toBe(Number.POSITIVE_INFINITY)
    expect(exchangeEnd(open)).toBe(at(0) + 4.8)
    const { serverEnd: __, ...refused } = { ...open, responseBy: 'proxy' as const, status: 502 }
    expect(exchangeEnd(refused)).toBe(at(0) + 4.8)
  })
})

describe('what an exchange is', () => {
  const mcp = session('aa', 0)
  it('a failure only where MCP breaks: not a login, not a GET that is not offered', () => {
    const of = (status: number) => isFailedExchange(exchange(1, 0, { status }), mcp)
    expect([200, 202, 307, 401, 405].map(of)).toEqual([false, false, false, false, false])
    expect([400, 404, 500, 502].map(of)).toEqual([true, true, true, true])
    expect(isFailedExchange(exchange(1, 0, { status: 404 }), session('other', 0, { transport: 'other' }))).toBe(false)
  })
  it('a stream by its answer, or by what it asks for while there is none', () => {
    const { status: _, ...waiting } = exchange(1, 0, {
      method: 'GET',
      path: '/sse',
      requestHeaders: [['Accept', 'text/event-stream']],
      body: 'none',
    })
    expect(isStream(waiting)).toBe(true)
    expect(isStream({ ...waiting, status: 405 })).toBe(false)
    expect(isStream(exchange(1, 0, { method: 'GET', body: 'stream' }))).toBe(true)
  })
  it('a redirect only with somewhere to go', () => {
    expect(isRedirect(exchange(1, 0, { status: 307, location: '/messages/' }))).toBe(true)
    expect(isRedirect(exchange(1, 0, { status: 304 }))).toBe(false)
  })
})
