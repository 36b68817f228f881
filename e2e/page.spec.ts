/**
 * The whole product as its first user meets it: the default command, an SDK client, the page. Promise: everything is found by role and name, as
 * a person with a screen reader would find it.
 */
import { readFile } from 'node:fs/promises'
import { call, chooseTheme, connectSdk, expect, healthySession, picture, test } from './page-fixture.ts'

const DEFAULT = ['--server-port', '0']
const ADDRESSES = /^Call \d+, retrieve_address_objects/

test('tells a newcomer what to do, until the first client connects', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const { host } = new URL(product.ready.proxy)
  await expect(page.getByRole('heading', { name: 'Point your client at the proxy' })).toBeVisible()
  const panel = page.getByRole('tabpanel', { name: 'Windsurf' })
  await expect(panel).toContainText(`"url": "http://${host}/sse"`)
  await expect(panel).toContainText(`"serverUrl": "http://${host}/sse"`)
  for (const client of ['Cursor', 'VS Code', 'Claude Code']) {
    await page.getByRole('tab', { name: client }).click()
    await expect(page.getByRole('tabpanel', { name: client })).toContainText(`http://${host}/sse`)
  }
  await expect(page.getByRole('main')).toContainText(/Waiting for the first connection/)
  await picture(page, info, 'empty')

  const client = await connectSdk(product)
  await expect(page.getByRole('option', { name: /^Session .*live/ })).toBeVisible()
  await client.close()
  await expect(page.getByRole('option', { name: /^Session .*ended/ })).toBeVisible()
})

test('plays a demonstration session', async ({ launch, watched }, info) => {
  const page = await watched.open(await launch([...DEFAULT, '--linger', '5']))
  await expect(page.getByRole('banner')).toContainText('linger 5 s')
  await page.getByRole('button', { name: 'Play a demonstration session' }).click()
  await expect(page.getByRole('option', { name: /^Session / }).first()).toBeVisible()
  await expect(call(page, /^Call \d+, /).first()).toBeVisible()
  // It goes another way than the run's own traffic.
  await expect(page.getByRole('banner')).not.toContainText('linger')
  await picture(page, info, 'demonstration')
})

test('shows a live session, its calls and their delivery', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  const row = call(page, ADDRESSES)
  await expect(row).toHaveAccessibleName(/status 202, delivered/)
  await expect(call(page, /^Call 1, initialize/)).toHaveAccessibleName(/delivered/)
  await expect(page.getByRole('img', { name: /^Timeline of session .*No finding/ })).toBeVisible()
  await expect(page.getByRole('contentinfo')).toContainText(/no gaps/)

  // One selection in three views: table, detail, timeline (where the arrow keys go on from it), and in the address.
  await row.click()
  await expect(row).toHaveAttribute('aria-selected', 'true')
  const detail = page.getByRole('region', { name: 'Detail' })
  await expect(detail.getByRole('heading', { level: 2 })).toContainText('retrieve_address_objects')
  const address = page.url()
  expect(address).toMatch(/#/)
  expect(address).not.toContain(new URL(product.ready.dashboard).hash.slice(3))
  await page.getByRole('application', { name: /^Timeline/ }).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(row).toHaveAttribute('aria-selected', 'false')
  await page.goBack()
  await picture(page, info, 'session')

  // Any view can be linked.
  await page.goto(address)
  await page.reload()
  await expect(call(page, ADDRESSES)).toHaveAttribute('aria-selected', 'true')
  await expect(detail.getByRole('heading', { level: 2 })).toContainText('retrieve_address_objects')
  await client.close()
})

test('shows heads, messages, events, bytes and times of a call', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  await call(page, ADDRESSES).click()
  const detail = page.getByRole('region', { name: 'Detail' })
  const expected: readonly [tab: string, text: RegExp][] = [
    ['Delivery', /delivered|received/i],
    ['Headers', /content-type/i],
    ['JSON-RPC', /retrieve_address_objects/],
    ['Events', /message/],
    ['Raw', /POST \/messages|tools\/call/],
    ['Timing', /ms/],
  ]
  for (const [index, [tab, text]] of expected.entries()) {
    await detail.getByRole('tab', { name: tab }).click()
    await expect(detail.getByRole('tabpanel')).toContainText(text)
    await picture(page, info, `tab-${index + 1}-${tab.toLowerCase()}`)
  }
  await client.close()
})

test('filters, and says what it hides', async ({ launch, watched }) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, ADDRESSES)).toBeVisible()
  const filter = page.getByRole('combobox', { name: 'Filter' })
  await filter.fill('tool:retrieve_address_objects')
  await expect(call(page, /^Call 1, initialize/)).toHaveCount(0)
  await expect(call(page, ADDRESSES)).toBeVisible()
  await page.getByRole('button', { name: 'Invert' }).click()
  await expect(call(page, ADDRESSES)).toHaveCount(0)
  await expect(call(page, /^Call 1, initialize/)).toBeVisible()
  await page.getByRole('button', { name: 'Invert' }).click()
  await filter.fill('is:undelivered')
  await expect(page.getByRole('region', { name: 'Table' })).toContainText(/No call matches/)
  await filter.fill('')
  await expect(call(page, /^Call 1, initialize/)).toBeVisible()
  await client.close()
})

test('says of an empty tab that it is empty', async ({ launch, watched }) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  await fetch(new URL('/nothing', new URL(product.ready.proxy).origin))
  await expect(page.getByRole('row', { name: /^GET \/nothing/ })).toBeVisible()
  await page.getByRole('region', { name: 'Table' }).getByRole('tab', { name: 'Events' }).click()
  await expect(page.getByRole('region', { name: 'Table' })).toContainText('No SSE event came.')
})

test('exports what was recorded', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, ADDRESSES)).toBeVisible()
  const save = async (name: RegExp): Promise<string> => {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).last().click()])
    const path = info.outputPath(download.suggestedFilename())
    await download.saveAs(path)
    return readFile(path, 'utf8')
  }
  const har = JSON.parse(await save(/^HAR/)) as {
    log: { version: string; entries: { request: { method: string; url: string }; _mcp?: unknown }[] }
  }
  expect(har.log.version).toBe('1.2')
  expect(har.log.entries.map(({ request }) => `${request.method} ${new URL(request.url).pathname}`)).toContain('GET /sse')
  expect(har.log.entries.some(entry => entry._mcp !== undefined)).toBe(true)
  const lines = (await save(/^JSON lines(?! with)/)).trim().split('\n')
  expect(lines.map(line => (JSON.parse(line) as { kind: string }).kind)).toEqual(
    expect.arrayContaining(['recording', 'open', 'request', 'response', 'chunk']),
  )
  await client.close()
})

test('is worked by keyboard alone', async ({ launch, watched }) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, ADDRESSES)).toBeVisible()
  await client.close()
  await expect(page.getByRole('option', { name: /^Session .*ended/ })).toBeVisible()
  // A row is known by its place, its heading being the first: its name changes while its exchange goes on.
  const selected = page.getByRole('row', { selected: true })
  const steps: readonly (readonly [key: string, row: string])[] = [
    ['g', '2'],
    ['j', '3'],
    ['j', '4'],
    ['k', '3'],
  ]
  for (const [key, row] of steps) {
    await page.keyboard.press(key)
    await expect(selected).toHaveAttribute('aria-rowindex', row)
  }
  await page.keyboard.press('Shift+G')
  await expect(selected).toHaveAccessibleName(ADDRESSES)
  for (const [key, tab] of ['Delivery', 'Headers', 'JSON-RPC', 'Events', 'Raw', 'Timing'].map(
    (name, index) => [String(index + 1), name] as const,
  )) {
    await page.keyboard.press(key)
    await expect(page.getByRole('region', { name: 'Detail' }).getByRole('tab', { name: tab })).toHaveAttribute('aria-selected', 'true')
  }
  await page.keyboard.press('/')
  await expect(page.getByRole('combobox', { name: 'Filter' })).toBeFocused()
  // Once for the completions that it offers, once to leave it.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('combobox', { name: 'Filter' })).not.toBeFocused()
  await page.keyboard.press('e')
  await expect(page.getByRole('button', { name: 'Make the detail small' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Expand the detail' })).toBeVisible()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // Tab alone reaches every pane and never gets stuck.
  const seen = new Set<string>()
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press('Tab')
    seen.add(
      await page.evaluate(
        () => document.activeElement?.closest('[data-pane]')?.getAttribute('data-pane') ?? document.activeElement?.tagName ?? '',
      ),
    )
  }
  expect([...seen]).toEqual(expect.arrayContaining(['sessions', 'table', 'detail']))
})

test('looks right in both themes and three widths', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const page = await watched.open(product)
  const client = await healthySession(product)
  await call(page, ADDRESSES).click()
  for (const theme of ['Light', 'Dark'] as const) {
    await page.setViewportSize({ width: 1440, height: 900 })
    await chooseTheme(page, theme)
    for (const width of [1440, 1280, 900]) {
      await page.setViewportSize({ width, height: 900 })
      await expect(page.getByRole('application', { name: /^Timeline/ })).toBeVisible()
      await expect(call(page, ADDRESSES)).toBeVisible()
      // Nothing may push the page wider than its window.
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      await picture(page, info, `${theme.toLowerCase()}-${width}`)
    }
  }
  const shades = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.setViewportSize({ width: 1440, height: 900 })
  await chooseTheme(page, 'Light')
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe(shades)
  await client.close()
})
