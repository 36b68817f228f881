/** Binary search in ascending lists of times. Promise: both answer in log n and never read past the list. */

/** Index of the first value that is not below `value`. */
export function firstAtLeast(list: readonly number[], value: number, from = 0): number {
  let low = from
  let high = list.length
  while (low < high) {
    const mid = (low + high) >>> 1
    if ((list[mid] as number) < value) low = mid + 1
    else high = mid
  }
  return low
}

/** Index of the value nearest to `value`, within [from, to); -1 for an empty stretch. */
export function nearest(list: readonly number[], value: number, from = 0, to = list.length): number {
  if (from >= to) return -1
  const at = Math.min(Math.max(firstAtLeast(list, value, from), from), to - 1)
  if (at > from && value - (list[at - 1] as number) < (list[at] as number) - value) return at - 1
  return at
}
