/** Where a client's limit for a request is set, as far as its maker documents it. */
import type { Facts } from '../core/facts.ts'

export function limitSetting({ session }: Facts): string {
  const who = `${session.client.name ?? ''} ${session.client.userAgent ?? ''}`
  if (/claude[- ]?code/i.test(who)) return 'Raise the client’s limit: MCP_TOOL_TIMEOUT, in milliseconds.'
  if (/gemini/i.test(who)) return 'Raise the client’s limit: "timeout" of this server in settings.json, in milliseconds.'
  if (/windsurf|devin|cascade/i.test(who)) return 'Raise the client’s limit: this one documents no setting for it.'
  return 'Raise the client’s limit for a request, if it has a setting for it.'
}

/** The same for the limit on connecting. */
export function connectSetting({ session }: Facts): string {
  const who = `${session.client.name ?? ''} ${session.client.userAgent ?? ''}`
  if (/claude[- ]?code/i.test(who)) return 'Raise the client’s limit for connecting: MCP_TIMEOUT, in milliseconds.'
  return 'Raise the client’s limit for connecting, if it has a setting for it.'
}
