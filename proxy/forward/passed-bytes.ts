/**
 * Lets go of the memory of bytes that have passed. Promise: the cost of a large body does not grow with what else the process holds.
 *
 * Node reads each socket into fresh blocks of 64 KiB. They die young, but V8 counts them as memory of its old generation, and would
 * search all of it after every 10 MB that pass: that took a third of the processor while a large event crossed. Looking at the young
 * alone, a little sooner, finds them in a fraction of a millisecond.
 */
import v8 from 'node:v8'
import vm from 'node:vm'

const EVERY_BYTES = 2 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let collect: Collect | undefined
let bytes = 0

/** V8 gives this function to contexts that are made while a flag asks for it. Where it does not, all is as it would be without us. */
function find(): Collect {
  v8.setFlagsFromString('--expose-gc')
  const found: unknown = vm.runInNewContext('globalThis.gc')
  v8.setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? (found as Collect) : () => {}
}

/** So many bytes have been handed on. */
export function passed(count: number): void {
  bytes += count
  if (bytes < EVERY_BYTES) return
  bytes = 0
  collect ??= find()
  collect({ type: 'minor' })
}
