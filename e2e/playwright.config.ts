/** How Playwright runs the browser tests. Promise: one browser, one worker, everything it leaves behind lies under test-results. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from '@playwright/test'
import { CHROMIUM_SWITCHES, installedChromium } from './chromium.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const executablePath = installedChromium()

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: `${root}test-results`,
  timeout: 240_000,
  expect: { timeout: 15_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: { args: CHROMIUM_SWITCHES, ...(executablePath ? { executablePath } : {}) },
  },
})
