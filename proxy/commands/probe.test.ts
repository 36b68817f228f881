import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { probe } from './probe.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function portOf(server: Server | http.Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}
const ask = (url: string) => probe({ target: new URL(url) })

describe('probe', () => {
  let tls: { key: Buffer; cert: Buffer }
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'seismograph-probe-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mcp.test'.split(' ')
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    tls = { key: readFileSync(key), cert: readFileSync(cert) }
    rmSync(folder, { recursive: true })
  })

  it('tells what answered, and opens no session', async () => {
    const asked: string[] = []
    const server = http.createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`)
      res.writeHead(405, { server: 'uvicorn' }).end()
    })
    expect(await ask(`http://127.0.0.1:${await portOf(server)}/sse`)).toMatchObject({ reached: true, status: 405, server: 'uvicorn' })
    expect(asked).toEqual(['HEAD /'])
  })

  it('tells a server that speaks TLS where plain HTTP was meant', async () => {
    const port = await portOf(https.createServer(tls, (_, res) => res.end()))
    expect(await ask(`http://127.0.0.1:${port}/mcp`)).toMatchObject({ reached: false, error: 'it speaks TLS: write https:// in --target' })
  })

  it('calls a connection that is reset, or that nobody takes, nothing else', async () => {
    const resetting = createServer(socket => socket.once('data', () => socket.resetAndDestroy()))
    expect(await ask(`http://127.0.0.1:${await portOf(resetting)}/`)).toMatchObject({ reached: false, error: 'ECONNRESET' })
    const gone = createServer()
    const port = await portOf(gone)
    await new Promise(resolve => gone.close(resolve))
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ reached: false, error: 'ECONNREFUSED' })
  })
})
