/**
 * A browser page on a running product, watched. Promise: every test that uses `watched` fails if the page asked any other host for
 * anything, broke its own content policy, or threw.
 */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { test as base, expect, type Page, type TestInfo } from '@playwright/test'
import { type Product, scratch, startProduct } from './product.ts'

export { expect }

interface Watched {
  /** Opens the dashboard of a product at a size; the first call decides the size. */
  open(product: Product, size?: { width: number; height: number }): Promise<Page>
}

/** Starts a product for one test and stops it afterwards. */
type Start = (args: readonly string[]) => Promise<Product>

export const test = base.extend<{ watched: Watched; launch: Start }>({
  launch: async ({ browserName: _ }, use) => {
    const running: { product: Product; clean: () => void }[] = []
    await use(async args => {
      const { folder, clean } = scratch()
      const product = await startProduct(args, folder)
      running.push({ product, clean })
      return product
    })
    for (const { product, clean } of running) {
      await product.stop()
      clean()
    }
  },
  watched: async ({ page }, use) => {
    const foreign: string[] = []
    const broken: string[] = []
    let origin = ''
    page.on('request', request => {
      const url = new URL(request.url())
      if (url.protocol.startsWith('http') && url.origin !== origin) foreign.push(request.url())
    })
    page.on('pageerror', error => broken.push(`thrown: ${error.message}`))
    // A lost connection is told by the browser itself; anything else on the error channel is the page's.
    page.on('console', message => {
      if (message.type() === 'error' && !/ERR_CONNECTION|WebSocket connection/.test(message.text()))
        broken.push(`console: ${message.text()}`)
    })
    await page.exposeFunction('tellViolation', (text: string) => void broken.push(`content policy: ${text}`))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', event => {
        const tell = (window as unknown as { tellViolation: (text: string) => void }).tellViolation
        tell(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
      })
    })
    await use({
      async open(product, size) {
        if (size) await page.setViewportSize(size)
        origin = new URL(product.ready.dashboard).origin
        await page.goto(product.ready.dashboard)
        await expect(page.getByRole('contentinfo')).toContainText('Connected to the recorder')
        return page
      },
    })
    expect(foreign, 'requests to other hosts').toEqual([])
    expect(broken, 'what the page broke').toEqual([])
  },
})

/** A client of the SDK, connected through the proxy over HTTP+SSE. */
export async function connectSdk(product: Product, name = 'e2e'): Promise<Client> {
  const client = new Client({ name, version: '1.0.0' })
  await client.connect(new SSEClientTransport(new URL('/sse', new URL(product.ready.proxy).origin)))
  return client
}

/** The story of the README's screenshot: a healthy session that lists the tools and retrieves the address objects. */
export async function healthySession(product: Product): Promise<Client> {
  const client = await connectSdk(product)
  await client.listTools()
  await client.callTool({ name: 'retrieve_address_objects', arguments: {} })
  return client
}

/** Kept for a person to look at, whether or not the test passed. */
export async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  const path = info.outputPath(`${name}.png`)
  await page.screenshot({ path })
  await info.attach(name, { path, contentType: 'image/png' })
}

export async function chooseTheme(page: Page, name: 'Light' | 'Dark'): Promise<void> {
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitemradio', { name }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', name.toLowerCase())
  await expect(page.getByRole('menu')).toHaveCount(0)
}

export const call = (page: Page, name: RegExp) => page.getByRole('row', { name })
