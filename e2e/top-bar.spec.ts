/** What the top bar offers while there are sessions. Promise: every control does what it says, by key as by mouse, and the search always takes text. */
import { AxeBuilder } from '@axe-core/playwright'
import { startHostileServer } from './hostile-server.ts'
import { call, connectSdk, expect, healthySession, picture, test } from './page-fixture.ts'

test('leads to the other servers of a run, and to how to connect a client to each', async ({ launch, watched }, info) => {
  const servers = await Promise.all([startHostileServer(), startHostileServer(), startHostileServer()])
  const targets = servers.flatMap(({ port }, at) => ['--target', `${['first', 'second', 'third'][at]}=http://127.0.0.1:${port}/sse`])
  const product = await launch(targets)
  const page = await watched.open(product, { width: 900, height: 700 })
  const client = await connectSdk(product)
  await expect(page.getByRole('option', { name: /^Session/ })).toBeVisible()

  // Nobody has come to the second yet: it leads to its setup.
  const others = page.getByRole('button', { name: '2 more servers' })
  await others.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: /^second no session yet/ })).toBeFocused()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Point your client at the proxy' })
  await expect(dialog.getByRole('group', { name: 'Server' }).getByRole('button', { pressed: true })).toHaveText('second')
  const { upstreams } = (await product.state()).recordings[0] ?? { upstreams: [] }
  const [first, second] = upstreams.map(({ listen }) => `http://127.0.0.1:${listen.port}/sse`)
  for (const name of ['Windsurf', 'Cursor', 'VS Code', 'Claude Code']) {
    await dialog.getByRole('tab', { name }).click()
    await expect(dialog.getByRole('tabpanel', { name })).toContainText(second ?? '')
  }
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await picture(page, info, 'setup')
  await page.keyboard.press('Escape')

  // Without a wish it begins with the server that is shown.
  await page.getByRole('button', { name: 'Connect a client' }).click()
  await expect(dialog.getByRole('tabpanel')).toContainText(first ?? '')
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await client.close()
  for (const server of servers) await server.close()
})

test('Ctrl F opens the search from anywhere, and returns to its text', async ({ launch, watched }) => {
  const product = await launch(['--server-port', '0'])
  const page = await watched.open(product)
  const client = await healthySession(product)
  await expect(call(page, /^Call \d+, retrieve_address_objects/)).toBeVisible()
  const text = page.getByRole('textbox', { name: 'Text in heads, bodies and events' })
  const openers = [
    () => page.getByRole('button', { name: 'Export' }).click(),
    () => page.getByRole('button', { name: 'Help' }).click(),
    () => page.getByRole('combobox', { name: 'Filter' }).focus(),
  ]
  for (const open of openers) {
    await open()
    await page.keyboard.press('Control+f')
    await expect(text).toBeFocused()
    await expect(page.getByRole('menu')).toHaveCount(0)
    await page.keyboard.type('tools')
    await expect(page.getByRole('listbox', { name: 'Hits' })).toBeVisible()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Control+f')
    await expect(text).toBeFocused()
    await page.keyboard.type('absent!')
    await expect(text).toHaveValue('absent!')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  }
  await client.close()
})
