/**
 * The filter of a dynamic address group: `'prod' and ('web' or 'db')`. Promise: a filter that is not understood matches nothing and says so
 * by being undefined; it is never half understood.
 */
type Test = (tags: readonly string[]) => boolean

const tokensOf = (text: string): readonly string[] => text.match(/\(|\)|'[^']*'|"[^"]*"|[^\s()'"]+/g) ?? []
const unquoted = (token: string): string => (/^(['"]).*\1$/.test(token) ? token.slice(1, -1) : token)

/** The tags that a filter names, in quotes of either kind or in none; also of a filter that is not understood. */
export const tagsIn = (text: string): string[] =>
  tokensOf(text)
    .filter(token => !['(', ')', 'and', 'or', 'not'].includes(token.toLowerCase()))
    .map(unquoted)

/** Undefined for a text that is not such a filter. */
export function parseTagFilter(text: string): Test | undefined {
  const tokens = tokensOf(text)
  let at = 0
  const take = (word: string): boolean => {
    if (tokens[at]?.toLowerCase() !== word) return false
    at += 1
    return true
  }
  const one = (depth: number): Test | undefined => {
    if (take('not')) {
      const inner = one(depth + 1)
      return inner && (tags => !inner(tags))
    }
    if (depth < 32 && take('(')) {
      const inner = any(depth + 1)
      return take(')') ? inner : undefined
    }
    const token = tokens[at]
    if (token === undefined || ['(', ')', 'and', 'or'].includes(token.toLowerCase())) return undefined
    at += 1
    const tag = unquoted(token)
    return tags => tags.includes(tag)
  }
  const all = (depth: number): Test | undefined => {
    const parts = [one(depth)]
    while (take('and')) parts.push(one(depth))
    return parts.every(part => part !== undefined) ? tags => parts.every(part => part?.(tags)) : undefined
  }
  const any = (depth: number): Test | undefined => {
    const parts = [all(depth)]
    while (take('or')) parts.push(all(depth))
    return parts.every(part => part !== undefined) ? tags => parts.some(part => part?.(tags)) : undefined
  }
  const test = any(0)
  return at === tokens.length ? test : undefined
}
