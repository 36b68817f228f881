import { describe, expect, it } from 'vitest'
import type { Call } from '../../proxy/core/model.ts'
import type { TimelineData } from '../view.ts'
import { AXIS } from './compose.ts'
import { curves, glyphs, hatches, lines, rects, shoot, texts } from './frame.fixture.ts'
import { hitAt, selectionOf } from './hit.ts'
import { layoutLanes } from './lanes.ts'
import { timeToX } from './scale.ts'
import { at, brokenSession, busySession, call, end, exchange, frame, session, story } from './story.fixture.ts'
import { tracksOf } from './tracks.ts'

const data = story()
const broken = data.sessions[1] ?? brokenSession()
const lostCall = broken.calls[5]
const selection = { kind: 'call' as const, id: lostCall?.id ?? 0 }
const shown = shoot(data, { selection, away: new Set([0]) })
const x = (seconds: number): number => timeToX(shown.view, at(seconds))
const live = (sessions: TimelineData['sessions'], now = at(10)): TimelineData => ({
  sessions,
  logs: [],
  gaps: [],
  startedAt: 0,
  now,
  lost: false,
})

describe('the picture of the broken session', () => {
  it('says what broke, in words', () => {
    const words = texts(shown)
    for (const text of [
      'client limit 60.0 s',
      '11.2 s late',
      'client closed first, FIN',
      '1.3 MB answer, unread',
      '3.0 s with no stream',
      '6 retrieve_address_objects',
      '307 in 4.1 ms',
      '202 in 4.8 ms',
      'BrokenResourceError traceback, 23 lines',
      '12.8 s',
      '15.0 s',
      '7.0 s',
      '11.7 s',
      'HTTP+SSE 2024-11-05, mcp 1.6.0, initialized, 6 calls, 1 not delivered, replaces'.replace(', replaces', ''),
      'replaces 7f3a90c2, never initialized, open',
    ])
      expect(words, text).toContain(text)
  })
  it('numbers the calls', () => expect(texts(shown)).toEqual(expect.arrayContaining(['1', '2', '3', '4', '5'])))
  it('hatches what was late and what the proxy held, and nothing else', () => {
    expect(
      hatches(shown)
        .map(hatch => hatch.ink)
        .sort(),
    ).toEqual(['fail', 'held'])
    for (const hatch of hatches(shown)) expect(hatch.x).toBeCloseTo(x(60), 3)
  })
  it('ends the client leg at the client and the server leg later at the proxy', () => {
    const [c] = glyphs(shown, 'circle')
    const [p] = glyphs(shown, 'hexagon')
    expect(c).toMatchObject({ text: 'C', fill: 'fail' })
    expect(c?.x).toBeCloseTo(x(60), 3)
    expect(p).toMatchObject({ text: 'P', fill: 'held' })
    expect(p?.x).toBeGreaterThan(x(71.2))
    expect(c?.y).toBeLessThan(p?.y ?? 0)
  })
  it('lets the lost answer rise from the server leg and end in a cross', () => {
    const [cross] = glyphs(shown, 'cross')
    expect(cross?.x).toBeCloseTo(x(71.204), 3)
    expect(glyphs(shown, 'cross')).toHaveLength(1)
  })
  it('has its cross pointed at, and its size said where there is room for no more', () => {
    const [cross] = glyphs(shown, 'cross')
    const { kind, id } = hitAt(shown.hits, cross?.x ?? 0, (cross?.y ?? 0) - 3) ?? {}
    expect([kind, id]).toEqual(['frame', broken.frames.find(item => !item.crossed && item.rpc)?.id])
    expect(texts(shoot(data, { from: 70.5, to: 72, width: 250 }))).toContain('1.3 MB')
  })
  it('draws a request line down for each call and an arrow up for each answer that arrived', () => {
    expect(glyphs(shown, 'arrowUp')).toHaveLength(6)
    expect(lines(shown, 'call').length).toBeGreaterThanOrEqual(6 + 5)
    const refused = glyphs(shown, 'arrowUp').filter(glyph => glyph.fill === 'fail')
    expect(refused).toHaveLength(1)
  })
  it('joins each redirect with its follow-up', () => {
    expect(glyphs(shown, 'diamond')).toHaveLength(8)
    expect(curves(shown).filter(curve => curve.upright)).toHaveLength(8)
  })
  it('rings each ping on the legs that it crossed', () => {
    expect(glyphs(shown, 'ring')).toHaveLength(5 * 2 + 1 + 2)
    expect(glyphs(shown, 'ring').filter(ring => ring.stroke === 'held')).toHaveLength(1)
  })
  it('washes the band of the selected call, the late part in the colour of the break', () => {
    const washes = shown.scene.under.filter(shape => shape.k === 'rect')
    expect(washes.map(wash => wash.fill)).toEqual(['select', 'failWash'])
  })
  it('flags the findings with their numbers', () => {
    const flags = shown.flags.over.filter(shape => shape.k === 'glyph').filter(shape => /\d/.test(shape.text ?? ''))
    expect(flags.map(flag => [flag.name, flag.text])).toEqual([
      ['triangle', '2'],
      ['diamond', '1'],
      ['diamond', '3'],
    ])
    expect(shown.flagLabels.map(label => label.parts[0]?.text)).toEqual(
      expect.arrayContaining(['The client left at 60.0 s', '307 on each POST', 'No initialize']),
    )
  })
  it('can be hit at each kind of mark', () => {
    expect(new Set(shown.hits.map(hit => hit.kind))).toEqual(new Set(['session', 'call', 'exchange', 'frame', 'log', 'finding']))
  })
})

describe('zoomed to milliseconds', () => {
  const near = shoot(data, { from: -0.002, to: 0.013, selection })
  it('shows phases, labels and the step between the lanes', () => {
    expect(texts(near)).toEqual(expect.arrayContaining(['307, 4.1 ms', '202, 4.8 ms', '12.8 s']))
    expect(rects(near, 'redirect').length).toBe(2)
    expect(curves(near).filter(curve => !curve.upright)).toHaveLength(1)
  })
  it('needs no lens there', () => expect(texts(near)).not.toContain('307 in 4.1 ms'))
  it('draws nothing of the break beyond the edge', () => expect(hatches(near)).toEqual([]))
})

describe('the lens', () => {
  it('is not drawn without a selection', () => expect(texts(shoot(data))).not.toContain('307 in 4.1 ms'))
  it('is not drawn over a crowd', () => {
    const crowd = Array.from({ length: 60 }, (_, i) => exchange(broken.session.id, 3 + i * 0.05, { path: '/messages' }))
    const beside = { ...broken, exchanges: [...broken.exchanges, ...crowd].sort((a, b) => a.requestAt - b.requestAt) }
    const left = Array.from({ length: 60 }, (_, i) => exchange(broken.session.id, -5 + i * 0.05, { path: '/messages' }))
    const around = { ...beside, exchanges: [...beside.exchanges, ...left].sort((a, b) => a.requestAt - b.requestAt) }
    const shot = shoot({ ...data, sessions: [around] }, { selection, focus: 0 })
    expect(rects(shot, 'postBg').some(rect => rect.stroke === 'post')).toBe(true)
    expect(texts(shot)).not.toContain('307 in 4.1 ms')
  })
  it('is not drawn where other marks lie', () => {
    const second = broken.calls[1]?.id ?? 0
    expect(texts(shoot(data, { selection: { kind: 'call', id: second } })).some(text => / in \d/.test(text))).toBe(false)
  })
})

describe('a narrow page', () => {
  it('folds the other sessions to one strip, with their breaks', () => {
    const narrow = shoot(data, { narrow: true, selection })
    const folded = narrow.lanes.filter(lane => lane.folded)
    expect(folded).toHaveLength(2)
    const last = folded[1]
    const inHeader = rects(narrow, 'fail').filter(rect => rect.y >= (last?.y ?? 0) && rect.y < (last?.y ?? 0) + 22)
    expect(inHeader).toHaveLength(1)
  })
})

describe('a header', () => {
  const successorKey = data.sessions[2]?.session.key ?? ''
  // The sentence and the words of the gap, as boxes on their line; and the bracket or the strip as one.
  const placed = (shot: ReturnType<typeof shoot>, key: string, part: RegExp) => {
    const line = (shot.lanes.find(lane => lane.label === key)?.y ?? 0) + 15
    const label = shot.labels.find(one => one.y === line && part.test(one.parts.map(({ text }) => text).join('')))
    return label && { x0: label.x, x1: label.x + label.width }
  }
  const apart = (a: { x0: number; x1: number } | undefined, b: { x0: number; x1: number } | undefined) =>
    a !== undefined && b !== undefined && (a.x1 <= b.x0 || b.x1 <= a.x0)
  const bracketOf = (shot: ReturnType<typeof shoot>) => ({
    x0: Math.max(shot.view.x0, timeToX(shot.view, at(60))),
    x1: Math.min(shot.view.x1, timeToX(shot.view, at(63.012))),
  })
  it('keeps its sentence beside the gap before its session, wherever that lies', () => {
    for (const range of [{}, { from: 59, to: 70 }, { from: 55, to: 66 }, { from: 40, to: 64 }, { from: 59.5, to: 63.5 }]) {
      const shot = shoot(data, range)
      const [sentence, gap, bracket] = [
        placed(shot, successorKey, /^replaces/),
        placed(shot, successorKey, /with no stream/),
        bracketOf(shot),
      ]
      expect(gap, JSON.stringify(range)).toBeDefined()
      if (sentence) expect([apart(sentence, gap), apart(sentence, bracket)], JSON.stringify(range)).toEqual([true, true])
      expect(lines(shot, 'fail').some(line => line.y === line.y2 && Math.abs(line.x - bracket.x0) < 0.01)).toBe(true)
    }
  })
  it('of a folded session keeps its sentence off its strip', () => {
    for (const range of [{}, { from: -30, to: 70 }, { from: -60, to: 90 }, { from: 0, to: 50 }]) {
      const shot = shoot(data, { ...range, narrow: true, focus: 2, selection })
      const header = shot.lanes.find(lane => lane.label === broken.session.key)
      const [strip] = rects(shot, 'streamBg').filter(rect => rect.y === (header?.y ?? 0) + 7)
      const sentence = placed(shot, broken.session.key, /HTTP/)
      if (sentence) expect(apart(sentence, strip && { x0: strip.x, x1: strip.x + strip.w }), JSON.stringify(range)).toBe(true)
      expect(strip).toBeDefined()
    }
  })
})

describe('a healthy session', () => {
  const healthy = shoot(live([data.sessions[0] ?? brokenSession()], at(-20)), { from: -100, to: -15, focus: 0 })
  it('has nothing red', () => {
    const inks = [...healthy.scene.shapes, ...healthy.scene.over].flatMap(shape => [
      'fill' in shape ? shape.fill : undefined,
      'stroke' in shape ? shape.stroke : undefined,
      'ink' in shape ? shape.ink : undefined,
    ])
    expect(inks).not.toContain('fail')
    expect(healthy.labels.flatMap(label => label.parts.map(part => part.ink))).not.toContain('fail')
  })
  it('still says who ended it', () => expect(texts(healthy)).toContain('client closed first, FIN'))
})

describe('Streamable HTTP', () => {
  const base = session('9d02ee51', 0, { transport: 'streamable', protocolVersion: '2025-11-25', state: 'live', calls: 1 })
  const post = exchange(base.id, 1, {
    path: '/mcp',
    status: 200,
    body: 'sse',
    firstByteAt: at(1.1),
    clientEnd: end(5, 'server', 'complete'),
    serverEnd: end(5, 'server', 'complete'),
  })
  const made = call(base.id, 1, 1, 5, 'slow', { exchange: post.id, exchanges: [post.id], answerExchange: post.id })
  const frames = [1.5, 2, 3].map((seconds, i) => frame(base.id, post.id, i, seconds, { rpc: 'notification' }))
  const rows = { session: base, exchanges: [post], calls: [made], frames, findings: [], rev: 1 }
  const shot = shoot(live([rows]), { from: 0, to: 10, focus: 0 })
  it('shows the events inside the bar of the POST that they answer, and no stream lane', () => {
    expect(shot.lanes.map(lane => lane.label)).toEqual(['9d02ee51', 'Calls', 'POST /mcp'])
    expect(rects(shot, 'stream')).toHaveLength(3)
  })
  it('badges an answer that the client cut, in red', () => {
    const cut = { ...post, clientEnd: end(3.5, 'client', 'reset'), serverEnd: end(3.6, 'proxy', 'closed') }
    const broke = shoot(live([{ ...rows, exchanges: [cut] }]), { from: 0, to: 10, focus: 0 })
    expect(glyphs(broke, 'circle')).toMatchObject([{ text: 'C', fill: 'fail' }])
    expect(texts(broke).join()).toMatch(/200, 2\.6 s, client clos/)
  })
})

describe('a call that broke and was never answered', () => {
  const base = session('aa', 0)
  const made = call(base.id, 1, 1, undefined, 'slow', { brokenAt: at(5), delivery: 'undeliverable' })
  const rows = { session: base, exchanges: [], calls: [made], frames: [], findings: [], rev: 1 }
  it('is hollow up to the break, where it ends in red, and says so', () => {
    const shot = shoot(live([rows]), { from: 0, to: 10, focus: 0 })
    const [bar] = rects(shot, 'pane')
    const [cap] = rects(shot, 'fail')
    expect(bar?.stroke).toBe('fail')
    expect((bar?.x ?? 0) + (bar?.w ?? 0)).toBeCloseTo(timeToX(shot.view, at(5)), 3)
    expect((cap?.x ?? 0) + (cap?.w ?? 0)).toBeCloseTo(timeToX(shot.view, at(5)), 3)
    expect(hatches(shot)).toEqual([])
    expect(rects(shot, 'callBg')).toEqual([])
    expect(texts(shot)).toContain('1 slow  undeliverable')
  })
  it('is red as a whole where there is no room to tell', () => {
    const shot = shoot(live([rows], at(500)), { from: 0, to: 1000, focus: 0 })
    expect(rects(shot, 'fail')).toHaveLength(1)
    expect(rects(shot, 'call')).toHaveLength(0)
  })
})

describe('a call that its client gave up by its own limit', () => {
  const base = session('aa', 0)
  const post = exchange(base.id, 0, { path: '/messages/' })
  const told = (cancelled: Call['cancelled'], answered: number | undefined, over = {}) => {
    const made = call(base.id, 1, 0, answered, 'slow', {
      exchange: post.id,
      exchanges: [post.id],
      ...(cancelled && { cancelled }),
      ...over,
    })
    const rows = { session: base, exchanges: [post], calls: [made], frames: [], findings: [], rev: 1 }
    return shoot(live([rows], at(100)), { from: 0, to: 100, focus: 0, selection: { kind: 'call', id: made.id } })
  }
  const limit = { at: at(60.6), seq: 97, reason: 'MCP error -32001: Request timed out' }
  it('is drawn as late, with the limit that the client announced, down to its POSTs', () => {
    const shot = told(limit, 94.7)
    expect(texts(shot)).toEqual(expect.arrayContaining(['client limit 60.6 s', '34.1 s late']))
    const [late] = hatches(shot)
    expect(late).toMatchObject({ ink: 'fail' })
    expect(late?.x).toBeCloseTo(timeToX(shot.view, at(60.6)), 3)
    const [line] = lines(shot, 'fail').filter(one => one.dash)
    expect(line?.x).toBeCloseTo(timeToX(shot.view, at(60.6)), 3)
    expect(line?.y2).toBeGreaterThan(shot.lanes.find(lane => lane.kind === 'path')?.y ?? Number.POSITIVE_INFINITY)
    expect(shot.scene.under.filter(shape => shape.k === 'rect').map(wash => wash.fill)).toEqual(['select', 'failWash'])
  })
  it('ends at the limit where no answer came', () => {
    const shot = told(limit, undefined, { delivery: 'cancelled' })
    expect(texts(shot)).toEqual(expect.arrayContaining(['client limit 60.6 s', '1 slow  given up']))
    expect(hatches(shot)).toEqual([])
  })
  it('is no limit where a person cancelled it', () => {
    const shot = told({ ...limit, reason: 'User stopped the task' }, undefined, { delivery: 'cancelled' })
    expect(texts(shot)).toContain('1 slow  cancelled')
    expect(texts(shot).join()).not.toMatch(/limit|left after/)
    expect(lines(shot, 'fail')).toEqual([])
    expect(rects(shot, 'fail')).toEqual([])
  })
})

describe('more at once than there are sub-rows', () => {
  const base = session('aa', 0)
  const rowsOf = (over: object) => ({ session: base, exchanges: [], calls: [], frames: [], findings: [], rev: 1, ...over })
  // Six that fill the sub-rows, then two that were lost among three that were answered.
  const calls = Array.from({ length: 11 }, (_, i) => {
    const lost = i === 7 || i === 9
    return call(base.id, i + 1, i * 0.1, lost ? 70 + i : 50 + i, 'slow', lost ? { delivery: 'undeliverable', brokenAt: at(60) } : {})
  })
  const inStrip = (kind: string, shot: ReturnType<typeof shoot>) => {
    const lane = shot.lanes.find(one => one.kind === kind)
    const bottom = (lane?.y ?? 0) + (lane?.height ?? 0)
    return shot.hits.filter(hit => hit.y1 > bottom - 3 && hit.y1 <= bottom)
  }
  it('never hides those that failed', () => {
    const shot = shoot(live([rowsOf({ calls })], at(100)), { from: 0, to: 100, focus: 0 })
    const red = rects(shot, 'fail').filter(rect => rect.h === 8)
    const [from, to] = [Math.min(...red.map(rect => rect.x)), Math.max(...red.map(rect => rect.x + rect.w))]
    expect(Math.abs(from - timeToX(shot.view, at(60)))).toBeLessThan(3)
    expect(Math.abs(to - timeToX(shot.view, at(79)))).toBeLessThan(4)
    expect(texts(shot)).toEqual(expect.arrayContaining(['2 more failed', '+5 calls']))
  })
  it('can all be pointed at', () => {
    const shot = shoot(live([rowsOf({ calls })], at(100)), { from: 0, to: 100, focus: 0 })
    const [failed] = inStrip('calls', shot).filter(hit => hit.front)
    const [plain] = inStrip('calls', shot).filter(hit => !hit.front)
    expect(failed && [at(77), at(79)].map(moment => selectionOf(failed, moment).id)).toEqual([calls[7]?.id, calls[9]?.id])
    expect(plain && [at(0.6), at(1)].map(moment => selectionOf(plain, moment).id)).toEqual([calls[6]?.id, calls[10]?.id])
  })
  it('are framed where one of them is selected', () => {
    const shot = shoot(live([rowsOf({ calls })], at(100)), {
      from: 0,
      to: 100,
      focus: 0,
      selection: { kind: 'call', id: calls[8]?.id ?? 0 },
    })
    const [frame] = shot.scene.over.filter(shape => shape.k === 'rect' && shape.stroke === 'focus')
    expect(frame).toMatchObject({ h: 13, w: expect.closeTo(timeToX(shot.view, at(58)) - timeToX(shot.view, at(0.8)) + 5, 3) })
  })
  it('are counted where they are streams, and one that lost an answer is seen', () => {
    const streams = Array.from({ length: 9 }, (_, i) =>
      exchange(base.id, i, {
        method: 'GET',
        path: '/mcp',
        body: 'stream',
        clientEnd: end(60, 'client', 'fin'),
        serverEnd: end(70, 'proxy', 'closed'),
      }),
    )
    const last = streams[8]?.id ?? 0
    const frames = [frame(base.id, last, 0, 65, { rpc: 'response', crossed: false })]
    const shot = shoot(live([rowsOf({ exchanges: streams, frames })], at(100)), { from: 0, to: 100, focus: 0 })
    expect(shot.lanes.find(lane => lane.kind === 'stream')?.rows).toBe(6)
    expect(texts(shot)).toEqual(expect.arrayContaining(['+3 streams', '1 more failed']))
    const [hit] = inStrip('stream', shot).filter(one => one.front)
    expect(hit?.id).toBe(last)
  })
})

describe('what is still open', () => {
  it('reaches to the live edge and not beyond', () => {
    const base = session('aa', 0, { state: 'live' })
    const { clientEnd: _, serverEnd: __, ...stream } = exchange(base.id, 0, { method: 'GET', path: '/sse', body: 'stream', status: 200 })
    const waiting = call(base.id, 1, 2, undefined, 'slow', { exchange: 0 })
    const shot = shoot(live([{ session: base, exchanges: [stream], calls: [waiting], frames: [], findings: [], rev: 1 }]), {
      from: 0,
      to: 20,
      focus: 0,
    })
    const edge = timeToX(shot.view, at(10))
    const waits = rects(shot, 'pane').filter(rect => rect.stroke === 'call')
    expect(waits).toHaveLength(1)
    expect(rects(shot, 'callBg')).toEqual([])
    expect(texts(shot)).toContain('1 slow  pending')
    for (const rect of [...rects(shot, 'streamBg'), ...waits]) expect(rect.x + rect.w).toBeCloseTo(edge, 3)
    expect(shot.nowX).toBeCloseTo(edge, 3)
    expect(glyphs(shot, 'circle')).toEqual([])
  })
})

describe('gaps in the journal', () => {
  it('are hatched columns with reason and count', () => {
    const gap = {
      t: 'gap' as const,
      id: 1,
      rev: 1,
      at: at(20),
      since: at(10),
      seq: 1,
      reason: 'disk-full',
      lost: 1204,
      lostBytes: 9,
      detail: '',
    }
    const shot = shoot({ ...data, gaps: [gap] })
    expect(texts(shot)).toContain('disk full, 1,204 records lost')
    const column = hatches(shot).find(hatch => hatch.y === AXIS)
    expect(column?.w).toBeCloseTo(timeToX(shot.view, at(20)) - timeToX(shot.view, at(10)), 3)
  })
})

describe('the filter', () => {
  it('fades what it hides to a quarter', () => {
    const shot = shoot(data, { dimmed: kind => kind === 'exchange' })
    expect(glyphs(shot, 'diamond').every(glyph => glyph.a === 0.25)).toBe(true)
    expect(glyphs(shot, 'cross').every(glyph => glyph.a === 1)).toBe(true)
  })
  it('fades badges, limits and words with what they belong to', () => {
    const shot = shoot(data, { dimmed: kind => kind === 'exchange' || kind === 'call' })
    expect(glyphs(shot, 'circle').every(glyph => glyph.a === 0.25)).toBe(true)
    expect(
      lines(shot, 'fail')
        .filter(line => line.dash)
        .every(line => line.a === 0.25),
    ).toBe(true)
    const faint = shot.labels.filter(label => label.a === 0.25).map(label => label.parts[0]?.text)
    expect(faint).toEqual(expect.arrayContaining(['client limit 60.0 s', '11.2 s late', 'client closed first, FIN', '15.0 s']))
  })
  it('fades a crowd where none of it passes', () => {
    const rows = busySession(2000)
    const one = rows.frames[700]?.id
    const range = { from: 0, to: (rows.session.lastAt - at(0)) / 1000, focus: 0 }
    const crowds = (passing: number | undefined) =>
      rects(
        shoot(live([rows], rows.session.lastAt), { ...range, dimmed: (kind, id) => kind === 'frame' && id !== passing }),
        'streamBg',
      ).filter(rect => rect.r === 1.5)
    expect(crowds(undefined).every(rect => rect.a === 0.25)).toBe(true)
    expect(crowds(one).filter(rect => rect.a === 1)).toHaveLength(1)
  })
})

describe('a long, busy session', () => {
  const rows = busySession(100_000)
  const problems = rows.frames.filter(item => item.rpc === 'error').length
  const busy = shoot(live([rows], rows.session.lastAt), { from: 0, to: (rows.session.lastAt - at(0)) / 1000, focus: 0 })
  it('costs what the screen holds, not what the session holds', () => {
    expect(busy.scene.shapes.length + busy.scene.over.length).toBeLessThan(4 * 640)
  })
  it('still shows every problem', () => {
    expect(problems).toBe(19)
    expect(rects(busy, 'fail')).toHaveLength(problems)
  })
  it('frames a crowd only where a frame cannot be read as a digit', () => {
    const wide = { from: 0, to: (rows.session.lastAt - at(0)) / 10, focus: 0 }
    const blocks = shoot(live([rows], rows.session.lastAt), wide)
    const framed = [...rects(blocks, 'streamBg'), ...rects(blocks, 'callBg'), ...rects(blocks, 'redirectBg')].filter(rect => rect.r === 1.5)
    for (const rect of framed) expect(rect.w).toBeGreaterThanOrEqual(8)
    expect(rects(blocks, 'stream').some(rect => rect.w < 8 && rect.w >= 4)).toBe(true)
  })
  it('gives the crowds their numbers, which add up', () => {
    const sum = busy.scene.hits.filter(hit => hit.kind === 'frame').reduce((total, hit) => total + (hit.among?.count ?? 1), 0)
    expect(sum).toBe(100_000)
  })
})

describe('scrolled lanes', () => {
  it('keep the selected call in view', () => {
    const scrolled = shoot(data, { selection, height: 200, scrollTop: 330 })
    const calls = scrolled.lanes.find(lane => lane.kind === 'calls' && !lane.compact)
    expect(calls?.y).toBeGreaterThanOrEqual(AXIS)
    expect(calls?.y).toBeLessThan(200)
    expect(shoot(data, { height: 200, scrollTop: 330 }).lanes.find(lane => lane.kind === 'calls' && !lane.compact)).toBeUndefined()
  })
})

describe('the evidence of the open verdict', () => {
  const [finding] = broken.findings
  it('is lettered as in the card, with a line at each moment in view', () => {
    const shot = shoot(data, { selection: { kind: 'finding', id: finding?.id ?? 0 } })
    const evidence = finding?.evidence ?? []
    expect(evidence.length).toBeGreaterThan(1)
    const stems = shot.scene.under.filter(shape => shape.k === 'line')
    for (const { at: moment } of evidence) expect(stems.some(({ x }) => Math.abs(x - timeToX(shot.view, moment)) < 9)).toBe(true)
    expect(glyphs({ ...shot, scene: shot.flags }, 'circle').map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd'])
  })
  it('is not shown beside something that no verdict is about', () => {
    const calm = broken.calls[0]
    const shot = shoot(data, { selection: { kind: 'call', id: calm?.id ?? 0 } })
    expect(shot.scene.under.filter(shape => shape.k === 'line')).toEqual([])
  })
})

describe('a chain that is taller than its room', () => {
  const tracks = Array.from({ length: 7 }, () => tracksOf(broken))
  const layout = (room?: number) =>
    layoutLanes(tracks, { focus: 2, narrow: false, away: new Set(), log: true, ...(room !== undefined && { room }) })
  const folded = (room?: number) =>
    layout(room)
      .lanes.filter(lane => lane.kind === 'header' && lane.folded)
      .map(lane => lane.session)
  it('folds the sessions farthest from the focus first, and no more than it must', () => {
    expect(folded()).toEqual([])
    const whole = layout().height
    expect(folded(whole - 1)).toEqual([6])
    expect(folded(whole / 2).length).toBeLessThan(6)
    expect(folded(whole / 2)).toEqual(expect.arrayContaining([5, 6]))
    expect(layout(whole / 2).height).toBeLessThanOrEqual(whole / 2)
  })
  it('never folds the session in focus', () => expect(folded(10)).toEqual([0, 1, 3, 4, 5, 6]))
})
