/** Files that go out of a simulated device and into it, over real sockets as clients send them, and the reports that it makes. */
import { afterAll, describe, expect, it } from 'vitest'
import { child, children, parseXml, textAt, type XmlNode } from '../panos/xml.ts'
import { selfSignedCertificate } from './certificate.ts'
import { startSimulator } from './simulator.ts'

const KEY = 'files-key'
const simulator = await startSimulator({ apiKey: KEY, objects: 20, rules: 6, logMs: 0, commitMs: 0 })
afterAll(() => simulator.close())
const headers = { 'X-PAN-KEY': KEY }
const post = (body: URLSearchParams | FormData, key = KEY): Promise<Response> =>
  fetch(`${simulator.url}/api/`, { method: 'POST', body, headers: { 'X-PAN-KEY': key } })
const ask = async (parameters: Record<string, string>, key?: string): Promise<XmlNode> =>
  parseXml(await (await post(new URLSearchParams(parameters), key)).text())
const op = (cmd: string): Promise<XmlNode> => ask({ type: 'op', cmd })
async function upload(parameters: Record<string, string>, name: string, text: string, key?: string): Promise<XmlNode> {
  const form = new FormData()
  for (const [field, value] of Object.entries(parameters)) form.append(field, value)
  form.append('file', new Blob([text]), name)
  return parseXml(await (await post(form, key)).text())
}
const HOSTNAME = '/config/devices/entry/deviceconfig/system/hostname'
const hostname = async (action: string): Promise<string | undefined> =>
  textAt(await ask({ type: 'config', action, xpath: HOSTNAME }), 'result', 'hostname')

describe('a configuration', () => {
  it('is exported as a file, imported, loaded into the candidate and committed', async () => {
    const response = await fetch(`${simulator.url}/api/?type=export&category=configuration`, { headers })
    expect([response.headers.get('content-type'), response.headers.get('content-disposition')]).toEqual([
      'application/octet-stream',
      'attachment; filename=running-config.xml',
    ])
    const text = (await response.text()).replace('<hostname>fw-sim-1<', '<hostname>für-später<')
    expect(text.startsWith('<?xml version="1.0"?>\n<config ')).toBe(true)
    const saved = await upload({ type: 'import', category: 'configuration' }, 'next.xml', text)
    expect([saved.attributes.status, textAt(saved, 'msg', 'line')]).toEqual(['success', 'next.xml saved'])
    expect((await op('<load><config><from>next.xml</from></config></load>')).attributes.status).toBe('success')
    expect([await hostname('get'), await hostname('show')]).toEqual(['für-später', 'fw-sim-1'])
    expect(textAt(await op('<check><pending-changes/></check>'), 'result')).toBe('yes')
    await ask({ type: 'commit', cmd: '<commit/>' })
    await op('<show><jobs><all/></jobs></show>')
    expect(await hostname('show')).toBe('für-später')
  })

  it('is saved and comes back', async () => {
    const before = await hostname('get')
    await op('<save><config><to>before.xml</to></config></save>')
    await ask({
      type: 'config',
      action: 'set',
      xpath: '/config/devices/entry[@name="localhost.localdomain"]/deviceconfig/system',
      element: '<hostname>other</hostname>',
    })
    expect(await hostname('get')).toBe('other')
    await op('<load><config><from>before.xml</from></config></load>')
    expect(await hostname('get')).toBe(before)
    expect((await op('<load><config><from>nothing.xml</from></config></load>')).attributes.status).toBe('error')
  })

  it('is read by commands too, whole or in part', async () => {
    expect(child(await op('<show><config><running/></config></show>'), 'result', 'config')).toBeDefined()
    const part = await op('<show><config><candidate><xpath>/shared/tag</xpath></candidate></config></show>')
    expect(children(child(part, 'result', 'tag'), 'entry').length).toBeGreaterThan(2)
  })

  it.each([
    ['a name without .xml', 'next.txt', '<config/>', /expected extension/],
    ['what is no XML', 'next.xml', 'hello', /not a configuration/],
    ['what is no configuration', 'next.xml', '<html/>', /root element is <html>/],
  ])('is not %s', async (_, name, text, says) => {
    const answer = await upload({ type: 'import', category: 'configuration' }, name, text)
    expect(answer.attributes.status).toBe('error')
    expect(textAt(answer, 'msg', 'line')).toMatch(says)
  })
})

describe('a certificate', () => {
  const now = Date.now()
  const { cert, key } = selfSignedCertificate({
    commonName: 'portal.example.net',
    names: ['portal.example.net'],
    notBefore: new Date(now - 1000),
    notAfter: new Date(now + 86_400_000),
  })

  it('is imported with its key into the candidate, exported without, and refused when it is none', async () => {
    const about = { type: 'import', category: 'keypair', 'certificate-name': 'portal', format: 'pem', passphrase: 'x' }
    const answer = await upload(about, 'portal.pem', `${cert}\n${key}`)
    expect(textAt(answer, 'result')).toBe('Successfully imported portal into candidate configuration')
    const entry = child(
      await ask({ type: 'config', action: 'get', xpath: "/config/shared/certificate/entry[@name='portal']" }),
      'result',
      'entry',
    )
    expect([textAt(entry, 'common-name'), textAt(entry, 'algorithm') !== undefined]).toEqual(['portal.example.net', true])
    expect(textAt(entry, 'private-key')).not.toContain('PRIVATE')
    const out = await post(
      new URLSearchParams({ type: 'export', category: 'certificate', 'certificate-name': 'portal', format: 'pem', 'include-key': 'no' }),
    )
    expect((await out.text()).trim()).toBe(cert.trim())
    expect(
      (await ask({ type: 'export', category: 'certificate', 'certificate-name': 'portal', 'include-key': 'yes' })).attributes.code,
    ).toBe('15')
    expect((await upload(about, 'portal.pem', 'hello')).attributes.code).toBe('12')
    expect((await ask({ type: 'import', category: 'certificate' })).attributes.code).toBe('400')
    for (const name of ['nobody', `both ' and "`, '<a>&'])
      expect((await ask({ type: 'export', category: 'certificate', 'certificate-name': name })).attributes.code).toBe('7')
  })

  it('needs the right to change things', async () => {
    const reader = simulator.keyOf('reader') ?? ''
    const answer = await upload({ type: 'import', category: 'certificate', 'certificate-name': 'x' }, 'x.pem', cert, reader)
    expect(answer.attributes).toMatchObject({ status: 'error', code: '403' })
    expect((await ask({ type: 'user-id', cmd: '<uid-message/>' }, reader)).attributes.code).toBe('403')
  })
})

describe('reports', () => {
  async function report(parameters: Record<string, string>): Promise<XmlNode> {
    const begun = await ask({ type: 'report', ...parameters })
    const id = textAt(begun, 'result', 'job')
    return id === undefined ? begun : ask({ type: 'report', action: 'get', 'job-id': id })
  }
  const rows = (answer: XmlNode): XmlNode[] => children(child(answer, 'result', 'report'), 'entry') as XmlNode[]
  async function logs(query: string): Promise<XmlNode[]> {
    const begun = await ask({ type: 'log', 'log-type': 'traffic', nlogs: '5000', query })
    const found = await ask({ type: 'log', action: 'get', 'job-id': textAt(begun, 'result', 'job') ?? '' })
    return children(child(found, 'result', 'log', 'logs'), 'entry') as XmlNode[]
  }

  it('count what the logs say', async () => {
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
    const blocked = await logs(`( action neq allow ) and ( receive_time geq '${day}' )`)
    const top = rows(await report({ reporttype: 'predefined', reportname: 'top-denied-sources', topn: '3' }))
    expect(top).toHaveLength(3)
    for (const row of top) {
      const source = textAt(row, 'src')
      expect([source, Number(textAt(row, 'sessions'))]).toEqual([source, blocked.filter(entry => textAt(entry, 'src') === source).length])
    }
  })

  it('are of the time that was asked for', async () => {
    const sessions = async (more: Record<string, string>): Promise<number> =>
      rows(await report({ reporttype: 'dynamic', reportname: 'top-app-summary', topn: '100', ...more })).reduce(
        (sum, row) => sum + Number(textAt(row, 'sessions')),
        0,
      )
    // One entry in three minutes.
    const hour = await sessions({ period: 'last-hour' })
    expect([hour >= 19 && hour <= 21, (await sessions({ period: 'last-12-hrs' })) > 10 * hour]).toEqual([true, true])
    expect(await sessions({ starttime: '2001/01/01 00:00:00', endtime: '2001/01/02 00:00:00' })).toBe(0)
  })

  it('can be defined', async () => {
    const definition =
      '<type><traffic><aggregate-by><member>src</member><member>dst</member></aggregate-by></traffic></type><topn>4</topn><query>( action eq allow )</query>'
    expect(rows(await report({ reporttype: 'dynamic', reportname: 'custom-dynamic-report', cmd: definition }))).toHaveLength(4)
    await ask({ type: 'config', action: 'set', xpath: '/config/shared/reports', element: `<entry name="pairs">${definition}</entry>` })
    await ask({ type: 'commit', cmd: '<commit/>' })
    await op('<show><jobs><all/></jobs></show>')
    const [row] = rows(await report({ reporttype: 'custom', reportname: 'pairs' }))
    expect(['src', 'dst', 'sessions'].map(part => textAt(row, part) !== undefined)).toEqual([true, true, true])
  })

  it.each([
    [{ reporttype: 'dynamic', reportname: 'nonsense' }, '7'],
    [{ reporttype: 'dynamic', reportname: 'constructor' }, '7'],
    [{ reporttype: 'nonsense', reportname: 'x' }, '400'],
    [{ reporttype: 'predefined' }, '400'],
    [{ reporttype: 'dynamic', reportname: 'top-app-summary', period: 'yesterday' }, '400'],
    [{ reporttype: 'dynamic', reportname: 'custom-dynamic-report', cmd: '<type' }, '18'],
    [{ action: 'get', 'job-id': '99999' }, '7'],
  ])('of %j are refused with %s', async (parameters, code) => {
    expect((await report(parameters as unknown as Record<string, string>)).attributes.code).toBe(code)
  })
})
