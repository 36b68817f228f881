/**
 * The page in trouble: an answer that nobody received, bytes that attack it, a recorder that died, and every state of it before axe.
 * Promise: recorded bytes are only ever text.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { HOSTILE_TOOL, MARKUP, startHostileServer } from './hostile-server.ts'
import { openRaw } from './interop/raw-client.ts'
import { test as base, call, chooseTheme, expect, healthySession, picture } from './page-fixture.ts'
import type { Product } from './product.ts'

/** A product in front of the hostile server, with one session in which a call was answered and another was given up. */
const test = base.extend<{ trouble: Product }>({
  trouble: async ({ launch }, use) => {
    const server = await startHostileServer()
    const product = await launch(['--target', `http://127.0.0.1:${server.port}/sse`])
    const session = await openRaw(new URL(product.ready.proxy).origin)
    const request = (id: number, method: string, params: object = {}): Promise<unknown> =>
      session.post({ jsonrpc: '2.0', id, method, params })
    await request(1, 'initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: MARKUP, version: '1' } })
    await session.answer(1)
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await request(2, 'tools/list')
    await session.answer(2)
    await request(3, 'tools/call', { name: HOSTILE_TOOL, arguments: { text: MARKUP } })
    await session.answer(3)
    await request(4, 'tools/call', { name: 'slow', arguments: {} })
    session.close()
    await use(product)
    await server.close()
  },
})

const LOST = /^Call 4, slow/

test('says that an answer was lost, who hung up, and how it knows', async ({ trouble, watched }, info) => {
  const page = await watched.open(trouble)
  await expect(call(page, LOST)).toHaveAccessibleName(/undeliver|not delivered/)
  await expect(page.getByRole('option', { name: /^Session / })).toHaveAccessibleName(/1 error/)
  // Unasked, the page shows what is worst; by key, the finding itself.
  await expect(page.getByRole('article', { name: /^Error: / }).first()).toContainText(/The client left/)
  await page.keyboard.press(']')
  await expect(page.getByRole('region', { name: 'Detail' }).getByRole('heading', { level: 2 })).toContainText('undeliverable-response')
  const verdict = page.getByRole('article', { name: /^Error: / }).first()
  await expect(verdict).toContainText(/The client left/)
  await picture(page, info, 'verdict')

  // Evidence leads to the record that proves it.
  await verdict
    .getByRole('button', { name: /^Show record/ })
    .first()
    .click()
  await expect(page.getByRole('row', { selected: true })).toHaveCount(1)
  await call(page, LOST).dblclick()
  await expect(page.getByRole('button', { name: 'Make the detail small' })).toBeVisible()
  await expect(page.getByRole('img', { name: /^Delivery ladder/ })).toBeVisible()
  await picture(page, info, 'ladder')
})

test('shows recorded bytes as text, wherever they appear', async ({ trouble, watched }, info) => {
  const page = await watched.open(trouble)
  await expect(call(page, /^Call 3, /)).toBeVisible()
  for (const tab of ['Exchanges', 'Events', 'Log', 'Findings', 'Calls']) {
    await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: tab }).click()
    const rows = page.getByRole('region', { name: 'Table' }).getByRole('row')
    for (let index = 1; index < Math.min(await rows.count(), 6); index++) {
      await rows.nth(index).click()
      for (const key of ['1', '2', '3', '4', '5', '6']) await page.keyboard.press(key)
    }
  }
  await call(page, /^Call 3, /).click()
  const detail = page.getByRole('region', { name: 'Detail' })
  await detail.getByRole('tab', { name: 'JSON-RPC' }).click()
  await expect(detail).toContainText('<img src=x onerror=')
  // A tool's text is there at once, with what would turn it shown by its number.
  await expect(detail).toContainText('the tool failed (isError)')
  await expect(detail.getByText('javascript:window.taken=1 \u27e8U+202E\u27e9')).toBeVisible()
  await expect(call(page, /^Call 3, /)).toContainText(`text=${MARKUP.slice(0, 40)}`)
  await picture(page, info, 'hostile')
  await page.keyboard.press('Control+f')
  await page.getByRole('textbox', { name: 'Text in heads, bodies and events' }).fill('onerror')
  await expect(page.getByRole('listbox', { name: 'Hits' })).toContainText('onerror')
  expect(
    await page.evaluate(() => ({
      taken: (window as { taken?: number }).taken,
      images: document.querySelectorAll('img, main script').length,
    })),
  ).toEqual({
    taken: undefined,
    images: 0,
  })
})

test('tells that it lost the recorder, and keeps what it has', async ({ trouble, watched }, info) => {
  const page = await watched.open(trouble)
  await expect(call(page, LOST)).toBeVisible()
  await trouble.stop('SIGKILL')
  await expect(page.getByRole('contentinfo')).toContainText(/Lost the recorder, retrying in \d+ s/)
  await expect(page.getByRole('contentinfo')).toContainText(/last heard at \+/)
  await call(page, LOST).click()
  await expect(page.getByRole('region', { name: 'Detail' }).getByRole('heading', { level: 2 })).toContainText('slow')
  await picture(page, info, 'lost')
})

test('tells that the run has ended, which is no trouble', async ({ trouble, watched }) => {
  const page = await watched.open(trouble)
  await expect(call(page, LOST)).toBeVisible()
  await trouble.stop()
  const line = page.getByRole('contentinfo')
  await expect(line).toContainText(/The run has ended\. Its recording stays readable with seismograph open/)
  await expect(line).not.toContainText(/Lost the recorder/)
  await expect(page.getByRole('banner')).toContainText('Recorded')
})

test('numbers choose among the tabs that are there', async ({ trouble, watched }) => {
  const page = await watched.open(trouble)
  const detail = page.getByRole('region', { name: 'Detail' })
  await page.getByRole('option', { name: /^Session / }).click()
  await expect(detail.getByRole('tab')).toHaveCount(5)
  for (const [index, name] of ['Delivery', 'Headers', 'Events', 'Raw', 'Timing'].entries()) {
    await page.keyboard.press(String(index + 1))
    await expect(detail.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true')
  }
})

/** Rules of WCAG 2.2 A and AA and axe's best practices, all of them. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`),
  )
}

/** Looks at one state after the other; `clean` fails with all that was found. */
function axe(page: Page): { look: (state: string) => Promise<void>; clean: () => void } {
  const found: Record<string, string[]> = {}
  return {
    look: async state => {
      found[state] = await violations(page)
    },
    clean: () => expect(found).toEqual(Object.fromEntries(Object.keys(found).map(state => [state, []]))),
  }
}

test('axe finds nothing under any tab', async ({ trouble, watched }) => {
  const page = await watched.open(trouble)
  const { look, clean } = axe(page)
  await call(page, LOST).click()
  // What is looked at comes with a verdict, and that may follow by some seconds.
  await expect(page.getByRole('article', { name: /^Error: / }).first()).toBeVisible()
  const detail = page.getByRole('region', { name: 'Detail' })
  for (const tab of ['Headers', 'JSON-RPC', 'Events', 'Raw', 'Timing']) {
    await detail.getByRole('tab', { name: tab }).click()
    await expect(detail.getByRole('tabpanel')).not.toContainText('Loading')
    await look(tab)
  }
  for (const tab of ['Exchanges', 'Events', 'Log', 'Findings']) {
    await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: tab }).click()
    await look(`table of ${tab}`)
  }
  clean()
})

test('axe finds nothing in the states that come and go', async ({ trouble, watched }) => {
  const page = await watched.open(trouble)
  const { look, clean } = axe(page)
  await expect(call(page, LOST)).toBeVisible()
  const filter = page.getByRole('combobox', { name: 'Filter', exact: true })
  await filter.fill('metod:GET')
  await expect(page.getByRole('region', { name: 'Table' })).toContainText(/Did you mean method/)
  await look('filter that cannot be read')
  await filter.fill('rule:none')
  await expect(page.getByRole('region', { name: 'Table' })).toContainText(/No call matches/)
  await look('no match')
  await filter.fill('')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+f')
  await page.getByRole('textbox', { name: 'Text in heads, bodies and events' }).fill('slow')
  await expect(page.getByRole('listbox', { name: 'Hits' })).toBeVisible()
  await look('search')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
  await look('forced colours')
  await page.emulateMedia({ forcedColors: 'none' })
  // 200 % of 1440 x 900.
  await page.setViewportSize({ width: 720, height: 450 })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(720)
  await look('double size')
  await page.setViewportSize({ width: 900, height: 700 })
  await page.getByRole('button', { name: 'Open the session list' }).click()
  await expect(page.getByRole('textbox', { name: 'Filter sessions' })).toBeVisible()
  await look('session list')
  await page.setViewportSize({ width: 1440, height: 900 })
  await trouble.stop('SIGKILL')
  await expect(page.getByRole('contentinfo')).toContainText(/Lost the recorder/)
  await look('lost')
  clean()
})

for (const width of [1440, 900]) {
  test(`axe finds nothing at ${width} px`, async ({ launch, trouble, watched }) => {
    const healthy = await launch(['--server-port', '0'])
    const page = await watched.open(healthy, { width, height: 900 })
    const found: Record<string, string[]> = {}
    const look = async (state: string): Promise<void> => {
      for (const theme of ['Light', 'Dark'] as const) {
        await chooseTheme(page, theme)
        found[`${state}, ${theme}`] = await violations(page)
      }
    }
    await look('empty')
    const client = await healthySession(healthy)
    await call(page, /retrieve_address_objects/)
      .first()
      .click()
    await look('live session')
    await client.close()
    await watched.open(trouble)
    await call(page, LOST).click()
    await expect(page.getByRole('article', { name: /^Error: / }).first()).toBeVisible()
    await look('verdict')
    await page.keyboard.press('e')
    await expect(page.getByRole('button', { name: 'Make the detail small' })).toBeVisible()
    await look('ladder')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toBeVisible()
    found.help = await violations(page)
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map(state => [state, []])))
  })
}
