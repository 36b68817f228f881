/** A target that is called by http:// and speaks TLS. Promise: sure only where the server says so itself. */
import type { EndCause } from './end-cause.ts'
import type { Facts } from './facts.ts'
import type { Exchange } from './model.ts'

/** nginx, and whatever is written in Go. */
const SAYS_SO = /HTTP request (was sent )?to (an )?HTTPS (port|server)/i
/** A server that speaks TLS ends a plain request this soon (ms). */
const AT_ONCE = 1_000

const isPlain = ({ target }: Facts): boolean => target?.startsWith('http:') === true

/** The answer in which the server says it. */
export const saysTls = (facts: Facts): Exchange | undefined =>
  isPlain(facts)
    ? facts.exchanges.find(({ status, responseBy, errorText = '' }) => status === 400 && responseBy === 'server' && SAYS_SO.test(errorText))
    : undefined

/** It ended a request at once and without a byte, as it has ended all others: so do servers that speak TLS, among others. */
export const maybeTls = (facts: Facts, { end, exchange, silence }: EndCause): boolean =>
  isPlain(facts) &&
  facts.mute === true &&
  end.by === 'server' &&
  exchange.status === undefined &&
  exchange.responseBytes === 0 &&
  silence < AT_ONCE
