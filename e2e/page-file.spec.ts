/**
 * An exported web page, opened from a disk with nothing behind it. Promise: it shows what the dashboard showed, asks nobody for anything,
 * and says so where it is damaged.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { call, expect, picture, test } from './page-fixture.ts'

const DEFAULT = ['--server-port', '0']

/** Opens a file in a tab of its own; `broken` collects what it may not do. */
async function openFile(path: string, near: Page): Promise<{ page: Page; broken: string[] }> {
  const page = await near.context().newPage()
  const broken: string[] = []
  page.on('request', request => /^(data|blob):/.test(request.url()) || broken.push(request.url()))
  page.on('pageerror', error => broken.push(error.message))
  page.on('console', message => message.type() === 'error' && broken.push(message.text()))
  await page.goto(pathToFileURL(path).href)
  return { page, broken }
}

test('an exported page shows the recording without a recorder', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const dashboard = await watched.open(product)
  await dashboard.getByRole('button', { name: 'Play a demonstration session' }).click()
  const broken = dashboard.getByRole('option', { name: /^Session .*broken/ }).first()
  await expect(broken).toBeVisible({ timeout: 60_000 })
  await broken.click()
  // The first heading is the session's id, which an export replaces.
  const headings = async (page: Page) =>
    (await page.getByRole('region', { name: 'Detail' }).getByRole('heading').allTextContents()).slice(1)
  // A verdict may follow what it is about by some seconds: taken is what two looks have in common.
  let verdict: string[] = []
  await expect(async () => {
    const before = verdict
    verdict = await headings(dashboard)
    expect(verdict).toContain('Evidence')
    expect(verdict).toEqual(before)
  }).toPass({ intervals: [5_000], timeout: 60_000 })
  await dashboard.getByRole('button', { name: 'Export' }).click()
  const menu = dashboard.getByRole('menuitem', { name: /^Web page/ })
  const [download] = await Promise.all([dashboard.waitForEvent('download'), menu.last().click()])
  const path = info.outputPath(download.suggestedFilename())
  expect(path).toMatch(/\.html$/)
  await download.saveAs(path)
  await product.stop()

  const { page, broken: wrong } = await openFile(path, dashboard)
  await expect(page.getByRole('contentinfo')).toContainText('A recording in a file')
  const session = page.getByRole('option', { name: /^Session .*broken/ }).first()
  await session.click()
  await expect(page.getByRole('application', { name: /^Timeline/ })).toBeVisible()
  await expect.poll(() => headings(page)).toEqual(verdict)
  const row = call(page, /^Call \d+, retrieve_/).first()
  await row.click()
  await page.getByRole('region', { name: 'Detail' }).getByRole('tab', { name: 'JSON-RPC' }).click()
  await expect(page.getByRole('region', { name: 'Detail' })).toContainText('tools/call')
  await page.getByRole('region', { name: 'Detail' }).getByRole('tab', { name: 'Raw' }).click()
  await expect(page.getByRole('region', { name: 'Detail' })).toContainText('POST /messages')
  await picture(page, info, 'page-file')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  // What it holds can be taken out again, whole.
  await page.getByRole('button', { name: 'Export' }).click()
  await expect(page.getByRole('menuitem', { name: /^HAR|secrets included/ })).toHaveCount(0)
  const [lines] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('menuitem', { name: /^JSON lines/ })
      .last()
      .click(),
  ])
  const taken = info.outputPath('taken.jsonl')
  await lines.saveAs(taken)
  const kinds = (await readFile(taken, 'utf8')).trim().split('\n')
  expect(kinds.map(line => (JSON.parse(line) as { kind: string }).kind)).toEqual(
    expect.arrayContaining(['recording', 'request', 'chunk', 'end']),
  )
  expect(wrong.filter(one => one !== pathToFileURL(path).href)).toEqual([])
  await page.close()
})

test('a damaged page says that it is damaged', async ({ launch, watched }, info) => {
  const product = await launch(DEFAULT)
  const dashboard = await watched.open(product)
  await dashboard.getByRole('button', { name: 'Play a demonstration session' }).click()
  await expect(dashboard.getByRole('option', { name: /^Session / }).first()).toBeVisible()
  await dashboard.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    dashboard.waitForEvent('download'),
    dashboard
      .getByRole('menuitem', { name: /^Web page/ })
      .last()
      .click(),
  ])
  const path = info.outputPath('damaged.html')
  await download.saveAs(path)
  const html = await readFile(path, 'utf8')
  await writeFile(path, html.replace(/(id="recording">.{200}).{100}/, '$1'))
  const { page } = await openFile(path, dashboard)
  await expect(page.locator('#root')).toHaveText(/This file is damaged/)
  await page.close()
})
