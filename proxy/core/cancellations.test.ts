/** Which call a cancellation means, where its id alone does not tell. */
import { describe, expect, it } from 'vitest'
import { type Conn, initialize, initialized, openStreamable, result, type Trip, tool, WireScript } from '../captures/wire-script.ts'

const cancel = (id: unknown, reason = 'User stopped') => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId: id, reason },
})

/** What became of each call of a tool, by its name. */
const toldOf = (wire: WireScript) =>
  wire
    .rows('call')
    .flatMap(({ name, delivery, cancelled }) => (name ? [`${name} ${delivery}${cancelled ? `, ${cancelled.reason}` : ''}`] : []))

/** Clients at one address whose server issues no ids, each with a call under id 1 in flight. */
function alike(...names: string[]): { wire: WireScript; conns: Conn[]; posts: Trip[] } {
  const wire = new WireScript()
  const conns = names.map(() => wire.connect())
  for (const conn of conns) conn.post('/mcp', initialize()).json(200, initialized())
  const posts = conns.map((conn, i) => conn.post('/mcp', tool(1, names[i])).stream())
  return { wire, conns, posts }
}

describe('a cancellation among clients that cannot be told apart', () => {
  it('means the call whose response its client closes', () => {
    const { wire, posts } = alike('one', 'two')
    wire.connect().post('/mcp', cancel(1)).answer(202)
    expect(toldOf(wire)).toEqual(['one pending', 'two pending'])
    wire.wait(700)
    posts[1]?.clientEnd('fin', 'client')
    posts[0]?.event(result(1)).serverEnd().clientEnd()
    expect(toldOf(wire)).toEqual(['one delivered', 'two cancelled, User stopped'])
  })

  it('means the call whose response its client has just closed', () => {
    const { wire, posts } = alike('one', 'two')
    posts[1]?.clientEnd('fin', 'client')
    wire.wait(20).connect().post('/mcp', cancel(1)).answer(202)
    expect(toldOf(wire)).toEqual(['one pending', 'two cancelled, User stopped'])
  })

  it('means each of them where as many come as there are calls, the oldest first', () => {
    const { wire } = alike('one', 'two')
    for (const reason of ['first', 'second']) wire.connect().post('/mcp', cancel(1, reason)).answer(202)
    expect(toldOf(wire)).toEqual(['one pending, first', 'two pending, second'])
  })

  it('means none for sure that is answered before that, and the one that leaves after it', () => {
    const { wire, posts } = alike('one', 'two', 'three')
    for (let i = 0; i < 2; i++) wire.connect().post('/mcp', cancel(1)).answer(202)
    for (const post of posts.slice(0, 2)) post.event(result(1)).serverEnd().clientEnd()
    expect(toldOf(wire)).toEqual(['one delivered', 'two delivered', 'three pending'])
    posts[2]?.clientEnd('fin', 'client')
    expect(toldOf(wire)[2]).toBe('three cancelled, User stopped')
  })

  it('does not mean a call that was sent after it', () => {
    const { wire, posts } = alike('one', 'two')
    wire.connect().post('/mcp', cancel(1)).answer(202)
    for (const post of posts) post.event(result(1)).serverEnd().clientEnd()
    wire.wait(10)
    wire.connect().post('/mcp', tool(1, 'later')).stream().clientEnd('fin', 'client')
    expect(toldOf(wire)[2]).toBe('later undeliverable')
  })
})

it('means another call under the id where the oldest is taken back already', () => {
  const wire = new WireScript()
  const { conn, headers } = openStreamable(wire)
  for (const name of ['one', 'two']) wire.connect().post('/mcp', tool(1, name), headers).stream()
  for (const reason of ['first', 'second']) conn.post('/mcp', cancel(1, reason), headers).answer(202)
  expect(toldOf(wire)).toEqual(['one pending, first', 'two pending, second'])
})
