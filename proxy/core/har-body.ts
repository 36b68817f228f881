/**
 * The bodies of a HAR entry. Promise: bytes as the file has them; text that is not what its encoding says is a fault with its path.
 */
import { base64ToBytes } from './base64.ts'
import { HarFault, type JsonNode } from './json-node.ts'

const encoder = new TextEncoder()

export function requestBody(entry: JsonNode): Uint8Array {
  const post = entry.get('request').find('postData')
  const text = post?.find('text')
  return text ? bytesOf(text, post?.find('_encoding')?.value === 'base64') : new Uint8Array(0)
}
export function responseBody(entry: JsonNode): Uint8Array {
  const content = entry.get('response').find('content')
  const text = content?.find('text')
  return text ? bytesOf(text, content?.find('encoding')?.value === 'base64') : new Uint8Array(0)
}
function bytesOf(node: JsonNode, isBase64: boolean): Uint8Array {
  if (!isBase64) return encoder.encode(node.text())
  const bytes = base64ToBytes(node.text())
  if (bytes === undefined) throw new HarFault(`${node.path} must be base64`)
  return bytes
}
