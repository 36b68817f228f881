/** Limits on time that are known of clients and of what stands between. Promise: one list for all that compare against it. */

/** Limits that clients are known to set on a request, measured from its POST (s). */
export const REQUEST_LIMITS = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600]
/** Limits of clients and middleboxes on silence, measured from the last byte (s). */
export const IDLE_LIMITS = [30, 60, 100, 125, 270, 300, 305, 350]
/** Those of them that clients have: undici and Python’s sse_client, Cursor. The others are those of what stands before servers (s). */
export const CLIENT_IDLE_LIMITS = [300, 305]

/** The limit (ms) that a span fits within 2 %, at least within 250 ms. */
export function nearest(span: number, limits: readonly number[]): { limit: number; off: number } | undefined {
  const fits = limits
    .map(seconds => ({ limit: seconds * 1000, off: Math.abs(span - seconds * 1000) }))
    .filter(({ limit, off }) => off <= Math.max(250, limit * 0.02))
    .sort((a, b) => a.off - b.off)
  return fits[0]
}
