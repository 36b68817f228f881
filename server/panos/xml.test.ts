/** Trees in and out of XML: every value, every cut, every character. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { child, children, decodeEntities, escapeXml, membersAt, parseXml, textAt, writeXml, XmlError, type XmlNode } from './xml.ts'

describe('parseXml', () => {
  it('keeps every value as text: leading zeros, exponents, booleans, dates', () => {
    const root = parseXml('<system><serial>0012801096514</serial><v>1e5</v><hex>0x10</hex><on>true</on><t>2026/11/20</t></system>')
    expect(root.children.map(node => node.text)).toEqual(['0012801096514', '1e5', '0x10', 'true', '2026/11/20'])
  })

  it('gives one entry and many the same shape', () => {
    const one = parseXml('<result><entry name="a"/></result>')
    const two = parseXml('<result><entry name="a"/><entry name="b"/></result>')
    expect(children(one, 'entry').map(entry => entry.attributes.name)).toEqual(['a'])
    expect(children(two, 'entry').map(entry => entry.attributes.name)).toEqual(['a', 'b'])
    expect(children(parseXml('<result/>'), 'entry')).toEqual([])
  })

  it('reads member text through the attributes of changed nodes', () => {
    const root = parseXml('<entry><from admin="a" dirtyId="5" time="t"><member admin="a" dirtyId="5" time="t">any</member></from></entry>')
    expect(membersAt(root, 'from')).toEqual(['any'])
  })

  it('decodes predefined entities and character references once, and leaves CDATA alone', () => {
    const root = parseXml('<a x="1 &amp;amp; &quot;2&quot;">&lt;b&gt; &#65;&#x42; &amp;lt; <![CDATA[ &amp; <raw> ]]>&unknown;</a>')
    expect(root.attributes.x).toBe('1 &amp; "2"')
    expect(root.text).toBe('<b> AB &lt;  &amp; <raw> &unknown;')
    expect(decodeEntities('&#0;&#xd800;&#1114112;')).toBe('&#0;&#xd800;&#1114112;')
  })

  it('takes envelopes with single quotes and spaces around the sign', () => {
    expect(parseXml("<response status = 'error' code = '403'/>").attributes).toEqual({ status: 'error', code: '403' })
  })

  it('refuses a DOCTYPE, so that no entity of the document is ever expanded', () => {
    const bomb = '<?xml version="1.0"?><!-- x --><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>'
    expect(() => parseXml(bomb)).toThrow(XmlError)
  })

  it.each(['', 'hello', '<a>', '<a></b>', '<a/><b/>', '<html><meta charset=utf-8></html>', '<a b="1" b="2"/>', '\u0000'])(
    'refuses %j',
    text => {
      expect(() => parseXml(text)).toThrow(XmlError)
    },
  )

  it('refuses every proper beginning of a document', () => {
    const whole = '<response status="success"><result><entry name="a&amp;b"><member>x</member><![CDATA[y]]></entry></result></response>'
    for (let length = 0; length < whole.length; length += 1)
      expect(() => parseXml(whole.slice(0, length)), whole.slice(0, length)).toThrow(XmlError)
    expect(textAt(parseXml(whole), 'result', 'entry', 'member')).toBe('x')
  })
})

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
// XML 1.0 has no way to write most control characters; a parser may fold white space in attributes and line ends.
const text = fc.string({ unit: 'grapheme' }).map(value => value.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, '').trim())
const { tree } = fc.letrec<{ tree: XmlNode; leaf: XmlNode }>(tie => ({
  leaf: fc.record({ name, attributes: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }), children: fc.constant([]), text }),
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({
      name,
      attributes: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
      children: fc.array(tie('tree'), { maxLength: 4 }),
      text: fc.constant(''),
    }),
  ),
}))

describe('writeXml', () => {
  it('writes what parseXml reads back, whatever the text holds', () => {
    fc.assert(
      fc.property(tree, node => {
        expect(parseXml(writeXml(node))).toEqual(node)
      }),
      { numRuns: 300 },
    )
  })

  it('escapes so that no text leaves its place', () => {
    fc.assert(
      fc.property(text, value => {
        const root = parseXml(`<r><e name="${escapeXml(value)}">${escapeXml(value)}</e></r>`)
        expect(child(root, 'e')?.attributes.name).toBe(value)
        expect(child(root, 'e')?.text).toBe(value)
      }),
    )
  })
})
