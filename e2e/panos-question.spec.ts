/** The same question on the page: a session in which a model-like client asks why traffic is blocked, on the timeline and in the table. */
import { call, chooseTheme, connectSdk, expect, picture, test } from './page-fixture.ts'
import { whyIsTrafficBlocked } from './panos-question.ts'
import { main } from './product.ts'

const SIZE = { width: 1440, height: 900 }
/** A firewall that takes as long as a small one does. */
const SERVER = ['panos', '--simulator', '--latency', '120', '--port', '{port}', '--quiet']

test('shows a session that asks why traffic is blocked', async ({ launch, watched }, info) => {
  const product = await launch(['--target', 'http://127.0.0.1:0/sse', '--', process.execPath, main, ...SERVER])
  const page = await watched.open(product, SIZE)
  await chooseTheme(page, 'Light')
  const client = await connectSdk(product, 'panos-question')
  const answer = await whyIsTrafficBlocked(client, { source: '10.60.0.29', destination: '10.40.0.70', port: 25, protocol: 'tcp' })
  expect(answer).toMatchObject({ blocked: true, zones: ['partners', 'dmz'] })
  await expect(page.getByRole('img', { name: /^Timeline of session .*No finding/ })).toBeVisible()
  for (const name of new Set(answer.steps)) await expect(call(page, new RegExp(`^Call \\d+, ${name}, .*delivered`)).first()).toBeVisible()
  await picture(page, info, 'question')
  await call(page, /^Call \d+, test_security_policy_match/).click()
  const detail = page.getByRole('region', { name: 'Detail' })
  await detail.getByRole('tab', { name: 'JSON-RPC' }).click()
  await detail.getByRole('button', { name: 'Text' }).click()
  await expect(detail).toContainText(answer.rule)
  await picture(page, info, 'question-answer')
  await client.close()
})
