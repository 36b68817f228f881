/** The timeline's words and small models: say, findings, fit, walk, keys, range words, overview, limits. */
import { describe, expect, it } from 'vitest'
import { describe as wordsOf } from './describe.ts'
import { dragged } from './drag.ts'
import { numberedFindings } from './findings.ts'
import { callOf, extentOf, fitSelection, zoomStep } from './fit.ts'
import { commandOf } from './keys.ts'
import { layoutLanes } from './lanes.ts'
import { limitText } from './mark-joins.ts'
import { overviewLength, overviewShapes } from './overview.ts'
import { pinLanes } from './pin.ts'
import { rangeWords } from './range-words.ts'
import { endText, findingLabel, sessionName, sessionSentence, verdictSentence } from './say.ts'
import { span } from './scale.ts'
import { at, call, end, exchange, session, story } from './story.fixture.ts'
import { tracksOf } from './tracks.ts'
import { stopsOf, walk } from './walk.ts'

const data = story()
const [first, broken, last] = data.sessions
const tracks = data.sessions.map(rows => tracksOf(rows))
if (!first || !broken || !last) throw new Error('the story has three sessions')
const full = { full: true, short: false }

describe('a session in words', () => {
  it('says transport, server, initialization and counts', () => {
    expect(sessionSentence(broken.session, undefined, full)).toBe('HTTP+SSE 2024-11-05, mcp 1.6.0, initialized, 6 calls, 1 not delivered')
    expect(sessionSentence(last.session, broken.session, { full: false, short: false })).toBe('replaces 7f3a90c2, never initialized, open')
    expect(sessionSentence(broken.session, undefined, { full: true, short: true })).toBe('HTTP+SSE 2024-11-05, 6 calls, 1 not delivered')
  })
  it('is named by its id, a stateless one by its port', () => {
    expect(sessionName(broken.session)).toBe('7f3a90c2')
    expect(sessionName(session('52388', 0, { transport: 'stateless' }))).toBe('stateless 52388')
  })
  it('speaks its verdict', () => {
    expect(verdictSentence(data.sessions, numberedFindings(data.sessions))).toBe(
      'Timeline of sessions b81d04ff, 7f3a90c2, c41e7b05: 11 calls. The client left at 60.0 s. The answer came at 71.2 s. The table below holds the same facts.',
    )
  })
})

describe('ends in words', () => {
  it('name who and how', () => {
    expect(endText(end(1, 'client', 'fin'))).toBe('client closed first, FIN')
    expect(endText(end(1, 'server', 'fin'))).toBe('server closed first, FIN (no terminator)')
    expect(endText(end(1, 'server', 'complete'))).toBe('server ended it, clean')
    expect(endText(end(1, 'proxy', 'timeout'))).toBe('proxy closed first, timeout')
    expect(endText(end(1, 'client', 'reset'))).toBe('client closed first, reset')
    expect(endText(end(1, 'server', 'refused'))).toBe('server refused')
  })
})

describe('the client limit', () => {
  const left = (after: number, over = {}) =>
    limitText(call(1, 1, 0, undefined, 'slow', { brokenAt: at(0) + after, delivery: 'undeliverable', ...over }))
  it('is called a limit only where it is usual or announced', () => {
    expect(left(60_000)).toBe('client limit 60.0 s')
    expect(left(60_012)).toBe('client limit 60.0 s')
    expect(left(37_240)).toBe('client left after 37.2 s')
    expect(left(3996)).toBe('client left after 4.0 s')
    expect(left(620)).toBe('client left after 620 ms')
    expect(left(37_300, { cancelled: { at: at(0) + 37_240, seq: 1, reason: 'Request timed out' } })).toBe('client limit 37.2 s')
  })
})

describe('findings', () => {
  it('are numbered by session, worst first', () => {
    expect(numberedFindings(data.sessions).map(finding => [finding.session, finding.severity])).toEqual([
      [broken.session.id, 'error'],
      [broken.session.id, 'warning'],
      [last.session.id, 'error'],
    ])
  })
  it('that were withdrawn have no number', () => {
    const withdrawn = { ...broken, findings: broken.findings.map(finding => ({ ...finding, gone: true })) }
    expect(numberedFindings([withdrawn])).toEqual([])
  })
  it('wear the first sentence of their title, decimals and all', () => {
    expect(numberedFindings(data.sessions).map(findingLabel)).toEqual(['The client left at 60.0 s', '307 on each POST', 'No initialize'])
  })
})

describe('fitting', () => {
  it('shows everything from the first request to the live edge', () => {
    expect(extentOf(data)).toEqual({ from: at(-98), to: at(80.3) })
  })
  it('shows late ends that came after the last event', () => {
    expect(extentOf({ ...data, sessions: [broken] }).to).toBe(at(71.243))
  })
  it('shows the end of a stream, however many exchanges came after its request', () => {
    const posts = Array.from({ length: 80 }, (_, i) => exchange(broken.session.id, -20 + i * 0.1))
    const left = {
      ...broken,
      session: { ...broken.session, lastAt: at(60) },
      frames: [],
      calls: [],
      exchanges: [...broken.exchanges, ...posts],
    }
    expect(extentOf({ ...data, sessions: [left] }).to).toBe(at(71.243))
  })
  it('reaches to the live edge while the proxy holds the leg of a session that has ended', () => {
    const holding = broken.exchanges.map(({ serverEnd, ...one }) =>
      one.held ? { ...one, held: { from: one.held.from } } : { ...one, ...(serverEnd && { serverEnd }) },
    )
    expect(extentOf({ ...data, sessions: [{ ...broken, exchanges: holding }] }).to).toBe(data.now)
  })
  it('shows a call from its request to its late answer, a moment with a second around it', () => {
    const lost = broken.calls[5]?.id ?? 0
    const range = fitSelection(data, { kind: 'call', id: lost })
    expect(range?.from).toBeLessThan(at(0))
    expect(range?.to).toBeGreaterThan(at(71.204))
    const moment = fitSelection(data, { kind: 'finding', id: broken.findings[0]?.id ?? 0 })
    expect(moment).toEqual({ from: at(59.5), to: at(60.5) })
    expect(fitSelection(data, { kind: 'call', id: -1 })).toBeUndefined()
  })
  it('zooms around the edge while it follows, else around the selection in view', () => {
    const range = { from: 0, to: 100 }
    expect(zoomStep(range, 0.5, true, 80, undefined)).toEqual({ from: 40, to: 90 })
    expect(zoomStep(range, 0.5, false, 80, 20)).toEqual({ from: 10, to: 60 })
    expect(zoomStep(range, 0.5, false, undefined, 500)).toEqual({ from: 25, to: 75 })
  })
})

describe('the call that a finding leads to', () => {
  const lost = broken.calls[5]
  const about = (over: object) => {
    const [finding] = broken.findings
    const exchanges = broken.exchanges.map(one => (one.id === lost?.exchange ? { ...one, calls: [lost.id] } : one))
    const rows = { ...broken, exchanges, findings: finding ? [{ ...finding, ...over }] : [] }
    return callOf({ ...data, sessions: [rows] }, [tracksOf(rows)], { kind: 'finding', id: finding?.id ?? 0 })
  }
  it('is the one that it is about, or that its exchange carried', () => {
    expect(about({ call: lost?.id })).toBe(lost)
    expect(about({ call: undefined, exchange: lost?.exchange })).toBe(lost)
    expect(about({ call: undefined, exchange: undefined })).toBeUndefined()
  })
})

describe('walking by arrow keys', () => {
  const stops = stopsOf(data, tracks)
  const view = { from: at(-24.5), to: at(101) }
  const lost = { kind: 'call' as const, id: broken.calls[5]?.id ?? 0 }
  it('begins with the first mark in view', () => expect(walk(stops, null, 'right', view)?.kind).toBe('finding'))
  it('goes along a lane and stops at its end', () => {
    expect(walk(stops, lost, 'left', view)).toEqual({ kind: 'call', id: broken.calls[4]?.id })
    expect(walk(stops, lost, 'right', view)).toEqual(lost)
    expect(walk(stops, lost, 'first', view)).toEqual({ kind: 'call', id: broken.calls[0]?.id })
  })
  it('goes down to the nearest mark of the next lane', () => {
    const down = walk(stops, lost, 'down', view)
    expect(down).toEqual({ kind: 'exchange', id: broken.calls[5]?.exchange })
    expect(walk(stops, lost, 'up', view)).toEqual({ kind: 'session', id: broken.session.id })
  })
  it('reads the rows of a session again only when they have changed', () => {
    const again = stopsOf(data, tracks)
    const frames = stops.findIndex(stop => stop.kind === 'frame')
    expect(again[frames]).toBe(stops[frames])
    expect(
      stopsOf(
        data,
        data.sessions.map(rows => tracksOf(rows)),
      )[frames],
    ).not.toBe(stops[frames])
  })
  it('reaches every mark', () => {
    const reached = new Set(stops.flatMap(stop => stop.ids.map(id => `${stop.kind} ${id}`)))
    for (const rows of data.sessions) {
      for (const item of rows.exchanges) expect(reached).toContain(`exchange ${item.id}`)
      for (const item of rows.frames) expect(reached).toContain(`frame ${item.id}`)
      for (const item of rows.findings) expect(reached).toContain(`finding ${item.id}`)
      for (const item of rows.calls) expect(reached).toContain(`call ${item.id}`)
    }
    for (const item of data.logs) expect(reached).toContain(`log ${item.id}`)
  })
})

describe('keys', () => {
  const key = (name: string, over = {}) => commandOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...over })
  it('are ours without modifiers, and only ours', () => {
    expect(key('ArrowLeft')).toEqual({ do: 'walk', to: 'left' })
    expect(key('Escape')).toEqual({ do: 'clear' })
    expect(key('ArrowLeft', { altKey: true })).toBeUndefined()
    for (const name of ['j', 'w', 'a', 'f', '0', 'l', '[', ']']) expect(key(name)).toBeUndefined()
  })
})

describe('a chosen range', () => {
  it('counts what it holds', () => {
    expect(rangeWords(data.sessions, { from: at(-1), to: at(72) })).toBe('73.0 s: 2 calls, 5 exchanges, 3 events, 1.3 MB')
    expect(rangeWords(data.sessions, { from: at(40), to: at(41) })).toBe('1.0 s: 0 calls, 0 exchanges, 0 events, 0 B')
  })
})

describe('the overview', () => {
  const view = { from: at(-104), to: at(104), x0: 0, x1: 638 }
  it('shows each stream once, the break in red, the findings on top', () => {
    const shapes = overviewShapes(view, tracks, numberedFindings(data.sessions), at(80.3))
    const streams = shapes.filter(shape => shape.k === 'rect').filter(shape => shape.fill === 'stream')
    expect(streams).toHaveLength(3)
    expect(new Set(streams.map(rect => rect.y))).toEqual(new Set([8, 12]))
    expect(shapes.filter(shape => shape.k === 'rect').some(shape => shape.fill === 'fail')).toBe(true)
    expect(
      shapes
        .filter(shape => shape.k === 'glyph')
        .map(glyph => glyph.name)
        .sort(),
    ).toEqual(['diamond', 'diamond', 'triangle'])
  })
  it('says how long it all was', () =>
    expect([0, 0.4, 27, 999.6, 178_300, 17_400, 3_900_000].map(overviewLength)).toEqual([
      '0 ms',
      '1 ms',
      '27 ms',
      '1 s',
      '2 min 58 s',
      '17 s',
      '1 h 5 min',
    ]))
  it('never lets the ends of the brush cross', () => {
    const range = { from: 0, to: 100 }
    expect(dragged(range, 'from', 500)).toEqual({ from: 100, to: 500 })
    expect(dragged(range, 'to', -500)).toEqual({ from: -400, to: 0 })
    expect(span(dragged(range, 'to', -100))).toBeGreaterThan(0)
    expect(dragged(range, 'brush', 7)).toEqual({ from: 7, to: 107 })
  })
})

describe('lanes', () => {
  const layout = layoutLanes(tracks, { focus: 1, narrow: false, away: new Set([0]), log: true })
  it('stand in the order of the wire, without holes', () => {
    expect(layout.lanes.map(lane => lane.label)).toEqual([
      'b81d04ff00',
      broken.session.key,
      'Calls',
      'POST /messages',
      'POST /messages/',
      'SSE stream',
      'c41e7b05aa',
      'Calls',
      'POST /messages',
      'POST /messages/',
      'SSE stream',
      'Server log',
    ])
    let y = 0
    for (const lane of layout.lanes) {
      expect(lane.y).toBe(y)
      y += lane.height
    }
    expect(layout.height).toBe(y)
  })
  it('have the heights of the design in focus, less elsewhere', () => {
    expect(layout.lanes.map(lane => lane.height)).toEqual([22, 22, 36, 20, 20, 42, 22, 24, 18, 18, 40, 38])
  })
  it('of the selected call are pinned above and below, and cover whole lanes only', () => {
    const scrolled = layout.lanes.map(lane => ({ ...lane, y: lane.y - 250 + 36 }))
    const pinned = pinLanes(scrolled, 1, 36, 336)
    expect(pinned.filter(lane => lane.session === 1).map(lane => lane.y)).toEqual([36, 58, 94, 114, 134])
    for (const lane of pinned.filter(other => other.session !== 1)) expect(lane.y >= 176 || lane.y + lane.height <= 36).toBe(true)
    const below = pinLanes(
      layout.lanes.map(lane => ({ ...lane, y: lane.y + 36 + 400 })),
      1,
      36,
      336,
    )
    expect(Math.max(...below.filter(lane => lane.session === 1).map(lane => lane.y + lane.height))).toBe(336)
  })
})

describe('a mark in words', () => {
  const zero = { at: at(0), mode: 'selection' as const, label: 'call 6 sent' }
  it('says what it is and when', () => {
    const words = wordsOf(data, { kind: 'call', id: broken.calls[5]?.id ?? 0 }, zero)
    expect(words.slice(0, 4)).toEqual([
      '6 retrieve_address_objects',
      'undeliverable, 71.2 s',
      'could not be answered after 60.0 s',
      'answer 1.3 MB',
    ])
    expect(words.at(-1)).toMatch(/^0 s, \d\d:\d\d:\d\d\.\d{3}$/)
  })
  it('says nothing of what is not there', () => expect(wordsOf(data, { kind: 'log', id: -1 }, zero)).toEqual([]))
})
