/** What a server's log may say of its start. Promise: certain only by words that a process says once; those of each session prove nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCapture, storyOf } from '../captures/capture.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'captures', 'server-restarted.started.md'), 'utf8')

/** The finding of the capture, had the server's log said this in place of what it says. */
function toldBy(line: string): string | undefined {
  const events = readCapture(page).events.map(event => (event.kind === 'log' ? { ...event, text: line } : event))
  return /^ {2}finding (.*)$/m.exec(storyOf(events))?.[1]
}

test.each([
  ['INFO:     Started server process [4711]', 'server-restarted: error, certain, cause certain'],
  ['[2026-11-20 10:00:00 +0000] [12] [INFO] Booting worker with pid: 12', 'server-restarted: error, certain, cause certain'],
  ['Server listening on http://127.0.0.1:8001', 'server-restarted: error, certain, cause likely'],
  ['MCP server is running on port 8001', 'server-restarted: error, certain, cause likely'],
  // A bridge starts a server of its own for each session.
  ['Secure MCP Filesystem Server running on stdio', 'session-unknown-or-expired: error, certain, cause possible'],
  ['GET /mcp 200', 'session-unknown-or-expired: error, certain, cause possible'],
])('%s', (line, finding) => {
  expect(toldBy(line)).toBe(finding)
})
