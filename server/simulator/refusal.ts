/**
 * What a simulated device refuses. Promise: code and lines are those that a device of this kind sends; it travels as an exception
 * only as far as the API's dispatcher.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** Of the vendor's table of API error codes. */
  readonly code: number
  readonly lines: readonly string[]

  constructor(code: number, ...lines: readonly string[]) {
    super(lines.join(' '))
    this.code = code
    this.lines = lines
  }
}
