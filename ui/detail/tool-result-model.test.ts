import { describe, expect, it } from 'vitest'
import { toolResultOf } from './tool-result-model.ts'

const answer = (result: unknown) => toolResultOf({ jsonrpc: '2.0', id: 1, result })

describe('the result of a tool', () => {
  it('is its first text, with whitespace as it came', () => {
    expect(answer({ content: [{ type: 'text', text: '  a\n\tb ' }] })).toEqual({
      text: '  a\n\tb ',
      others: [],
      structured: undefined,
    })
  })

  it('names what else there is', () => {
    const content = [{ type: 'image', data: '', mimeType: 'image/png' }, { type: 'text', text: '' }, { type: 'text', text: 'b' }, {}, 5]
    expect(answer({ content, structuredContent: { count: 3 } })).toEqual({
      text: '',
      others: ['image', 'text', 'unknown'],
      structured: { count: 3 },
    })
    expect(answer({ content: [{ type: 'text', text: 5 }] })).toMatchObject({ text: undefined, others: ['text'] })
  })

  it('is absent in anything else', () => {
    for (const message of [undefined, null, [], 'a', { error: { code: 1 } }, { result: {} }, { result: { content: 'a' } }, { result: [] }])
      expect(toolResultOf(message)).toBeUndefined()
  })
})
