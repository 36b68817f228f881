/**
 * How the page is built. Promise: nothing inline (the dashboard's policy allows no inline script or style attribute)
 * and nothing from another host; every asset is a file of its own with a hashed name.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    // One page on loopback: splitting it would only add round trips.
    chunkSizeWarningLimit: 1100,
  },
})
