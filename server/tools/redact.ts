/**
 * Takes secrets out of configuration XML before a model sees it. Promise: what is under a name that holds a secret is replaced whole, however it is
 * nested, and what looks like a secret is replaced under any name.
 */
import type { XmlNode } from '../panos/xml.ts'

/** Told by how a name ends: `agent-user-override-key`. A public key is none; auto-key and manual-key hold all settings of a tunnel. */
const NAME =
  /(?:password|passwd|passphrase|passcode|pwd|secret|phash)$|(?:^|[-_])(?:psk|token|(?<!(?:public|auto|manual)[-_])key)$|^(?:snmp[-_])?community$|(?:^|[-_])community[-_]string$/i

/** What PAN-OS encrypted, hashes of passwords as crypt writes them, private keys in PEM. */
const VALUE =
  /-AQ==[\w+/=]+|\$\d[a-z]?\$[\w./$=+]{6,}|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g

export const REDACTED = '[redacted]'

export const namesSecret = (name: string): boolean => NAME.test(name)

export function redacted(node: XmlNode): XmlNode {
  if (namesSecret(node.name) && (node.text.trim() !== '' || node.children.length > 0)) return { ...node, children: [], text: REDACTED }
  return { ...node, children: node.children.map(redacted), text: node.text.replace(VALUE, REDACTED) }
}
