/** The word that was meant. Promise: only what is near is named; where nothing is, nothing is guessed. */

const MOST = 3

/** Edits (insert, delete, replace, swap of neighbours) that make one word of the other. */
function distance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}

/** At most three of `known`, nearest first: a few edits away, or else with `word` as a part. Case does not count. */
export function nearestWords(word: string, known: readonly string[]): string[] {
  const wanted = word.toLowerCase()
  if (wanted === '' || wanted.length > 100) return []
  const room = Math.max(1, Math.floor(wanted.length / 3))
  const near = known
    .map(one => ({ one, off: distance(wanted, one.toLowerCase()) }))
    .filter(({ off }) => off <= room)
    .sort((a, b) => a.off - b.off)
  const best = near[0]?.off
  if (best !== undefined) return near.filter(({ off }) => off === best).flatMap(({ one }, i) => (i < MOST ? [one] : []))
  return wanted.length < 3 ? [] : known.filter(one => one.toLowerCase().includes(wanted)).slice(0, MOST)
}

/** ` Did you mean a, b or c?`, with a space before it; empty where nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearestWords(word, known)
  const last = found.pop()
  if (last === undefined) return ''
  return ` Did you mean ${found.length > 0 ? `${found.join(', ')} or ` : ''}${last}?`
}
