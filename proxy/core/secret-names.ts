/**
 * Which names bear secrets: of headers, of query and form fields, of JSON members and XML elements.
 * Promise: names decide alone and cheaply; names that are only sometimes secret say so, and their value decides.
 */

/**
 * `value`: all of it. `scheme`: all but the first word (Authorization). `cookie`, `set-cookie`: the values, names and attributes are kept.
 * `session`: kept where correlation needs it, pseudonymised in exports. `cursor`: likewise, where it is found in bodies too. `url`: may hold secrets in its query or user info.
 * `authority`: in user info. `text`: what shows by itself, as in any text. `none`: never looked at, since it is in every head.
 */
export type HeaderSecret = 'none' | 'value' | 'scheme' | 'cookie' | 'set-cookie' | 'session' | 'cursor' | 'url' | 'authority' | 'text'

const words = (text: string) => text.trim().split(/\s+/)
const PLAIN = words(`
  accept accept-encoding accept-language access-control-allow-origin access-control-expose-headers cache-control connection content-encoding
  content-length content-type date etag keep-alive last-modified mcp-method mcp-protocol-version pragma sec-fetch-dest sec-fetch-mode
  sec-fetch-site server transfer-encoding user-agent vary x-accel-buffering x-powered-by`)
const HEADERS: ReadonlyMap<string, HeaderSecret> = new Map<string, HeaderSecret>([
  ...PLAIN.map(name => [name, 'none'] as const),
  ['authorization', 'scheme'],
  ['proxy-authorization', 'scheme'],
  ['cookie', 'cookie'],
  ['set-cookie', 'set-cookie'],
  ['mcp-session-id', 'session'],
  ['last-event-id', 'cursor'],
  ['host', 'authority'],
  ['x-forwarded-host', 'authority'],
  ['origin', 'url'],
  ['location', 'url'],
  ['content-location', 'url'],
  ['referer', 'url'],
  ['x-original-url', 'url'],
  ['x-forwarded-uri', 'url'],
  ['link', 'url'],
  ['refresh', 'url'],
  ...[
    'x-pan-key',
    'x-goog-iap-jwt-assertion',
    'cf-access-jwt-assertion',
    'ocp-apim-subscription-key',
    'x-functions-key',
    'x-mcp-remote-auth',
    'x-mcp-proxy-auth',
    'x-amz-security-token',
    'apikey',
    'x-apikey',
    'authentication',
    'x-authorization',
    'x-forwarded-authorization',
    'x-forwarded-access-token',
    'x-plex-token',
    'sec-websocket-protocol',
  ].map(name => [name, 'value'] as const),
])
const SECRET_WORD =
  /(^|[-_])(token|secret|passw(or)?d|passwd|(api|app|application|access|account|private)[-_]?key|auth|credential|credentials|signature|session|jwt|assertion)([-_]|$)/

const CACHE_LIMIT = 2000
const headerCache = new Map<string, HeaderSecret>()

/** What of a header's value is secret. Asked for every header that passes, so the answer is kept by the exact name. */
export function headerSecret(name: string): HeaderSecret {
  const known = headerCache.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const found = HEADERS.get(lower) ?? (SECRET_WORD.test(lower) ? 'value' : 'text')
  if (headerCache.size < CACHE_LIMIT) headerCache.set(name, found)
  return found
}

/** Whether a header's name alone says that its value is secret, wherever the two stand. */
export function isSecretHeader(name: string): 'no' | 'yes' | 'session' {
  switch (headerSecret(name)) {
    case 'none':
    case 'text':
    case 'url':
    case 'authority':
      return 'no'
    case 'session':
      return 'session'
    default:
      return 'yes'
  }
}

/**
 * `always`: whatever the value is. `text`: only if it is a text, for numbers under this name are harmless. `random`: only if it looks random,
 * for the name has other uses. `field`: in queries and forms always, elsewhere only if it looks random. `key`: PAN-OS's `key`. `session` as above.
 */
export type NameSecret = 'none' | 'always' | 'text' | 'random' | 'field' | 'key' | 'session'

const ALWAYS = words(`
  password passwd pwd passphrase secret clientsecret sharedsecret presharedkey psk privatekey privkey phash authpwd privpwd
  bindpassword passwordhash newpassword oldpassword community`)
const TEXT = words(`
  apikey accesskey secretkey accesstoken refreshtoken idtoken token authtoken csrftoken xsrftoken sessiontoken bearertoken clientassertion assertion codeverifier
  sig signature samlrequest samlresponse xamzsignature xamzcredential xamzsecuritytoken xgoogsignature xgoogcredential awsaccesskeyid
  googleaccessid cfaccessjwtassertion authorization proxyauthorization xpankey panosapikey xapikey xauthtoken xaccesstoken xcsrftoken xxsrftoken
  xvaulttoken privatetoken xgitlabtoken xfunctionskey ocpapimsubscriptionkey xgoogapikey xgoogiapjwtassertion cfaccessclientsecret xmcpremoteauth xmcpproxyauth
  cookie setcookie credential credentials jwt authkey appkey applicationkey devicecode usercode hmac otp pin certificatekey encryptionkey signingkey`)
const NAMES: ReadonlyMap<string, NameSecret> = new Map<string, NameSecret>([
  ...ALWAYS.map(name => [name, 'always'] as const),
  ...TEXT.map(name => [name, 'text'] as const),
  ...words('code state nonce').map(name => [name, 'field'] as const),
  ['key', 'key'],
  ...words('sessionid mcpsessionid sid jsessionid phpsessid').map(name => [name, 'session'] as const),
])
const SECRET_ENDINGS = words(
  'password passwd passphrase secret apikey accesstoken refreshtoken privatekey secretkey authtoken presharedkey',
)
/** Names that end like a token and are none. */
const HARMLESS = new Set(words('progresstoken pagetoken nextpagetoken continuationtoken canceltoken cancellationtoken'))

const nameCache = new Map<string, NameSecret>()

/** What the name of a field, member, attribute or element says of its value. Case, `-`, `_` and `.` make no difference. */
export function nameSecret(name: string): NameSecret {
  const known = nameCache.get(name)
  if (known !== undefined) return known
  const found = judge(name)
  if (nameCache.size < CACHE_LIMIT && name.length <= 64) nameCache.set(name, found)
  return found
}

function judge(name: string): NameSecret {
  if (name.length > 128) return 'none'
  const plain = name.toLowerCase().replace(/[-_.\s]/g, '')
  const listed = NAMES.get(plain)
  if (listed !== undefined) return listed
  if (HARMLESS.has(plain)) return 'none'
  if (SECRET_ENDINGS.some(ending => plain.endsWith(ending))) return 'always'
  return plain.endsWith('token') ? 'random' : 'none'
}

/** Types of the PAN-OS XML API: with one of them, `key` is the API key. */
export const PANOS_TYPES: ReadonlySet<string> = new Set(words('keygen op config commit log report export import user-id version'))

/** At least 16 characters without a gap, with a digit: what no word of a language looks like. */
export function looksRandom(value: string): boolean {
  const sample = value.length > 1024 ? value.slice(0, 1024) : value
  return value.length >= 16 && /^[A-Za-z0-9+/=_.~%-]+$/.test(sample) && /[0-9]/.test(sample)
}

/** Whether a value under a name is secret, and how. `place`: `field` is a query or form, `member` JSON, `line` prose. */
export function isSecret(name: string, value: string, place: 'field' | 'member' | 'line'): 'no' | 'yes' | 'session' {
  if (value === '' || value.startsWith('[REDACTED')) return 'no'
  const byName = nameSecret(name)
  switch (byName) {
    case 'always':
    case 'text':
      return 'yes'
    case 'session':
      return 'session'
    case 'field':
      return place === 'field' || looksRandom(value) ? 'yes' : 'no'
    case 'random':
    case 'key':
      return looksRandom(value) ? 'yes' : 'no'
    case 'none':
      // A header's name, in a log line or echoed in JSON.
      return name.includes('-') ? isSecretHeader(name) : 'no'
  }
}
