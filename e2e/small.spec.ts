/** A small window, or a large one at double size. Promise: session and detail are levels that each have room, and the top bar says what is recorded. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { call, expect, healthySession, picture, test } from './page-fixture.ts'

const ADDRESSES = /^Call \d+, retrieve_address_objects/
const height = async (page: Page): Promise<number> =>
  (await page.getByRole('region', { name: 'Detail' }).getByRole('tabpanel').boundingBox())?.height ?? 0

test('gives the detail a level of its own below 720 px, and a way back', async ({ launch, watched }, info) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product, { width: 640, height: 400 })
  const client = await healthySession(product)
  const row = call(page, ADDRESSES)
  await expect(row).toBeVisible()
  await expect(page.getByRole('application', { name: /^Timeline/ })).toBeVisible()
  // What is recorded, and whereto.
  await expect(page.getByRole('banner')).toContainText('Recording')
  await expect(page.getByRole('banner').getByText(`:${new URL(product.ready.proxy).port}`)).toBeInViewport()
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640)
  await picture(page, info, 'session')

  await row.click()
  await expect(page.getByRole('region', { name: 'Table' })).toHaveCount(0)
  expect(await height(page)).toBeGreaterThan(150)
  await picture(page, info, 'detail')
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await page.getByRole('button', { name: 'Back' }).click()
  await expect(row).toHaveAttribute('aria-selected', 'true')
  await expect(row).toBeFocused()

  // One steps through the rows, and goes on to one of them.
  await page.keyboard.press('k')
  await expect(row).toHaveAttribute('aria-selected', 'false')
  await expect(page.getByRole('region', { name: 'Detail' })).toHaveCount(0)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Detail' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: 'Table' })).toBeVisible()
  await client.close()
})

test('720 px and double size of 1440 x 900 have table and detail side by side, with room for both', async ({ launch, watched }, info) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product, { width: 720, height: 450 })
  const client = await healthySession(product)
  await call(page, ADDRESSES).click()
  await expect(page.getByRole('region', { name: 'Table' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Detail' })).toBeVisible()
  expect(await height(page)).toBeGreaterThan(60)
  const name = await call(page, ADDRESSES).getByText('retrieve_address_objects').boundingBox()
  expect(name?.width).toBeGreaterThan(50)
  await picture(page, info, 'double')
  await client.close()
})
