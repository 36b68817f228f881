/**
 * An OAuth client without a person: it registers, follows the authorization redirect by itself and keeps everything in memory.
 * Promise: fits the provider interface of both lines of the TypeScript SDK, and leaves every decision of the flow to the SDK.
 */
export interface Registration {
  readonly client_id: string
  readonly client_secret?: string
}
interface Tokens {
  access_token: string
  token_type: string
  [more: string]: unknown
}

export class AutomaticOAuth {
  readonly redirectUrl = 'http://localhost:3000/callback'
  readonly clientMetadata = {
    client_name: 'conformance-client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // Authorization servers differ in what they take; the SDK chooses from their metadata.
    token_endpoint_auth_method: 'client_secret_post',
  }
  /** The suite's authorization servers know a client by this document. */
  readonly clientMetadataUrl = 'https://conformance-test.local/client-metadata.json'
  #registration: Registration | undefined
  #tokens: Tokens | undefined
  #verifier = ''
  #answer: URLSearchParams | undefined

  constructor(registered?: Registration) {
    this.#registration = registered
  }

  clientInformation(): Registration | undefined {
    return this.#registration
  }
  saveClientInformation(registration: Registration): void {
    this.#registration = registration
  }
  tokens(): Tokens | undefined {
    return this.#tokens
  }
  saveTokens(tokens: Tokens): void {
    this.#tokens = tokens
  }
  codeVerifier(): string {
    return this.#verifier
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all' || scope === 'client') this.#registration = undefined
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined
  }

  /** Where a person would log in, the suite's server redirects at once with the code. */
  async redirectToAuthorization(url: URL): Promise<void> {
    const response = await fetch(url, { redirect: 'manual' })
    const location = response.headers.get('location')
    if (!location) throw new Error(`The authorization endpoint answered ${response.status} without a Location`)
    this.#answer = new URL(location).searchParams
  }

  /** What came back with the redirect: `code`, `iss`, `state`. Given once. */
  takeAnswer(): URLSearchParams {
    const answer = this.#answer
    this.#answer = undefined
    if (!answer?.get('code')) throw new Error(`No authorization code came back: ${answer ?? 'no redirect'}`)
    return answer
  }
}
