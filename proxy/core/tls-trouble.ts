/** What a failed TLS connection to the server means, by the code of Node and OpenSSL. Promise: one source of these words, for the 502 and for the rules. */

/** The server accepted the connection and did not finish the handshake in time. */
export const HANDSHAKE_TIMEOUT = 'ERR_TLS_HANDSHAKE_TIMEOUT'

export interface TlsTrouble {
  readonly cause: string
  readonly fix: string
}

const KNOWN: readonly (TlsTrouble & { readonly codes: RegExp })[] = [
  {
    codes: /^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    cause: 'The server speaks no TLS on this port, or no version of it that is spoken here.',
    fix: 'Does the server speak plain http on this port? Then use http:// in --target.',
  },
  {
    codes: new RegExp(`^${HANDSHAKE_TIMEOUT}$`),
    cause: 'The server took the connection and did not finish the TLS handshake.',
    fix: 'Does the server speak TLS on this port? If it speaks plain http, use http:// in --target.',
  },
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    cause: 'The server’s certificate bears another name than --target.',
    fix: 'Use the name that the certificate of the server bears in --target.',
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    cause: 'The server’s certificate is not valid at this time.',
    fix: 'Renew the certificate, or correct the clock; until then --insecure-upstream skips the check.',
  },
]
const UNTRUSTED: TlsTrouble = {
  cause: 'The server’s certificate is not trusted on this machine.',
  fix: 'If the certificate is your own, give its authority with --ca FILE; --insecure-upstream skips the check.',
}

export const tlsTrouble = (code: string): TlsTrouble => KNOWN.find(({ codes }) => codes.test(code)) ?? UNTRUSTED
