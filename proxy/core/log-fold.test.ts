/** Tracebacks of every shape are one row; other lines are rows of their own. */
import { describe, expect, it } from 'vitest'
import { WireScript } from '../captures/wire-script.ts'

const fold = (text: string) => {
  const wire = new WireScript()
  wire.log(text)
  return wire.rows('log').map(row => ({ level: row.level, lines: row.lines, exception: row.exception, first: row.text.split('\n')[0] }))
}

const PLAIN = `Traceback (most recent call last):
  File "/srv/server.py", line 3, in handle
    await send(message)
anyio.BrokenResourceError`
const CHAIN = `Traceback (most recent call last):
  File "a.py", line 1, in f
ValueError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in g
anyio.ClosedResourceError`
const GROUP = `  + Exception Group Traceback (most recent call last):
  |   File "uvicorn.py", line 1, in run
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "memory.py", line 213, in send_nowait
    |     raise BrokenResourceError
    | anyio.BrokenResourceError
    +------------------------------------`
const NODE = `TypeError: Cannot read properties of undefined (reading 'id')
    at handle (file:///srv/server.js:3:7)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5) {
  code: 'ERR_X'
}`

describe('log lines', () => {
  it('makes a traceback one row with the exception’s name', () => {
    expect(fold(PLAIN)).toEqual([
      { level: 'error', lines: 4, exception: 'BrokenResourceError', first: 'Traceback (most recent call last):' },
    ])
    expect(fold(GROUP)).toMatchObject([{ level: 'error', lines: 9, exception: 'BrokenResourceError' }])
    expect(fold(NODE)).toMatchObject([{ level: 'error', lines: 5, exception: 'TypeError' }])
  })

  it('takes the last exception of a chain', () => {
    expect(fold(CHAIN)).toMatchObject([{ lines: 9, exception: 'ClosedResourceError' }])
  })

  it('ends a traceback with the next ordinary line', () => {
    expect(
      fold(`INFO:     started\n${PLAIN}\nINFO:     127.0.0.1:5 - "POST /messages/" 202\n${GROUP}\nINFO:     bye`).map(row => row.lines),
    ).toEqual([1, 4, 1, 9, 1])
    expect(fold(`${PLAIN}\n\nINFO:     after a blank line`).map(row => row.lines)).toEqual([4, 1])
    expect(fold(`${PLAIN}\n${PLAIN}`).map(row => row.lines)).toEqual([4, 4])
  })

  it('does not join lines that came long after', () => {
    const wire = new WireScript()
    wire.log('Traceback (most recent call last):')
    wire.wait(5000)
    wire.log('  File "x"')
    expect(wire.rows('log')).toHaveLength(2)
  })

  it('keeps sources apart that write at the same time', () => {
    const wire = new WireScript()
    const [a, b, c, d] = PLAIN.split('\n')
    wire.log(a ?? '', 'stderr')
    wire.log('INFO between', 'stdout')
    wire.log(`${b}\n${c}\n${d}`, 'stderr')
    expect(wire.rows('log').map(row => [row.source, row.lines])).toEqual([
      ['stderr', 4],
      ['stdout', 1],
    ])
  })

  it('reads levels from the words', () => {
    const levels = [
      'ERROR:    Exception in ASGI application',
      'WARNING:mcp.server.sse:Received request without session_id',
      'warn: slow',
      'INFO:     127.0.0.1 - "GET /errors" 404',
      'error: boom',
      'Error: no such file',
    ]
    expect(fold(levels.join('\n')).map(row => row.level)).toEqual(['error', 'warning', 'warning', 'info', 'error', 'error'])
    const wire = new WireScript()
    wire.log('ended with code 1', 'process')
    wire.log('ended with code 0', 'process')
    wire.log('killed by SIGKILL', 'process')
    expect(wire.rows('log').map(row => row.level)).toEqual(['error', 'info', 'error'])
  })

  it('masks lines', () => {
    const wire = new WireScript({ mask: text => text.replaceAll('hunter2', '****') })
    wire.log(`key=hunter2\n${PLAIN}: hunter2`)
    expect(JSON.stringify(wire.rows('log'))).not.toContain('hunter2')
  })
})
