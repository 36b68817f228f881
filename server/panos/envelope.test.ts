/** Response envelopes as devices send them, and what each of them means. */
import { describe, expect, it } from 'vitest'
import { parseAnswer } from './envelope.ts'
import { PanosError } from './panos-error.ts'

function errorOf(body: string, status = 200): PanosError {
  try {
    parseAnswer(body, status)
  } catch (error) {
    if (error instanceof PanosError) return error
    throw error
  }
  throw new Error('no error came')
}

describe('parseAnswer', () => {
  it.each([
    ['<response status="success" code="19"><result total-count="1" count="1"><entry name="a"/></result></response>', false, '19'],
    ['<response status="success" code="7"><result/></response>', true, '7'],
    ['<response status="success"><result><config/></result></response>', false, undefined],
    ['<response status="success" code="20"><msg>command succeeded</msg></response>', false, '20'],
    ['<response status="error" code="7"><msg><line>Object not present</line></msg></response>', true, '7'],
  ])('takes %s as a success', (body, empty, code) => {
    expect(parseAnswer(body, 200)).toMatchObject({ empty, code })
  })

  it.each([
    [
      403,
      `<response status = 'error' code = '403'><result><msg>Invalid Credential</msg></result></response>`,
      'authentication',
      '403',
      'Invalid Credential',
    ],
    [
      403,
      '<response status="error" code="403"><result><msg>Type [op] not authorized for user role.</msg></result></response>',
      'authorization',
      '403',
      'Type [op] not authorized for user role.',
    ],
    [
      200,
      '<response status="unauth" code="16"><msg><line>Unauthorized request</line></msg></response>',
      'authentication',
      '16',
      'Unauthorized request',
    ],
    [200, '<response status="error" code=""><msg><line>No such node</line></msg></response>', 'absent', undefined, 'No such node'],
    [200, '<response status="error"><msg><line>No such node</line></msg></response>', 'absent', undefined, 'No such node'],
    [400, '<response status="error" code="400"><result><msg>Missing</msg></result></response>', 'bad-request', '400', 'Missing'],
    [200, '<response status="error" code="17"><msg><line>no</line></msg></response>', 'bad-request', '17', 'no'],
    [
      200,
      '<response status="error" code="22"><msg><line>Session timed out</line></msg></response>',
      'unavailable',
      '22',
      'Session timed out',
    ],
    [
      200,
      '<response status="error" code="12"><msg><line><![CDATA[ web-1 is invalid]]></line><line>second</line></msg></response>',
      'invalid',
      '12',
      'web-1 is invalid; second',
    ],
    [
      200,
      '<response status="error" code="10"><msg><line><![CDATA[ web-1]]> cannot be deleted because of references from:</line><line> vsys -> vsys1</line></msg></response>',
      'in-use',
      '10',
      'web-1 cannot be deleted because of references from:; vsys -> vsys1',
    ],
    [200, '<response status="error" code="13"><msg><line><line>deep</line></line></msg></response>', 'device', '13', 'deep'],
  ] as const)('HTTP %i %s', (status, body, kind, panosCode, message) => {
    const error = errorOf(body, status)
    expect({ kind: error.kind, panosCode: error.panosCode, message: error.message.replace(/\s+/g, ' ') }).toEqual({
      kind,
      panosCode,
      message,
    })
    expect(error.hint).not.toBe('')
  })

  it('tells an answer that ended too early from one of something else', () => {
    const whole = '<?xml version="1.0"?>\n<response status="success"><result><entry name="a"/></result></response>'
    const begun = whole.indexOf('<response') + '<response'.length
    for (let length = begun; length < whole.length; length += 1) {
      const error = errorOf(whole.slice(0, length))
      expect(error, whole.slice(0, length)).toMatchObject({ kind: 'unavailable', retryable: true })
      expect(error.message).toContain('ended too early')
    }
    for (const other of ['<response><a></b></response>', '<responses><a>', '<?xml version="1.0"?><html><p>', '<resp'])
      expect(errorOf(other).kind, other).toBe('not-panos')
  })

  it('says that something else answered', () => {
    expect(errorOf('<!DOCTYPE html><html><body>Hello</body></html>').kind).toBe('not-panos')
    expect(errorOf('<html><body>Moved</body></html>', 302).kind).toBe('not-panos')
    expect(errorOf('', 200).kind).toBe('not-panos')
    expect(errorOf('<html>Bad Gateway</html>', 502)).toMatchObject({ kind: 'unavailable', retryable: true, httpStatus: 502 })
  })
})
