/** The client against real sockets: the simulator over HTTP and HTTPS, and servers that misbehave. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { selfSignedCertificate } from '../simulator/certificate.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { createPanosClient } from './panos-client.ts'
import { PanosError } from './panos-error.ts'
import { children, textAt } from './xml.ts'
import { inShared, inVsys, vsysNames } from './xpath.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const CANARY = 'LUFRPT1canary+/0123456789='
const forever = new AbortController().signal
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function simulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const started = await startSimulator({ apiKey: CANARY, ...options })
  undo.push(() => started.close())
  return started
}
const clientOf = (url: string, env: Record<string, string> = {}) =>
  createPanosClient({ PANOS_HOSTNAME: url, PANOS_API_KEY: CANARY, ...env })

async function serve(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise(resolve => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const answering = (listener: RequestListener): Promise<string> => serve(createServer(listener))

async function errorOf(work: Promise<unknown>): Promise<PanosError> {
  const error = await work.then(
    () => new Error('nothing went wrong'),
    (caught: unknown) => caught,
  )
  if (!(error instanceof PanosError)) throw error
  return error
}
const everything = (error: PanosError): string => JSON.stringify(error, Object.getOwnPropertyNames(error))

describe('requests', () => {
  it('posts a form, with the key in X-PAN-KEY and nowhere else', async () => {
    const seen: { method?: string; url?: string; headers: string[]; body: string }[] = []
    const url = await answering(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push({ method: request.method, url: request.url, headers: request.rawHeaders, body })
      response.end('<response status="success"><result/></response>')
    })
    await clientOf(url).op('<show><clock/></show>', forever)
    const [request] = seen
    expect(request).toMatchObject({ method: 'POST', url: '/api/', body: 'type=op&cmd=%3Cshow%3E%3Cclock%2F%3E%3C%2Fshow%3E' })
    expect(request?.headers.filter(text => text.includes(CANARY))).toEqual([CANARY])
    expect(request?.headers[(request?.headers.indexOf(CANARY) ?? 0) - 1]?.toLowerCase()).toBe('x-pan-key')
  })

  it('reads running and candidate configuration; what is absent is empty in both', async () => {
    const client = clientOf((await simulator({ objects: 90 })).url)
    expect(children((await client.read('candidate', vsysNames, forever)).result, 'entry').map(node => node.attributes.name)).toEqual([
      'vsys1',
    ])
    for (const config of ['running', 'candidate'] as const) {
      const { result } = await client.read(config, inVsys('vsys1', 'address'), forever)
      expect(result?.children[0]?.children).toHaveLength(80)
      expect(await client.read(config, inShared('nowhere'), forever)).toMatchObject({ empty: true })
    }
  })

  it('has at most four requests at the device at once', async () => {
    let [now, most] = [0, 0]
    const url = await answering((_, response) => {
      now += 1
      most = Math.max(most, now)
      setTimeout(() => {
        now -= 1
        response.end('<response status="success"><result/></response>')
      }, 20)
    })
    const client = clientOf(url)
    await Promise.all(Array.from({ length: 20 }, (_, index) => client.op(`<show><job>${index}</job></show>`, forever)))
    expect(most).toBe(4)
    expect(client.inFlight()).toBe(0)
  })

  it('gives up the request when its caller does, those in the queue included', async () => {
    const { url, stats } = await simulator({ latencyMs: 600_000 })
    const client = clientOf(url)
    const controller = new AbortController()
    const calls = Array.from({ length: 10 }, (_, index) => client.op(`<show><jobs><id>${index}</id></jobs></show>`, controller.signal))
    await eventually(() => expect(stats().inFlight).toBe(4))
    controller.abort(new Error('the caller left'))
    for (const call of calls) await expect(call).rejects.toThrow('the caller left')
    await eventually(() => expect(stats()).toEqual({ inFlight: 0, served: 0, abandoned: 4 }))
    expect(client.inFlight()).toBe(0)
  })
})

describe('failures', () => {
  it('says that the device is too slow, and leaves no request behind', async () => {
    const { url, stats } = await simulator({ latencyMs: 600_000 })
    const error = await errorOf(clientOf(url, { PANOS_TIMEOUT_MS: '50' }).version(forever))
    expect(error).toMatchObject({ kind: 'timeout', retryable: true })
    await eventually(() => expect(stats()).toEqual({ inFlight: 0, served: 0, abandoned: 1 }))
  })

  it.each([
    ['refuses connections', 'http://127.0.0.1:1', 'unreachable'],
    ['cannot be resolved', 'https://no-such-host.invalid', 'unreachable'],
  ])('says that the device %s', async (words, url, kind) => {
    const error = await errorOf(clientOf(url).version(forever))
    expect(error.kind).toBe(kind)
    expect(error.message).toContain(words)
  })

  it.each([
    ['a redirect', 302, '', 'not-panos'],
    ['a web page', 200, '<!DOCTYPE html><html></html>', 'not-panos'],
    ['a proxy that found nobody', 502, '<html>Bad Gateway</html>', 'unavailable'],
    ['half an answer that claims to be whole', 200, '<response status="success"><result><entry', 'unavailable'],
  ])('recognises %s', async (_, status, body, kind) => {
    const url = await answering((_request, response) => response.writeHead(status, { location: '/elsewhere' }).end(body))
    expect((await errorOf(clientOf(url).version(forever))).kind).toBe(kind)
  })

  it('recognises an answer that is cut off, garbage, and an answer without end', async () => {
    const cut = await answering((_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('<response')
      setTimeout(() => response.destroy(), 20)
    })
    expect((await errorOf(clientOf(cut).version(forever))).kind).toBe('unreachable')
    const garbage = await serve(createTcpServer(socket => socket.on('error', () => {}).end('220 mail.example.net ESMTP\r\n')))
    expect((await errorOf(clientOf(garbage).version(forever))).kind).toBe('unreachable')
    const endless = await answering((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'x')
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more).on('error', () => {})
      more()
    })
    expect((await errorOf(clientOf(endless).version(forever))).kind).toBe('too-large')
  })

  it('shows the key in no error and no result, even when the device echoes it', async () => {
    const { url } = await simulator({ apiKey: 'another' })
    const rejected = await errorOf(clientOf(url).version(forever))
    expect(rejected.kind).toBe('authentication')
    const echo = await answering((request, response) => {
      const key = String(request.headers['x-pan-key'])
      response.end(`<response status="error" code="12"><msg><line>bad request with key ${key}</line></msg></response>`)
    })
    const echoed = await errorOf(clientOf(echo).version(forever))
    expect(echoed.message).toContain('bad request with key [PANOS_API_KEY]')
    const kind = await answering((request, response) => {
      response.end(`<response status="success"><result><serial>${request.headers['x-pan-key']}</serial></result></response>`)
    })
    expect(textAt((await clientOf(kind).version(forever)).result, 'serial')).toBe('[PANOS_API_KEY]')
    const others = [clientOf('http://127.0.0.1:1').version(forever), clientOf('https://no-such-host.invalid').version(forever)]
    for (const error of [rejected, echoed, ...(await Promise.all(others.map(errorOf)))]) expect(everything(error)).not.toContain('canary')
  })
})

describe('equal reads', () => {
  it('are one request for all who ask, and one of them may leave', async () => {
    const { url, stats } = await simulator({ latencyMs: 200 })
    const client = clientOf(url)
    const controller = new AbortController()
    const [leaver, ...others] = [client.version(controller.signal), client.version(forever), client.version(forever)]
    controller.abort(new Error('changed my mind'))
    await expect(leaver).rejects.toThrow('changed my mind')
    for (const answer of await Promise.all(others)) expect(textAt(answer.result, 'model')).toBe('PA-440')
    expect(stats()).toEqual({ inFlight: 0, served: 1, abandoned: 0 })
    await client.version(forever)
    expect(stats().served).toBe(2)
  })

  it('are given up when nobody waits for them', async () => {
    const { url, stats } = await simulator({ latencyMs: 600_000 })
    const client = clientOf(url)
    const controllers = [new AbortController(), new AbortController()]
    const calls = controllers.map(({ signal }) => client.version(signal))
    await eventually(() => expect(stats().inFlight).toBe(1))
    for (const controller of controllers) controller.abort(new Error('left'))
    for (const call of calls) await expect(call).rejects.toThrow('left')
    await eventually(() => expect(stats()).toEqual({ inFlight: 0, served: 0, abandoned: 1 }))
  })

  it('are tried once more when the device stumbled, and changes never are', async () => {
    const started = await simulator({ faults: [{ fault: 'session-timeout', count: 1 }] })
    const client = clientOf(started.url)
    expect(textAt((await client.version(forever)).result, 'model')).toBe('PA-440')
    expect(started.stats().served).toBe(2)
    started.faults.set('internal-error', 2)
    expect((await errorOf(client.version(forever))).panosCode).toBe('11')
    started.faults.set('session-timeout', 1)
    expect((await errorOf(client.commit('<commit/>', undefined, forever))).kind).toBe('unavailable')
    expect(started.stats().served).toBe(5)
  })
})

describe('keygen', () => {
  const env = { PANOS_API_KEY: '', PANOS_USERNAME: 'admin', PANOS_PASSWORD: 'canary & <secret>' }

  it('makes one key from user and password however many ask, and another when that one dies', async () => {
    const started = await simulator({ password: 'canary & <secret>' })
    const client = clientOf(started.url, env)
    await Promise.all([client.version(forever), client.op('<show><clock/></show>', forever)])
    expect(started.stats().served).toBe(3)
    const { device } = started
    device.accounts = device.accounts.map(account => ({ ...account, apiKey: `new-${account.apiKey}` }))
    expect(textAt((await client.version(forever)).result, 'model')).toBe('PA-440')
    expect(started.stats().served).toBe(6)
  })

  it('says when user and password are wrong, and shows neither', async () => {
    const { url } = await simulator({ password: 'another' })
    const error = await errorOf(clientOf(url, env).version(forever))
    expect(error).toMatchObject({ kind: 'authentication', panosCode: '403', httpStatus: 403 })
    expect(everything(error)).not.toContain('canary')
    const echo = await answering(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(
        `<response status="error" code="17"><msg><line>bad ${new URLSearchParams(body).get('password')?.replace(/[<&]/g, ' ')} ${body.replaceAll('&', ';')}</line></msg></response>`,
      )
    })
    expect(everything(await errorOf(clientOf(echo, { ...env, PANOS_PASSWORD: 'canary+pass' }).version(forever)))).not.toContain('canary')
  })
})

describe('faults of a device', () => {
  it.each([
    ['cut', 'unreachable'],
    ['truncate', 'unavailable'],
    ['bad-gateway', 'unavailable'],
  ] as const)('%s is %s, and the next request is served', async (fault, kind) => {
    const started = await simulator({ faults: [{ fault, count: 1 }] })
    const client = clientOf(started.url)
    expect((await errorOf(client.version(forever))).kind).toBe(kind)
    expect(textAt((await client.version(forever)).result, 'model')).toBe('PA-440')
  })

  it('a body that trickles is read whole', async () => {
    const { url } = await simulator({ dripBytesPerSecond: 2000 })
    expect(textAt((await clientOf(url).version(forever)).result, 'model')).toBe('PA-440')
  })
})

describe('a Panorama', () => {
  it('passes requests on to the firewall that PANOS_TARGET_SERIAL names', async () => {
    const panorama = await simulator({ profile: 'panorama', deviceGroups: 2, objects: 12 })
    const [serial = ''] = panorama.device.managed.keys()
    const client = clientOf(panorama.url, { PANOS_TARGET_SERIAL: serial })
    expect(textAt((await client.version(forever)).result, 'serial')).toBe(serial)
    expect(client.device).toBe(`${serial} via 127.0.0.1:${panorama.port}`)
  })
})

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'panos-ca-'))
  const ca = join(folder, 'ca.pem')
  const dated = (names: string[], from: number, until: number) => {
    const [notBefore, notAfter] = [from, until].map(days => new Date(Date.now() + days * 86_400_000)) as [Date, Date]
    return selfSignedCertificate({ commonName: '0012345678', names, notBefore, notAfter })
  }
  afterAll(() => rmSync(folder, { recursive: true }))

  it('refuses a self-signed certificate, says how to trust it, and has sent nothing', async () => {
    const { url, fingerprint, stats } = await simulator({ tls: true })
    const error = await errorOf(clientOf(url).version(forever))
    expect(error).toMatchObject({ kind: 'tls', retryable: false })
    expect(error.message).toMatch(/self-signed.*Names: DNS:localhost, IP Address:127\.0\.0\.1/)
    expect(error.hint).toContain(`PANOS_TLS_FINGERPRINT=${fingerprint}`)
    expect(stats()).toEqual({ inFlight: 0, served: 0, abandoned: 0 })
  })

  it('trusts the certificate of PANOS_CA_CERT, and the fingerprint of PANOS_TLS_FINGERPRINT', async () => {
    const { url, certificate = '', fingerprint = '' } = await simulator({ tls: true })
    writeFileSync(ca, certificate)
    expect(textAt((await clientOf(url, { PANOS_CA_CERT: ca }).version(forever)).result, 'model')).toBe('PA-440')
    expect(clientOf(url, { PANOS_CA_CERT: ca }).warnings).toEqual([])
    expect(textAt((await clientOf(url, { PANOS_TLS_FINGERPRINT: fingerprint }).version(forever)).result, 'model')).toBe('PA-440')
    const other = fingerprint.replace(/^../, fingerprint.startsWith('00') ? '11' : '00')
    const error = await errorOf(clientOf(url, { PANOS_TLS_FINGERPRINT: other, PANOS_TLS_VERIFY: 'false' }).version(forever))
    expect(error.message).toContain('not the one that PANOS_TLS_FINGERPRINT names')
  })

  it.each([
    ['issued for another name', ['fw.example.net'], -1, 1],
    ['has expired', ['127.0.0.1'], -3, -1],
    ['not valid yet', ['127.0.0.1'], 1, 3],
  ])('refuses a trusted certificate that is wrong: %s', async (words, names, from, until) => {
    const certificate = dated(names, from, until)
    const { url } = await simulator({ tls: certificate })
    writeFileSync(ca, certificate.cert)
    expect((await errorOf(clientOf(url, { PANOS_CA_CERT: ca }).version(forever))).message).toContain(words)
  })

  it.each([
    ['expired', 'has expired'],
    ['misnamed', 'issued for another name'],
  ] as const)('says what is wrong with a simulator whose certificate is %s', async (kind, words) => {
    const { url, certificate = '' } = await simulator({ tls: true, certificate: kind })
    writeFileSync(ca, certificate)
    const error = await errorOf(clientOf(url, { PANOS_CA_CERT: ca }).version(forever))
    expect([error.kind, error.message]).toEqual(['tls', expect.stringContaining(words)])
  })

  it('accepts anything with PANOS_TLS_VERIFY=false, and warns with every result', async () => {
    const { url } = await simulator({ tls: dated(['elsewhere'], -3, -1) })
    const client = clientOf(url, { PANOS_TLS_VERIFY: 'false' })
    expect(textAt((await client.version(forever)).result, 'model')).toBe('PA-440')
    expect(client.warnings.join()).toContain('TLS verification is off')
  })

  it('tells plain HTTP and a silent port from a certificate', async () => {
    const plain = (await simulator()).url.replace('http:', 'https:')
    expect((await errorOf(clientOf(plain).version(forever))).kind).toBe('tls')
    const mute = (await serve(createTcpServer(socket => socket.on('error', () => {})))).replace('http:', 'https:')
    expect((await errorOf(clientOf(mute, { PANOS_TIMEOUT_MS: '50' }).version(forever))).kind).toBe('timeout')
  })
})
