/**
 * What rules ask of the same facts again and again. Promise: derived once for each `Facts`, and looked up without a search, so that
 * judging a session costs in proportion to what it holds.
 */
import type { Facts } from './facts.ts'
import type { Call, Exchange, Frame } from './model.ts'

/** Remembers what was derived for as long as the facts live. */
export function perFacts<T>(derive: (facts: Facts) => T): (facts: Facts) => T {
  const known = new WeakMap<Facts, { readonly value: T }>()
  return facts => {
    let found = known.get(facts)
    if (!found) {
      found = { value: derive(facts) }
      known.set(facts, found)
    }
    return found.value
  }
}

const exchangesById = perFacts(({ exchanges }) => new Map(exchanges.map(one => [one.id, one])))
const callsById = perFacts(({ calls }) => new Map(calls.map(one => [one.id, one])))
const framesById = perFacts(({ frames }) => new Map(frames.map(one => [one.id, one])))
const carriers = perFacts(({ exchanges }) => {
  const found = new Map<number, Exchange[]>()
  for (const one of exchanges) for (const call of one.calls) add(found, call, one)
  return found
})
const framesByExchange = perFacts(({ frames }) => {
  const found = new Map<number, Frame[]>()
  for (const one of frames) add(found, one.exchange, one)
  return found
})
const callsByRpcId = perFacts(({ calls }) => {
  const found = new Map<string, Call[]>()
  for (const one of calls) if (one.rpcId !== undefined) add(found, one.rpcId, one)
  return found
})

export const exchangeOf = (facts: Facts, id: number | undefined): Exchange | undefined =>
  id === undefined ? undefined : exchangesById(facts).get(id)
export const callOf = (facts: Facts, id: number): Call | undefined => callsById(facts).get(id)
export const frameOf = (facts: Facts, id: number | undefined): Frame | undefined =>
  id === undefined ? undefined : framesById(facts).get(id)
/** What a finding is about has left memory: that it is not found any more says nothing. A finding about all of a session stands too. */
export function hasLeft(facts: Facts, { call, exchange }: { readonly call?: number; readonly exchange?: number }): boolean {
  if (!facts.partial) return false
  if (call === undefined) return exchangeOf(facts, exchange) === undefined
  const own = callOf(facts, call)
  return [exchange ?? own?.exchange, own?.exchange].some(id => exchangeOf(facts, id) === undefined)
}
/** Exchanges whose request carried this call, oldest first: redirect hops and the last. */
export const carriersOf = (facts: Facts, { id }: Call): readonly Exchange[] => carriers(facts).get(id) ?? []
/** Frames of note on the response of this exchange, oldest first. */
export const framesOn = (facts: Facts, exchange: number): readonly Frame[] => framesByExchange(facts).get(exchange) ?? []
/** Calls of either side under this id (JSON text), oldest first. Ids are used again. */
export const callsUnder = (facts: Facts, rpcId: string | undefined): readonly Call[] =>
  rpcId === undefined ? [] : (callsByRpcId(facts).get(rpcId) ?? [])

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
