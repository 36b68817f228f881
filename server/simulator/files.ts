/**
 * `type=export` and `type=import`, and the configurations that a device has saved. Promise: what was exported can be imported and loaded again;
 * an imported private key is never given back.
 *
 * Answers as recorded: "conf1.xml saved" and the refusal of a name without .xml (a NetBox plugin's recordings of a Panorama), "Successfully imported X
 * into candidate configuration" (curl output in instructions for Let's Encrypt certificates). Words for files that are wrong are the simulator's own.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { child, escapeXml, parseXml, textAt, writeXml, XmlError, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, answerLines, failed, refused, success } from './answer.ts'
import { find, set } from './change.ts'
import type { Device } from './device.ts'
import { washed } from './dirty.ts'
import type { Operation } from './operational.ts'
import { Refusal } from './refusal.ts'
import { select } from './select.ts'
import { el, entry } from './tree.ts'
import { XPathError } from './xpath-parser.ts'

const CERTIFICATES = '/config/shared/certificate'
const quoted = (name: string): string => (name.includes('"') ? `'${name}'` : `"${name}"`)
const missing = (name: string): ApiAnswer => refused(400, `Missing value for parameter "${name}".`)

/** A file instead of XML: `application/octet-stream` with a `Content-Disposition`. */
const download = (name: string, body: string): ApiAnswer => ({ httpStatus: 200, body, download: name })

export function answerExport(device: Device, parameters: URLSearchParams): ApiAnswer {
  const category = parameters.get('category')
  if (!category) return missing('category')
  if (category === 'configuration') return download('running-config.xml', `<?xml version="1.0"?>\n${writeXml(device.running)}\n`)
  if (category === 'certificate') {
    const name = parameters.get('certificate-name')
    if (!name) return missing('certificate-name')
    if (parameters.get('include-key') === 'yes') return failed(15, 'This simulator does not give private keys.')
    // XPath 1.0 has no text with both quotes in it, and nothing is named so.
    const isNameable = !(name.includes('"') && name.includes("'"))
    const found = isNameable ? find(device.candidate, `${CERTIFICATES}/entry[@name=${quoted(name)}]`)?.at(-1) : undefined
    const text = textAt(found, 'public-key')
    return text === undefined ? failed(7, `certificate ${name} not found`) : download(`cert_${name}.crt`, `${text}\n`)
  }
  return failed(17, `This simulator does not export category "${category}".`)
}

function certificateNode(name: string, pem: string): XmlNode {
  const certificate = new X509Certificate(pem)
  const [, commonName = ''] = /CN=([^\n]+)/.exec(certificate.subject) ?? []
  const expires = Math.floor(Date.parse(certificate.validTo) / 1000)
  return entry(
    name,
    el('subject-hash', createHash('sha1').update(certificate.subject).digest('hex').slice(0, 8)),
    el('issuer-hash', createHash('sha1').update(certificate.issuer).digest('hex').slice(0, 8)),
    el('not-valid-before', certificate.validFrom),
    el('issuer', certificate.issuer.replaceAll('\n', '/')),
    el('not-valid-after', certificate.validTo),
    el('common-name', commonName),
    el('expiry-epoch', String(expires)),
    el('ca', certificate.ca ? 'yes' : 'no'),
    el('subject', certificate.subject.replaceAll('\n', '/')),
    el('public-key', certificate.toString().trim()),
    el('algorithm', certificate.publicKey.asymmetricKeyType === 'rsa' ? 'RSA' : 'EC'),
    // Devices keep the key encrypted with their master key; here only that there is one.
    ...(/PRIVATE KEY-----/.test(pem) ? [el('private-key', `-AQ==${createHash('sha256').update(pem).digest('base64')}`)] : []),
  )
}

function importCertificate(device: Device, admin: string, parameters: URLSearchParams, file: string, now: number): ApiAnswer {
  const name = parameters.get('certificate-name')
  if (!name) return missing('certificate-name')
  if ((parameters.get('format') ?? 'pem') !== 'pem') return failed(17, 'This simulator imports certificates in format pem only.')
  let node: XmlNode
  try {
    node = certificateNode(name, file)
  } catch {
    return failed(12, `Import of ${name} failed: the file holds no certificate in format pem`)
  }
  device.change(admin, 'set', [CERTIFICATES], now, (root, mark) => set(root, CERTIFICATES, [node], mark))
  return success(`Successfully imported ${escapeXml(name)} into candidate configuration`)
}

function importConfiguration(device: Device, name: string, file: string): ApiAnswer {
  if (!name.endsWith('.xml'))
    return answerLines('error', 12, [`cannot upload to reserved file name "${name}", which doesn't have expected extension ".xml"`])
  try {
    const tree = parseXml(file)
    if (tree.name !== 'config') throw new XmlError(`the root element is <${tree.name}>`)
    device.saved.set(name, tree)
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    return failed(12, `${name} is not a configuration: ${error.message}`)
  }
  return { httpStatus: 200, body: `<response status="success"><msg><line>${escapeXml(name)} saved</line></msg></response>` }
}

export interface Upload {
  readonly name: string
  readonly text: string
}

export function answerImport(device: Device, admin: string, parameters: URLSearchParams, file: Upload | undefined, now: number): ApiAnswer {
  const category = parameters.get('category')
  if (!category) return missing('category')
  if (!file) return missing('file')
  if (category === 'configuration') return importConfiguration(device, file.name, file.text)
  if (category === 'certificate' || category === 'keypair') {
    try {
      return importCertificate(device, admin, parameters, file.text, now)
    } catch (error) {
      if (error instanceof Refusal) return answerLines('error', error.code, error.lines)
      throw error
    }
  }
  return failed(17, `This simulator does not import category "${category}".`)
}

const shown =
  (pick: (device: Device) => XmlNode | undefined): Operation =>
  ({ device, node }) => {
    const root = pick(device)
    const xpath = textAt(node, 'xpath')
    if (xpath === undefined || !root) return root ? writeXml(root) : ''
    try {
      const { nodes } = select(root, `/config/${xpath.replace(/^\/(?:config\/)?/, '')}`)
      return nodes.length > 0 ? nodes.map(writeXml).join('') : answerLines('error', 7, ['No such node'])
    } catch (error) {
      if (error instanceof XPathError) return failed(6, `Bad XPath: ${error.message}`)
      throw error
    }
  }

const save: Operation = ({ device, node, account }) => {
  if (!account.writes) return refused(403, 'Type [op] not authorized for user role.')
  const name = node.text.trim()
  device.saved.set(name, washed(device.candidate))
  return `<msg><line>Config saved to ${escapeXml(name)}</line></msg>`
}

const load: Operation = ({ device, node, account, now }) => {
  if (!account.writes) return refused(403, 'Type [op] not authorized for user role.')
  const name = node.text.trim()
  const tree = name === 'running-config.xml' ? device.running : device.saved.get(name)
  if (!tree) return answerLines('error', 13, [`${name} does not exist`])
  try {
    device.change(account.user, 'load', ['/config'], now, () => ({ ...tree }))
  } catch (error) {
    if (error instanceof Refusal) return answerLines('error', error.code, error.lines)
    throw error
  }
  return `<msg><line>Config loaded from ${escapeXml(name)}</line></msg>`
}

export const FILE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show config running': shown(device => device.running),
  'show config candidate': shown(device => device.candidate),
  'show config effective-running-config': shown(device => device.running),
  'show config pushed-shared-policy': ({ device }) => {
    const pushed = child(device.running, 'panorama')
    return pushed ? `<policy>${pushed.children.map(writeXml).join('')}</policy>` : ''
  },
  'save config to': save,
  'load config from': load,
}
