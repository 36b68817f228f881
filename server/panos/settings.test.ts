/** Settings as people write them, right and wrong. */
import { describe, expect, it } from 'vitest'
import { PanosError } from './panos-error.ts'
import { readSettings } from './settings.ts'

const KEY = 'LUFRPT1canary0123456789'
const place = (hostname: string) => {
  const { protocol, host, port } = readSettings({ PANOS_HOSTNAME: hostname, PANOS_API_KEY: KEY })
  return [protocol, host, port]
}

describe('readSettings', () => {
  it.each([
    ['fw.example.net', ['https:', 'fw.example.net', 443]],
    ['fw.example.net:8443', ['https:', 'fw.example.net', 8443]],
    ['192.0.2.1:8443', ['https:', '192.0.2.1', 8443]],
    ['https://fw.example.net/api/', ['https:', 'fw.example.net', 443]],
    ['2001:db8::1', ['https:', '2001:db8::1', 443]],
    ['[2001:db8::1]:4443', ['https:', '2001:db8::1', 4443]],
    ['http://127.0.0.1:8004', ['http:', '127.0.0.1', 8004]],
    ['http://[::1]:8004/', ['http:', '::1', 8004]],
    [' fw.example.net ', ['https:', 'fw.example.net', 443]],
  ])('reads PANOS_HOSTNAME=%s', (hostname, expected) => {
    expect(place(hostname)).toEqual(expected)
  })

  it('takes PANOS_HOST for PANOS_HOSTNAME, and a fingerprint in the common spellings', () => {
    const hex = 'AB'.repeat(32)
    const colons = hex.toLowerCase().match(/../g)?.join(':')
    const settings = readSettings({ PANOS_HOST: 'fw', PANOS_API_KEY: KEY, PANOS_TLS_FINGERPRINT: `sha256:${colons}` })
    expect(settings).toMatchObject({ host: 'fw', timeoutMs: 30_000, tls: { verify: true, fingerprint: hex } })
  })

  it.each([
    [{}, /PANOS_HOSTNAME is not set/],
    [{ PANOS_HOSTNAME: 'fw' }, /PANOS_API_KEY is not set/],
    [{ PANOS_HOSTNAME: 'fw', PANOS_API_KEY: 'two words' }, /PANOS_API_KEY contains/],
    [{ PANOS_HOSTNAME: 'http://fw.example.net', PANOS_API_KEY: KEY }, /in the clear/],
    [{ PANOS_HOSTNAME: 'https://admin:secret@fw.example.net', PANOS_API_KEY: KEY }, /must not contain credentials/],
    [{ PANOS_HOSTNAME: 'fw.example.net/php/login.php', PANOS_API_KEY: KEY }, /must not contain a path/],
    [{ PANOS_HOSTNAME: 'ftp://fw.example.net', PANOS_API_KEY: KEY }, /cannot use ftp/],
    [{ PANOS_HOSTNAME: 'not a host', PANOS_API_KEY: KEY }, /PANOS_HOSTNAME is not/],
    [{ PANOS_HOSTNAME: 'fw', PANOS_API_KEY: KEY, PANOS_TIMEOUT_MS: '30s' }, /PANOS_TIMEOUT_MS/],
    [{ PANOS_HOSTNAME: 'fw', PANOS_API_KEY: KEY, PANOS_TLS_VERIFY: 'maybe' }, /PANOS_TLS_VERIFY/],
    [{ PANOS_HOSTNAME: 'fw', PANOS_API_KEY: KEY, PANOS_TLS_FINGERPRINT: 'abc' }, /PANOS_TLS_FINGERPRINT/],
    [{ PANOS_HOSTNAME: 'fw', PANOS_API_KEY: KEY, PANOS_CA_CERT: '/nonexistent/ca.pem' }, /PANOS_CA_CERT.*ENOENT/],
    [
      { PANOS_HOSTNAME: 'fw', PANOS_API_KEY: KEY, PANOS_CA_CERT: import.meta.filename.replace(/settings\.test/, 'gate') },
      /without a PEM certificate/,
    ],
  ])('refuses %j', (env, message) => {
    let error: unknown
    try {
      readSettings(env)
    } catch (caught) {
      error = caught
    }
    if (!(error instanceof PanosError)) throw new Error('no PanosError came')
    expect(error.kind).toBe('configuration')
    expect(error.message).toMatch(message)
    expect(`${error.message} ${error.hint}`).not.toMatch(/canary|secret/)
  })
})
