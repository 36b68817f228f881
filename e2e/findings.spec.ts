/**
 * A recording of many sessions, some of which broke. Promise: what was found is reached from any session, by mouse, by key and by address,
 * and no layout hides which sessions have trouble.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { test as base, expect, picture } from './page-fixture.ts'
import type { Product } from './product.ts'

const CLIENTS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'] as const
/** Clients that left before they were answered. */
const LEFT = ['beta', 'epsilon']

/** A product with a session for each client; the oldest are out of sight in a low window. */
const test = base.extend<{ many: Product }>({
  many: async ({ launch }, use) => {
    const server = await startHostileServer()
    const product = await launch(['--target', `http://127.0.0.1:${server.port}/sse`])
    for (const name of CLIENTS) {
      const session = await openRaw(new URL(product.ready.proxy).origin)
      const params = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name, version: '1' } }
      await session.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
      await session.answer(1)
      await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
      if (LEFT.includes(name)) await session.post({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'slow', arguments: {} } })
      session.close()
    }
    await use(product)
    await server.close()
  },
})

const list = (page: Page) => page.getByRole('listbox', { name: 'Sessions' })
const table = (page: Page) => page.getByRole('region', { name: 'Table' })
const ERROR = /^error, undeliverable-response/

test('lists the findings of every session, and goes to each', async ({ many, watched }, info) => {
  const page = await watched.open(many)
  const total = page.getByRole('navigation', { name: 'Sessions' }).getByRole('button', { name: '2 errors' })
  await expect(total).toBeVisible({ timeout: 60_000 })
  await total.click()
  const rows = table(page).getByRole('row', { name: ERROR })
  await expect(rows).toHaveCount(2)
  await expect(table(page).getByRole('button', { name: 'All sessions' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByRole('combobox', { name: 'Filter' })).toHaveValue('severity:error')

  const shown = list(page).getByRole('option', { selected: true })
  const sessions: (string | null)[] = []
  for (const at of [0, 1]) {
    await rows.nth(at).click()
    await expect(rows.nth(at)).toHaveAttribute('aria-selected', 'true')
    await expect(page.getByRole('region', { name: 'Detail' }).getByRole('heading', { level: 2 })).toContainText('undeliverable-response')
    sessions.push(await shown.getAttribute('title'))
  }
  expect(new Set(sessions).size).toBe(2)
  await picture(page, info, 'all-findings')
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  // By key, round and round; what the filter hides is stepped over.
  await page.keyboard.press(']')
  await expect(shown).toHaveAttribute('title', sessions[0] ?? '')
  await page.keyboard.press('[')
  await expect(shown).toHaveAttribute('title', sessions[1] ?? '')
  // On the timeline as well, which shows where the finding is.
  await page.getByRole('application', { name: /^Timeline/ }).focus()
  for (const at of [0, 1]) {
    await page.keyboard.press(']')
    await expect(shown).toHaveAttribute('title', sessions[at] ?? '')
    await expect(page.getByRole('img', { name: /^Timeline of session .*The client left/ })).toBeVisible()
  }

  // As any view, it can be linked.
  await page.goto(page.url())
  await page.reload()
  await expect(rows).toHaveCount(2)
  await expect(rows.nth(1)).toHaveAttribute('aria-selected', 'true')
  await table(page).getByRole('button', { name: 'All sessions' }).click()
  await expect(rows).toHaveCount(1)

  // The list of sessions knows them too.
  await page.getByRole('textbox', { name: 'Filter sessions' }).fill('rule:undeliverable severity:error')
  await expect(list(page).getByRole('option')).toHaveCount(2)
})

test('brings the session that it shows into view, and leads from a client to its newest', async ({ many, watched }) => {
  // Unasked, the page shows what is worst: here one that stands below the others.
  const page = await watched.open(many, { width: 1440, height: 420 })
  await expect(page.getByRole('navigation', { name: 'Sessions' }).getByRole('button', { name: '2 errors' })).toBeVisible({
    timeout: 60_000,
  })
  await list(page)
    .getByRole('option', { name: /^Session/ })
    .last()
    .click()
  await page.reload()
  await expect(list(page).getByRole('option', { selected: true })).toBeInViewport()
  await list(page).getByText('beta 1').click()
  await expect(list(page).getByRole('option', { selected: true })).toHaveAccessibleName(/1 error/)
})

test('a rail of signs says which sessions have trouble', async ({ many, watched }, info) => {
  const page = await watched.open(many, { width: 900, height: 700 })
  const troubled = list(page).getByRole('option', { name: /1 error/ })
  await expect(troubled).toHaveCount(2, { timeout: 60_000 })
  await picture(page, info, 'rail')
  // A shape of its own, not a colour alone.
  const shapes = (option: typeof troubled) => option.first().locator('svg').count()
  expect(await shapes(troubled)).toBe((await shapes(list(page).getByRole('option', { name: /no problems/ }))) + 1)
  // A low rail scrolls to what is shown, wherever that stands.
  await list(page)
    .getByRole('option', { name: /^Session/ })
    .last()
    .click()
  await page.setViewportSize({ width: 900, height: 240 })
  await page.reload()
  await expect(list(page).getByRole('option', { selected: true })).toBeInViewport()
})
