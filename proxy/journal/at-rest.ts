/**
 * What of an event is masked before it is stored: credentials in heads, URLs and log lines. Bodies are stored whole.
 * Promise: an event without a credential comes back as the same object.
 */
import type { Draft } from '../core/event.ts'
import type { Masker } from '../core/redact.ts'

export function maskDraft(draft: Draft, masker: Masker): Draft {
  switch (draft.kind) {
    case 'request': {
      const headers = masker.headers(draft.headers)
      const target = masker.target(draft.target)
      return headers === draft.headers && target === draft.target ? draft : { ...draft, headers, target }
    }
    case 'response': {
      const headers = masker.headers(draft.headers)
      return headers === draft.headers ? draft : { ...draft, headers }
    }
    case 'change': {
      const original = masker.target(draft.original)
      const replacement = masker.target(draft.replacement)
      return original === draft.original && replacement === draft.replacement ? draft : { ...draft, original, replacement }
    }
    case 'end': {
      const trailers = draft.trailers && masker.headers(draft.trailers)
      return trailers === draft.trailers ? draft : { ...draft, trailers }
    }
    case 'log': {
      const text = masker.text(draft.text)
      return text === draft.text ? draft : { ...draft, text }
    }
    default:
      return draft
  }
}
