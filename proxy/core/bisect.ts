/** Finds a place in a sorted list. Promise: as many looks as the length has binary digits. */

/** Index of the first item for which `isPast` holds, where it holds for all that follow; the length where it holds for none. */
export function bisect<T>(list: readonly T[], isPast: (item: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isPast(list[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
