/**
 * What can go wrong between this server and a firewall, as one typed error. Promise: every error says what happened and what to do,
 * and carries neither the API key nor a stack of someone else's library.
 */
export type PanosErrorKind =
  /** Settings are missing or of the wrong form; nothing was sent. */
  | 'configuration'
  /** The key or password is wrong, expired or revoked. */
  | 'authentication'
  /** The key is good, its role is not. */
  | 'authorization'
  /** The certificate is not trusted, or TLS failed. */
  | 'tls'
  /** No answer within PANOS_TIMEOUT_MS. */
  | 'timeout'
  /** Not resolved, refused, reset. */
  | 'unreachable'
  /** The MCP client left or cancelled. */
  | 'cancelled'
  /** Something answered that is not the PAN-OS XML API. */
  | 'not-panos'
  /** The management plane is restarting or overloaded (5xx, code 22, an answer that ends too early). */
  | 'unavailable'
  /** The answer is larger than this server reads. */
  | 'too-large'
  /** Our request was refused as malformed (400, codes 1, 6, 17, 18). */
  | 'bad-request'
  /** The node does not exist (`show` of an absent path). */
  | 'absent'
  /** The values are not accepted (code 12). */
  | 'invalid'
  /** It is referred to and cannot go (code 10). */
  | 'in-use'
  /** A name is taken, or the operation is not possible as things are (codes 8, 14). */
  | 'conflict'
  /** A lock, a commit or an installation is in the way. */
  | 'busy'
  /** Any other error that the device reports. */
  | 'device'

export interface PanosErrorFacts {
  readonly kind: PanosErrorKind
  readonly message: string
  readonly hint: string
  /** The `code` attribute of the response envelope, where there was one. */
  readonly panosCode?: string
  readonly httpStatus?: number
  /** Whether the same request may succeed later without anyone changing anything. */
  readonly retryable?: boolean
}

export class PanosError extends Error {
  override readonly name = 'PanosError'
  readonly kind: PanosErrorKind
  readonly hint: string
  readonly panosCode: string | undefined
  readonly httpStatus: number | undefined
  readonly retryable: boolean
  constructor(facts: PanosErrorFacts) {
    super(facts.message)
    this.kind = facts.kind
    this.hint = facts.hint
    this.panosCode = facts.panosCode
    this.httpStatus = facts.httpStatus
    this.retryable = facts.retryable ?? false
  }
}

/** An error that nobody foresaw, as one that a client can show. */
export function asPanosError(error: unknown): PanosError {
  if (error instanceof PanosError) return error
  return new PanosError({
    kind: 'device',
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is unexpected; look at the server log for the request that led here.',
  })
}
