/** Where a target's URL leads. Promise: a host as sockets take it (an IPv6 address without brackets), and the port that is meant where none is named. */
export const addressOf = ({ hostname, port, protocol }: URL): { readonly host: string; readonly port: number } => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
})
