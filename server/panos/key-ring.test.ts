/** Key and password in what a peer echoes: in every spelling, wherever in the answer, and nothing else. */
import { describe, expect, it } from 'vitest'
import { parseAnswer } from './envelope.ts'
import { KeyRing } from './key-ring.ts'
import { readSettings } from './settings.ts'
import { escapeXml, writeXml } from './xml.ts'

const KEY = 'LUFRPT1canary+/0123456789=='
const PASSWORD = `canary & <"pass wörd'>`
const host = { PANOS_HOSTNAME: 'fw.example.net' }
const ringOf = (env: Record<string, string>) => new KeyRing(readSettings({ ...host, ...env }))
const RINGS = [
  ['[PANOS_API_KEY]', KEY, ringOf({ PANOS_API_KEY: KEY })],
  ['[PANOS_PASSWORD]', PASSWORD, ringOf({ PANOS_API_KEY: '', PANOS_USERNAME: 'admin', PANOS_PASSWORD: PASSWORD })],
] as const

const references = (text: string, base: 10 | 16): string =>
  Array.from(text, each => `&#${base === 16 ? 'x00' : ''}${each.codePointAt(0)?.toString(base)};`).join('')
const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  'escaped for XML': escapeXml,
  'escaped where it must be': secret => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  'escaped twice': secret => escapeXml(escapeXml(secret)),
  'as decimal references': secret => references(secret, 10),
  'as hexadecimal references': secret => references(secret, 16),
  'in CDATA': secret => `<![CDATA[${secret}]]>`,
  'in two pieces of CDATA': secret => `<![CDATA[${secret.slice(0, 5)}]]><![CDATA[${secret.slice(5)}]]>`,
  'as a form encodes it': secret => escapeXml(new URLSearchParams({ '': secret }).toString().slice(1)),
  'as a URL encodes it': secret => escapeXml(encodeURIComponent(secret)),
  'as a URL, in small letters': secret => escapeXml(encodeURIComponent(secret).toLowerCase()),
  'partly encoded': secret => escapeXml(`${secret.slice(0, 8)}${encodeURIComponent(secret.slice(8))}`),
}

describe.each(RINGS)('%s', (label, secret, ring) => {
  it.each(Object.entries(SPELLINGS))('stands for the secret %s, in results and in errors', (_, spell) => {
    const echo = `a ${spell(secret)} b`
    const { result, message } = parseAnswer(
      `<response status="success"><msg>${echo}</msg><result><x>${echo}</x></result></response>`,
      200,
      ring.masker(),
    )
    expect(result && writeXml(result)).toBe(`<result><x>a ${label} b</x></result>`)
    expect(message).toBe(`a ${label} b`)
    expect(() => parseAnswer(`<response status="error" code="12"><msg><line>${echo}</line></msg></response>`, 200, ring.masker())).toThrow(
      `a ${label} b`,
    )
  })

  it('stands for the secret in attributes', () => {
    const body = `<response status="success"><result><entry name="${escapeXml(secret)}"/></result></response>`
    expect(parseAnswer(body, 200, ring.masker()).result?.children[0]?.attributes).toEqual({ name: label })
  })
})

describe('what is not the key', () => {
  it('stays: parts of it, other keys, and every word where the key is too short to be one', () => {
    const text = `${KEY.slice(1)} ${KEY.slice(0, -1)} LUFRPT1other==`
    expect(ringOf({ PANOS_API_KEY: KEY }).masker()(text)).toBe(text)
    expect(ringOf({ PANOS_API_KEY: 'a' }).masker()('a banana')).toBe('a banana')
  })

  it('shows no key in the complaint about an answer that is no XML', () => {
    const mask = ringOf({ PANOS_API_KEY: 'LUFRPT1canary' }).masker()
    for (const body of ['<LUFRPT1canary>', '<a></LUFRPT1canary>', '<LUFRPT1canary/>']) {
      let shown = ''
      try {
        parseAnswer(body, 200, mask)
      } catch (error) {
        shown = String(error)
      }
      expect(shown).toContain('not an answer of the PAN-OS XML API')
      expect(shown).not.toContain('canary')
    }
  })
})
