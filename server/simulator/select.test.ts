/** XPath against a small tree, and against names and expressions that nobody foresaw. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseXml, type XmlNode } from '../panos/xml.ts'
import { entry, inVsys, quote } from '../panos/xpath.ts'
import { select } from './select.ts'
import { el, entry as makeEntry } from './tree.ts'
import { XPathError } from './xpath-parser.ts'

const root = parseXml(
  '<config><shared><tag><entry name="a"/></tag></shared><devices><entry name="localhost.localdomain"><vsys>' +
    '<entry name="vsys1"><tag><entry name="a"><color>color1</color></entry><entry name="b"><color>color2</color></entry></tag>' +
    '<zone><entry name="trust"><network><layer3><member>ethernet1/1</member><member>ethernet1/2</member></layer3></network></entry></zone></entry>' +
    '<entry name="vsys2"><tag><entry name="c"/></tag></entry></vsys></entry></devices></config>',
)
const names = (xpath: string): (string | undefined)[] => select(root, xpath).nodes.map(node => node.attributes.name ?? node.text)

describe('select', () => {
  it.each([
    ['/config/shared/tag/entry', ['a']],
    ['/config/devices/entry/vsys/entry/tag/entry', ['a', 'b', 'c']],
    ["/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']/tag/entry", ['a', 'b']],
    ['/config/devices/entry[@name="localhost.localdomain"]/vsys/entry[@name="vsys2"]/tag/entry', ['c']],
    ["/config/devices/entry/vsys/entry/tag/entry[@name='a' or @name='c']", ['a', 'c']],
    ["/config/devices/entry/vsys/entry/tag/entry[color='color2']", ['b']],
    ["/config/devices/entry/vsys/entry/tag/entry[@name!='a']", ['b', 'c']],
    ['/config/devices/entry/vsys/entry/tag/entry[2]', ['b']],
    ['/config/devices/entry/vsys/entry/tag/entry[last()]', ['b', 'c']],
    ["/config/devices/entry/vsys/entry[@name='vsys1']/tag/entry[contains(@name,'b')]", ['b']],
    ["/config/devices/entry/vsys/entry[starts-with(@name, 'vsys') and (tag)]", ['vsys1', 'vsys2']],
    ['//tag/entry', ['a', 'a', 'b', 'c']],
    ['/config//*[contains(local-name(), "tag")]/entry[@name="c"]', ['c']],
    [`/config/shared/tag/entry[@name=concat('', 'a')]`, ['a']],
    ['/config//zone//member', ['ethernet1/1', 'ethernet1/2']],
    ["/config//member[text()='ethernet1/2']", ['ethernet1/2']],
    ['/config/*/tag/*', ['a']],
    ['/config/absent/entry', []],
    // In the order of the document, and once.
    ['//zone/entry|/config/shared/tag/entry | //tag/entry[color]', ['a', 'a', 'b', 'trust']],
    ['/config/absent|//zone/entry', ['trust']],
    ["/config/shared/tag/entry[@name='a|b']|//tag/entry[@name='c']", ['c']],
    [' /config / shared / tag / entry [ @name = "a" ] ', ['a']],
  ])('%s', (xpath, expected) => {
    expect(names(xpath)).toEqual(expected)
  })

  it('tells attributes and text from nodes', () => {
    expect(select(root, '/config/devices/entry/vsys/entry/@name')).toMatchObject({ kind: 'attribute', name: 'name', nodes: { length: 2 } })
    expect(select(root, '/config/devices/entry/vsys/entry/tag/entry/color/text()')).toMatchObject({ kind: 'text', nodes: { length: 2 } })
    const both = '/config/shared/tag/entry/@name | //zone/entry/@name'
    expect(select(root, both)).toMatchObject({ kind: 'attribute', name: 'name', nodes: { length: 2 } })
  })

  it.each([
    '',
    'config',
    '/',
    '//',
    '/config/',
    '/config[',
    "/config/entry[@name='a]",
    '/config/entry[@name=a]',
    '/config/entry[]',
    '/config/@',
    '/config entry',
    "/config']",
    '/config/entry[@name="a"]x',
    `/a[${'('.repeat(60)}@b${')'.repeat(60)}]`,
    '/config/../devices',
    '/config |',
    '| /config',
    '/config || /config',
    '/config/shared/tag/entry | /config/shared/tag/entry/@name',
  ])('refuses %j', xpath => {
    expect(() => select(root, xpath)).toThrow(XPathError)
  })

  it('finds exactly the entry of a name, whatever the name holds, by an expression that quotes it', () => {
    const anyName = fc.string({ unit: 'grapheme', minLength: 1 }).filter(name => !(name.includes("'") && name.includes('"')))
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { minLength: 1, maxLength: 6 }), list => {
        const tree: XmlNode = el(
          'config',
          el(
            'tag',
            list.map(name => makeEntry(name)),
          ),
        )
        for (const name of list) expect(select(tree, `/config/tag/${entry(name)}`).nodes.map(node => node.attributes.name)).toEqual([name])
      }),
      { numRuns: 200 },
    )
  })

  it('never throws anything but XPathError', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      'entry',
      '[',
      ']',
      '@name',
      '=',
      "'x'",
      '"',
      '(',
      ')',
      'or',
      'and',
      '*',
      'text()',
      '1',
      ' ',
      'contains(',
      ',',
      '|',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), pieces => {
        try {
          select(root, pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(XPathError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('quote', () => {
  it('chooses the quote that the text does not contain, and refuses both', () => {
    expect(quote("it's")).toBe(`"it's"`)
    expect(quote('say "x"')).toBe(`'say "x"'`)
    expect(() => quote(`'"`)).toThrow(/both kinds of quotes/)
    expect(inVsys("v'] | /config/mgt-config[", 'tag')).toContain(`entry[@name="v'] | /config/mgt-config["]`)
  })
})
