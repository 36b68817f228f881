/** A target that is called by http:// and speaks TLS. Promise: sure only where the server says so itself. */
import type { EndCause } from './end-cause.ts'
import type { Facts } from './facts.ts'
import type { Exchange } from './model.ts'

/** nginx, and whatever is written in Go. */
const SAYS_SO = /HTTP request (was sent )?to (an )?HTTPS (port|server)/i
/** Said by the proxy of an answer that is a TLS alert. */
export const TLS_ALERT = 'a TLS alert'
/** A server that speaks TLS ends a plain request this soon (ms). */
const AT_ONCE = 1_000

const isPlain = ({ target }: Facts): boolean => target?.startsWith('http:') === true

/** The answer in which the server says it. */
export const saysTls = (facts: Facts): Exchange | undefined =>
  isPlain(facts)
    ? facts.exchanges.find(({ status, responseBy, errorText = '', serverEnd }) =>
        responseBy === 'server' ? status === 400 && SAYS_SO.test(errorText) : serverEnd?.detail?.includes(TLS_ALERT) === true,
      )
    : undefined

/** It ended a request at once and without a byte, as it has ended all others: so do servers that speak TLS, among others. */
export const maybeTls = (facts: Facts, { end, exchange, silence }: EndCause): boolean =>
  isPlain(facts) &&
  facts.mute === true &&
  end.by === 'server' &&
  exchange.status === undefined &&
  exchange.responseBytes === 0 &&
  silence < AT_ONCE
