/** The masker of everything that the dashboard shows. Promise: one for all views, so that a secret bears the same mark everywhere. */
import { createMasker, type Masker } from '../core/redact.ts'
import { createFingerprint } from '../journal/fingerprint.ts'

export type ViewMasker = Masker & { text(text: string, contentType?: string): string }

export function createViewMasker(): ViewMasker {
  return { text: (text: string) => text, ...createMasker({ fingerprint: createFingerprint() }) }
}
