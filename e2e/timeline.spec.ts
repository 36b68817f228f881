/** How much time a live timeline shows. Promise: each way to move it does the same, wherever the focus is, and all of it stays all of it. */
import type { Page } from '@playwright/test'
import { call, expect, healthySession, picture, test } from './page-fixture.ts'

const timeline = (page: Page) => page.getByRole('application', { name: /^Timeline/ })
/** In recording ms. */
const shown = async (page: Page, end: 'Begin' | 'End'): Promise<number> =>
  Number(await page.getByRole('slider', { name: `${end} of the shown time` }).getAttribute('aria-valuenow'))
const shownFrom = (page: Page): Promise<number> => shown(page, 'Begin')

test('all, asked for while a part is followed, stays all', async ({ launch, watched }) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, /^Call \d+, retrieve_address_objects/)).toBeVisible()
  const follow = page.getByRole('button', { name: 'Follow' })
  const askForAll = [
    () => page.getByRole('button', { name: 'Fit' }).click(),
    () => timeline(page).press('f'),
    () => follow.press('f'),
    // An end of what is shown in the overview: beside it, the first click would move there.
    () => page.getByRole('slider', { name: 'Begin of the shown time' }).dblclick(),
  ]
  for (const ask of askForAll) {
    await timeline(page).press('w')
    // A part of it is what the address holds.
    await expect.poll(() => page.url()).toMatch(/range=.*follow=1/)
    await ask()
    await expect.poll(() => page.url()).not.toContain('range=')
    await expect(follow).toHaveAttribute('aria-pressed', 'true')
  }
  await client.close()
})

test('a pan by key ends following, wherever the focus is', async ({ launch, watched }) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect.poll(() => shownFrom(page)).not.toBe(0)
  const follow = page.getByRole('button', { name: 'Follow' })
  for (const place of [follow, timeline(page)]) {
    for (const key of ['a', 'd']) {
      await expect(follow).toHaveAttribute('aria-pressed', 'true')
      const before = await shownFrom(page)
      await place.press(key)
      await expect(follow).toHaveAttribute('aria-pressed', 'false')
      // It moved, and stays there.
      await expect.poll(async () => Math.sign((await shownFrom(page)) - before)).toBe(key === 'a' ? -1 : 1)
      await place.press('f')
    }
  }
  await client.close()
})

test('following leaves the view where it has led, by the button as by hand', async ({ launch, watched }) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, /^Call \d+, retrieve_address_objects/)).toBeVisible()
  const follow = page.getByRole('button', { name: 'Follow' })
  const plot = await timeline(page).boundingBox()
  const byHand = async (): Promise<void> => {
    const [x, y] = [(plot?.x ?? 0) + 400, (plot?.y ?? 0) + 60]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 40, y)
    await page.mouse.up()
  }
  for (const end of [() => follow.click(), byHand]) {
    await page.keyboard.press('f')
    for (let step = 0; step < 4; step++) await page.keyboard.press('w')
    await expect.poll(() => page.url()).toMatch(/range=.*follow=1/)
    const [from = 0, to = 0] = (new URLSearchParams(page.url().split('#')[1]).get('range') ?? '').split('~').map(Number)
    // Followed until nothing of it is in view any more.
    await expect.poll(() => shownFrom(page), { timeout: 60_000 }).toBeGreaterThan(to)
    const led = await shownFrom(page)
    await end()
    await expect(follow).toHaveAttribute('aria-pressed', 'false')
    await expect.poll(() => page.url()).toMatch(/range=(?!.*follow=1)/)
    expect(await shownFrom(page)).toBeGreaterThan(led - (to - from) / 2)
  }
  await client.close()
})

test('a range drawn on the axis is zoomed to by a double click, and cleared by a click beside it', async ({ launch, watched }, info) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product)
  const client = await healthySession(product)
  await client.close()
  await expect(page.getByRole('option', { name: /^Session .*ended/ })).toBeVisible()
  const { x: left = 0, y: top = 0, width = 0 } = (await timeline(page).boundingBox()) ?? {}
  const [from, to, beside] = [left + width * 0.4, left + width * 0.5, left + width - 20]
  const [axis, lanes] = [top + 28, top + 80]
  const draw = async (): Promise<void> => {
    await page.mouse.move(from, axis)
    await page.mouse.down()
    await page.mouse.move(to, axis)
    await page.mouse.up()
  }
  const span = async (): Promise<number> => (await shown(page, 'End')) - (await shown(page, 'Begin'))
  await expect.poll(span).toBeGreaterThan(0)
  const whole = await span()
  await draw()
  // The crosshair stands beside it.
  await page.mouse.move(left + width * 0.8, lanes)
  await picture(page, info, 'drawn')
  await page.mouse.click(beside, lanes)
  await page.mouse.dblclick((from + to) / 2, axis)
  await draw()
  await page.mouse.dblclick((from + to) / 2, axis)
  await expect.poll(span).toBeLessThan(whole / 2)
  // To the second alone: to both, it would be a tenth of a tenth.
  await expect.poll(() => page.url()).toContain('range=')
  expect(await span()).toBeGreaterThan(whole / 20)
})
