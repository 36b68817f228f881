/** The focus of someone who works by key alone. Promise: nothing that the page does drops it, and no stop of the Tab key is empty. */
import { startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { test as base, call, expect } from './page-fixture.ts'
import type { Product } from './product.ts'

/** A product with one session, which ended before its second call was answered. */
const test = base.extend<{ broken: Product }>({
  broken: async ({ launch }, use) => {
    const server = await startHostileServer()
    const product = await launch(['--target', `http://127.0.0.1:${server.port}/sse`])
    const session = await openRaw(new URL(product.ready.proxy).origin)
    const params = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'keys', version: '1' } }
    await session.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
    await session.answer(1)
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await session.post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'slow', arguments: {} } })
    session.close()
    await use(product)
    await server.close()
  },
})

test('stays on the selected row, or on the detail while that lies over the table', async ({ broken, watched }) => {
  const page = await watched.open(broken)
  const detail = page.getByRole('region', { name: 'Detail' })
  const selected = page.getByRole('row', { selected: true })
  await expect(page.getByRole('article', { name: /^Error: / }).first()).toBeVisible()

  // From a row to a finding, in a table that turns to another tab for it or stays.
  await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: 'Exchanges' }).click()
  await page.getByRole('row', { name: /^GET \/sse/ }).click()
  for (const key of [']', '[']) {
    await page.keyboard.press(key)
    await expect(detail.getByRole('heading', { level: 2 })).toContainText('undeliverable-response')
    await expect(selected).toBeFocused()
  }

  await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: 'Calls' }).click()
  await call(page, /^Call 2,/).click()
  await page.keyboard.press('e')
  await expect(page.getByRole('button', { name: 'Make the detail small' })).toBeVisible()
  await expect(detail.getByRole('tab', { selected: true })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(selected).toBeFocused()

  await page.keyboard.press(']')
  const evidence = detail.getByRole('button', { name: /^Show record/ }).first()
  await evidence.focus()
  await page.keyboard.press('Enter')
  await expect(detail.getByRole('heading', { level: 2 })).not.toContainText('undeliverable-response')
  await expect(selected).toBeFocused()

  // Closed by its own button, the detail leaves one where one was.
  await call(page, /^Call 1,/).click()
  await page.getByRole('button', { name: 'Close the detail' }).focus()
  await page.keyboard.press('Enter')
  await expect(call(page, /^Call 1,/)).toBeFocused()
  const left = Number(await call(page, /^Call 1,/).getAttribute('aria-rowindex'))
  await page.keyboard.press('j')
  await expect(selected).toHaveAttribute('aria-rowindex', String(left + 1))
  await expect(selected).toBeFocused()

  // A hit of the search takes the place of the dialog that it stood in.
  await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: 'Events' }).click()
  await page.getByRole('row', { name: /^SSE endpoint/ }).click()
  await page.keyboard.press('Control+f')
  await page.keyboard.type('initialize')
  await expect(page.getByRole('option', { name: /call in/ }).first()).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.locator(':focus')).toHaveCount(1)
})

test('finds no empty stop between the filter and its neighbours', async ({ broken, watched }) => {
  const page = await watched.open(broken)
  await expect(call(page, /^Call 2,/)).toBeVisible()
  await page.getByRole('combobox', { name: 'Filter', exact: true }).focus()
  await expect(page.getByRole('listbox', { name: 'Completions' })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Invert' })).toBeFocused()
})
