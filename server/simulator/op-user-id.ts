/** Operational commands about users and registered addresses. Promise: shapes as pan-os-python reads them (panos/userid.py), 500 entries at most at once. */
import { children, escapeXml, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { parseTagFilter } from '../tools/tag-filter.ts'
import type { Operation } from './operational.ts'

const PAGE = 500

/** `limit` and `start-point` (from 1) of a command. */
function paged<T>(node: XmlNode, found: readonly T[]): readonly T[] {
  const number = (name: string, otherwise: number): number =>
    Number(textAt(node, name) ?? textAt(node, 'all', name) ?? otherwise) || otherwise
  const start = number('start-point', 1) - 1
  return found.slice(start, start + Math.min(PAGE, number('limit', PAGE)))
}

const tagList = (tags: Iterable<string>): string => `<tag>${[...tags].map(tag => `<member>${escapeXml(tag)}</member>`).join('')}</tag>`
const counts = (node: XmlNode): boolean => (textAt(node, 'option') ?? textAt(node, 'all', 'option')) === 'count'

const registeredIp: Operation = ({ device, node, vsys }) => {
  const tag = children(children(node, 'tag')[0], 'entry')[0]?.attributes.name
  const ip = textAt(node, 'ip')
  const found = [...device.users(vsys).registered].filter(
    ([address, tags]) => (ip === undefined || address === ip) && (tag === undefined || tag === 'all' || tags.has(tag)),
  )
  if (counts(node)) return `<count>${found.length}</count>`
  const entries = paged(node, found).map(
    ([address, tags]) => `<entry ip="${escapeXml(address)}" from_agent="0" persistent="1">${tagList(tags.keys())}</entry>`,
  )
  return `${entries.join('')}<count>${found.length}</count>`
}

const registeredUser: Operation = ({ device, node, vsys }) => {
  const user = textAt(node, 'user')
  const found = [...device.users(vsys).userTags].filter(([name]) => user === undefined || name === user)
  const entries = paged(node, found).map(([name, tags]) => `<entry user="${escapeXml(name)}">${tagList(tags.keys())}</entry>`)
  return `${entries.join('')}<count>${found.length}</count>`
}

const mappings: Operation = ({ device, node, vsys, now }) => {
  const ip = textAt(node, 'ip')
  const found = [...device.users(vsys).mappings].filter(([address]) => ip === undefined || address === ip)
  const entries = found.map(([address, { user, until }]) => {
    const left = Number.isFinite(until) ? Math.ceil((until - now) / 1000) : 0
    return `<entry><ip>${escapeXml(address)}</ip><vsys>${escapeXml(vsys)}</vsys><type>XMLAPI</type><user>${escapeXml(user)}</user><idle_timeout>${left}</idle_timeout><timeout>${left}</timeout></entry>`
  })
  return `${entries.join('')}<count>${found.length}</count>`
}

const cdata = (text: string): string => `<![CDATA[\n${text.replaceAll(']]>', ']] >')}\n]]>`

const groupList: Operation = ({ device, vsys }) => {
  const names = [...device.users(vsys).groups.keys()]
  return cdata(`${names.map(name => `${name} \n`).join('')}\nTotal: ${names.length}\n* : Custom Group\n`)
}

const groupMembers: Operation = ({ device, node, vsys }) => {
  const name = node.text.trim()
  const members = device.users(vsys).groups.get(name)
  if (!members || members.length === 0) return cdata(`User group '${name}' does not exist or does not have members`)
  return cdata(`\nsource type: xmlapi\n\n${members.map((user, index) => `[${String(index + 1).padEnd(6)}] ${user}\n`).join('')}`)
}

const dynamicGroups: Operation = ({ device, vsys }) => {
  const places = device.running.children.flatMap(node =>
    node.name === 'shared' ? [node] : children(node, 'entry').flatMap(each => children(children(each, 'vsys')[0], 'entry')),
  )
  const mine = places.filter(({ name, attributes }) => name === 'shared' || attributes.name === vsys)
  const addresses = mine.flatMap(place => children(children(place, 'address')[0], 'entry'))
  const groups = mine.flatMap(place => children(children(place, 'address-group')[0], 'entry'))
  const entries = groups.flatMap(group => {
    const filter = textAt(group, 'dynamic', 'filter')
    const test = filter === undefined ? undefined : parseTagFilter(filter)
    if (filter === undefined || !test) return []
    const members = [
      ...addresses.filter(address => test(membersAt(address, 'tag'))).map(({ attributes }) => ['address-object', attributes.name ?? '']),
      ...device
        .users(vsys)
        .addressesWith(test)
        .map(ip => ['registered-ip', ip]),
    ]
    const list = members.map(([type = '', name = '']) => `<entry name="${escapeXml(name)}" type="${type}"/>`).join('')
    return `<entry><vsys>${escapeXml(vsys)}</vsys><group-name>${escapeXml(group.attributes.name ?? '')}</group-name><filter>${escapeXml(filter)}</filter><member-list>${list}</member-list></entry>`
  })
  return `<dyn-addr-grp>${entries.join('')}</dyn-addr-grp>`
}

export const USER_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show object registered-ip': registeredIp,
  'show object registered-user': registeredUser,
  'show object dynamic-address-group': dynamicGroups,
  'show user ip-user-mapping': mappings,
  'show user group list': groupList,
  'show user group name': groupMembers,
}
