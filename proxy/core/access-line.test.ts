/** Lines of a server's log that say whose request they are about, and when they were written. */
import { describe, expect, it } from 'vitest'
import { WireScript } from '../captures/wire-script.ts'
import { accessLineOf, statedTimeOf } from './access-line.ts'

describe('accessLineOf', () => {
  it.each([
    ['INFO:     127.0.0.1:50412 - "POST /messages/?session_id=ab HTTP/1.1" 202 Accepted', 50412, 'POST', '/messages/', 202],
    ['2026-11-20 07:32:04,550 INFO uvicorn.access 127.0.0.1:1 - "GET /sse HTTP/1.1" 200', 1, 'GET', '/sse', 200],
    ['INFO:     ::1:40000 - "GET /mcp HTTP/1.1" 405 Method Not Allowed', 40000, 'GET', '/mcp', 405],
    ['[::1]:40000 - "DELETE /mcp HTTP/1.1"', 40000, 'DELETE', '/mcp', undefined],
  ])('reads %s', (text, port, method, path, status) => {
    expect(accessLineOf(text)).toEqual({ port, method, path, ...(status !== undefined && { status }) })
  })

  it.each(['', 'INFO:     Started server process [1]', '127.0.0.1 - - [20/Nov/2026] "GET /sse HTTP/1.1" 200 5', '"GET /sse HTTP/1.1" 200'])(
    'leaves alone %j',
    text => expect(accessLineOf(text)).toBeUndefined(),
  )
})

describe('statedTimeOf', () => {
  const appeared = Date.UTC(2026, 10, 20, 7, 32, 5)
  it.each([
    ['2026-11-20T07:32:04.550Z something', -450],
    ['INFO 2026-11-20 08:32:04,550+01:00 something', -450],
    ['[2026-11-20 02:02:04.5 -0530] x', -500],
    // Without a zone: whichever brings it nearest.
    ['2026-11-20 07:32:04,550 - mcp - INFO', -450],
    ['2026-11-20 13:17:05,000 - in Nepal', 0],
    ['2026-11-19 23:32:04 - in California', -1000],
  ])('reads %s', (text, offset) => expect(statedTimeOf(text, appeared)).toBe(appeared + offset))

  it.each(['no time here', '2026-11-20 only a day', '2020-01-01T00:00:00Z long ago', `${'x'.repeat(60)}2026-11-20T07:32:04Z`])(
    'takes none from %j',
    text => expect(statedTimeOf(text, appeared)).toBeUndefined(),
  )
})

describe('a line of an access log', () => {
  const post = (wire: WireScript) => {
    const conn = wire.connect(50_000)
    wire.write({
      kind: 'open',
      leg: 'server',
      conn: 1,
      upstream: 'mcp',
      local: { address: '127.0.0.1', port: 61_000 },
      remote: { address: '127.0.0.1', port: 8001 },
      took: 0.1,
    })
    const ask = (path: string, status: number) => {
      conn.post(path, { jsonrpc: '2.0', method: 'notifications/initialized' }).sent().answer(status)
      wire.wait(10)
    }
    return {
      ask,
      line: (path: string, status: number, port = 61_000) => wire.log(`INFO:     127.0.0.1:${port} - "POST ${path} HTTP/1.1" ${status} X`),
    }
  }

  it('belongs to the exchange on that port, in order, and to no other', () => {
    const wire = new WireScript()
    const { ask, line } = post(wire)
    ask('/messages/?session_id=1', 202)
    ask('/messages/?session_id=1', 202)
    ask('/messages/', 400)
    line('/messages/?session_id=1', 202)
    line('/messages/', 400)
    line('/messages/?session_id=1', 202)
    line('/messages/?session_id=1', 202)
    line('/messages/', 400, 61_001)
    const exchanges = wire.rows('exchange').map(({ id }) => id)
    expect(wire.rows('log').map(({ exchange }) => exchange)).toEqual([exchanges[0], exchanges[2], exchanges[1], undefined, undefined])
  })

  it('is not given to an exchange that ended long before', () => {
    const wire = new WireScript()
    const { ask, line } = post(wire)
    ask('/messages/', 202)
    wire.wait(60_000)
    ask('/messages/', 202)
    line('/messages/', 202)
    expect(wire.row('log').exchange).toBe(wire.row('exchange', 1).id)
  })
})
