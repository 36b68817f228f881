import { expect, it } from 'vitest'
import { nodeTrouble } from './product.ts'

it('runs on the Node that it asks for and on newer ones, and says what to do on an older one', () => {
  expect(nodeTrouble('24.0.0')).toBeUndefined()
  expect(nodeTrouble('100.1.0')).toBeUndefined()
  expect(nodeTrouble(process.versions.node)).toBeUndefined()
  expect(nodeTrouble('20.20.2')).toMatch(/needs Node 24 .* runs on 20\.20\.2.*npx -p node@24/)
  expect(nodeTrouble('9.11.2')).toMatch(/needs Node 24/)
})
