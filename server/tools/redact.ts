/** Takes secrets out of configuration XML before a model sees it. Promise: what is under a name that holds a secret is replaced whole, however it is nested. */
import type { XmlNode } from '../panos/xml.ts'

const SECRET =
  /^(?:phash|password|passwd|passphrase|secret|shared-secret|key|api-key|psk|pre-shared-key|private-key|auth-key|auth-password|authpwd|priv-password|privpwd|community|snmp-community-string|bind-password|client-secret|token|hash|md5|sha1|certificate-key|enc-key|registration-auth-key)$|(?:password|secret|private-key|-psk|-token)$/i

/** These hold lists or names, not secrets. */
const HARMLESS = /^(?:key-lifetime|password-complexity|password-profile)$/

export const REDACTED = '[redacted]'

export function redacted(node: XmlNode): XmlNode {
  if (SECRET.test(node.name) && !HARMLESS.test(node.name) && (node.text.trim() !== '' || node.children.length > 0))
    return { ...node, children: [], text: REDACTED }
  return { ...node, children: node.children.map(redacted) }
}
