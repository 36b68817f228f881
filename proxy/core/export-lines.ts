/**
 * A recording as JSON lines, to be kept or given away.
 * Promise: with a masker nothing secret is in any line and each chunk that was touched says so (`body`: `masked` or `left-out`);
 * where a recording holds no secret, and always without a masker, the lines give back the same events.
 */
import type { WireEvent } from './event.ts'
import { eventToLine } from './lines.ts'
import type { Masker } from './redact.ts'
import { sanitiseAll } from './sanitise.ts'

/** Lines with their line feeds. `events` is called again for each of the passes that masking needs. */
export function* exportLines(events: () => Iterable<WireEvent>, masker?: Masker): Generator<string> {
  if (masker === undefined) {
    for (const event of events()) yield `${eventToLine(event)}\n`
    return
  }
  for (const { event, body } of sanitiseAll(events, masker)) yield `${eventToLine(event, body ? { body } : {})}\n`
}
