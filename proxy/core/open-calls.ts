/** Calls of one session that wait for their answer. Promise: oldest first, and found by id without a search among all. */
import type { CallState } from './state.ts'

export class OpenCalls {
  readonly #all = new Set<CallState>()
  readonly #byId = new Map<string, Set<CallState>>()

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<CallState> {
    return this.#all.values()
  }

  has(call: CallState): boolean {
    return this.#all.has(call)
  }

  add(call: CallState): void {
    this.#all.add(call)
    const { rpcId } = call.row
    if (rpcId === undefined) return
    const known = this.#byId.get(bare(rpcId))
    if (known) known.add(call)
    else this.#byId.set(bare(rpcId), new Set([call]))
  }

  delete(call: CallState): void {
    if (!this.#all.delete(call) || call.row.rpcId === undefined) return
    const id = bare(call.row.rpcId)
    const known = this.#byId.get(id)
    known?.delete(call)
    if (known?.size === 0) this.#byId.delete(id)
  }

  /** All of the client under exactly this id (JSON text), oldest first. */
  named(id: string): CallState[] {
    return [...(this.#byId.get(bare(id)) ?? [])].filter(({ row }) => row.from === 'client' && row.rpcId === id)
  }

  /**
   * The oldest that a side sent under this id (JSON text). One that may have been answered in a gap of the recording comes last; `1` and
   * `"1"` are taken for one another only if nothing else fits.
   */
  under(id: string, from: 'client' | 'server', fits: (call: CallState) => boolean = () => true): CallState | undefined {
    let blind: CallState | undefined
    let loose: CallState | undefined
    for (const call of this.#byId.get(bare(id)) ?? []) {
      if (call.row.from !== from || !fits(call)) continue
      if (call.row.rpcId !== id) loose ??= call
      else if (call.blind === undefined) return call
      else blind ??= call
    }
    return blind ?? loose
  }
}

const bare = (id: string): string => id.replaceAll('"', '')
