/**
 * Another page in the same browser, out to read the recording or to use the server through the proxy. Promise: it learns nothing, changes
 * nothing, and its attempts at the proxy never reach the server.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { CHROMIUM_SWITCHES, installedChromium } from './chromium.ts'
import { startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { test as base, expect } from './page-fixture.ts'
import type { Product } from './product.ts'

interface Attack {
  readonly product: Product
  /** Port on which the attacker serves a page. */
  readonly port: number
  /** A page in a browser for which evil.example is this machine: as after DNS rebinding, and past the browser's own guard of local addresses. */
  readonly victim: Page
}
const test = base.extend<{ attack: Attack }>({
  attack: async ({ launch, playwright }, use) => {
    const server = await startHostileServer()
    const product = await launch(['--target', `http://127.0.0.1:${server.port}/sse`])
    const session = await openRaw(new URL(product.ready.proxy).origin)
    session.close()
    const page = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>evil</h1>'))
    await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve))
    const executablePath = installedChromium()
    const args = [...CHROMIUM_SWITCHES, '--host-resolver-rules=MAP evil.example 127.0.0.1']
    const browser = await playwright.chromium.launch({ args, ...(executablePath ? { executablePath } : {}) })
    await use({ product, port: (page.address() as AddressInfo).port, victim: await browser.newPage() })
    await browser.close()
    await new Promise(resolve => {
      page.close(resolve)
      page.closeAllConnections()
    })
    await server.close()
  },
})

test('a foreign page reads nothing of the dashboard, by fetch, socket or frame', async ({ attack, page }) => {
  const dashboard = new URL(attack.product.ready.dashboard)
  await page.goto(`http://127.0.0.1:${attack.port}/`)
  const read = await page.evaluate(
    async ({ origin, token }) => {
      const got: string[] = []
      for (const path of ['/', '/api/state', '/api/rows?after=0&limit=10', '/api/export?format=jsonl'])
        for (const mode of ['cors', 'no-cors'] as const)
          for (const bearer of ['', `Bearer ${token}`])
            await fetch(origin + path, {
              mode,
              headers: new Headers(mode === 'cors' && bearer ? { authorization: bearer } : {}),
              credentials: 'include',
            }).then(
              async response => {
                const text = await response.text()
                if (text) got.push(`${mode} ${path}: ${text.slice(0, 60)}`)
              },
              () => {},
            )
      const opened = await new Promise<boolean>(resolve => {
        const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/feed`)
        socket.onopen = () => resolve(true)
        socket.onerror = () => resolve(false)
      })
      if (opened) got.push('the feed accepted a socket')
      return got
    },
    // Even with the token, which it cannot know.
    { origin: dashboard.origin, token: new URLSearchParams(dashboard.hash.slice(1)).get('t') ?? '' },
  )
  expect(read).toEqual([])

  // The browser fetches the page and refuses to show it in a frame: it shows words of its own there.
  const refused = page.waitForEvent('requestfailed', { predicate: request => request.frame() !== page.mainFrame(), timeout: 60_000 })
  await page.setContent(`<iframe src="${attack.product.ready.dashboard}"></iframe>`)
  expect((await refused).failure()?.errorText).toBe('net::ERR_BLOCKED_BY_RESPONSE')
  const framed = page.frames().find(frame => frame !== page.mainFrame())
  await expect.poll(() => framed?.url()).toBe('chrome-error://chromewebdata/')
  expect(await framed?.evaluate(() => document.body?.innerText ?? '')).not.toContain('Seismograph')
})

test('a foreign page changes nothing and uses no tool through the proxy', async ({ attack }) => {
  const proxy = new URL(attack.product.ready.proxy).origin
  const dashboard = new URL(attack.product.ready.dashboard).origin
  const before = (await attack.product.rows('exchange')).length
  // A page of this machine may be a client of the proxy (inspectors are); one of the network may not.
  await attack.victim.goto(`http://evil.example:${attack.port}/`)
  await attack.victim.evaluate(
    async ({ proxy, dashboard }) => {
      const send = (url: string, type: string): Promise<unknown> =>
        fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': type }, body: '{}' }).catch(() => {})
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
        await send(`${dashboard}/api/demo`, type)
        await send(`${dashboard}/api/probe`, type)
        await send(`${proxy}/messages?session_id=x`, type)
      }
      navigator.sendBeacon(`${dashboard}/api/demo`, '{}')
      navigator.sendBeacon(`${proxy}/messages?session_id=x`, '{}')
    },
    { proxy, dashboard },
  )
  const added = (await attack.product.rows('exchange')).slice(before)
  // What reached the proxy was refused by it, and stands on record.
  expect(added.length).toBeGreaterThan(0)
  for (const exchange of added) expect(exchange).toMatchObject({ status: 403, responseBy: 'proxy' })
})

test('a name that an attacker resolves to this machine gets nothing', async ({ attack }) => {
  for (const url of [attack.product.ready.proxy, attack.product.ready.dashboard].map(text => new URL(text))) {
    for (const path of ['/', '/api/state', '/assets/x.js', '/sse']) {
      const answer = await attack.victim.goto(`http://evil.example:${url.port}${path}`)
      expect(`${path} ${answer?.status()}`).toBe(`${path} 403`)
      expect(await answer?.text()).not.toMatch(/<script|"recordings"/)
    }
  }
})
