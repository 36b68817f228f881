/**
 * What a simulated Panorama has beyond a firewall: device groups in a tree, templates, managed firewalls, and pushing to them.
 * Promise: a push puts the rules where a firewall keeps what Panorama gave it, and reports each device by itself.
 */
import { child, children, escapeXml, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, enqueued, failed } from './answer.ts'
import type { Device } from './device.ts'
import { lineage, parentOf } from './lineage.ts'
import { overlay } from './template-view.ts'
import { el, entry } from './tree.ts'

const deviceNode = (root: XmlNode): XmlNode | undefined => child(root, 'devices', 'entry')
const nameOf = (node: XmlNode): string => node.attributes.name ?? ''

export const deviceGroups = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'device-group'), 'entry')
export const templates = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'template'), 'entry')
const stacks = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'template-stack'), 'entry')

const serialsIn = (node: XmlNode): string[] => children(child(node, 'devices'), 'entry').map(nameOf)

export function showDgHierarchy(root: XmlNode): string {
  const below = (parent: string | undefined): string =>
    deviceGroups(root)
      .filter(group => parentOf(root, nameOf(group)) === parent)
      .map(group => `<dg name="${escapeXml(nameOf(group))}" dg_id="${11 + deviceGroups(root).indexOf(group)}">${below(nameOf(group))}</dg>`)
      .join('')
  return `<dg-hierarchy>${below(undefined)}</dg-hierarchy>`
}

function deviceEntry(device: Device, serial: string): string {
  const managed = device.managed.get(serial)
  const name = managed?.hostname ?? serial
  return (
    `<entry name="${serial}"><serial>${serial}</serial><connected>yes</connected><unsupported-version>no</unsupported-version><hostname>${escapeXml(name)}</hostname>` +
    `<ip-address>192.0.2.${20 + [...device.managed.keys()].indexOf(serial)}</ip-address><model>PA-440</model><sw-version>${managed?.version ?? ''}</sw-version>` +
    '<multi-vsys>no</multi-vsys><operational-mode>normal</operational-mode><vsys><entry name="vsys1"><display-name>vsys1</display-name></entry></vsys></entry>'
  )
}

export const showDevices = (device: Device): string =>
  `<devices>${[...device.managed.keys()].map(serial => deviceEntry(device, serial)).join('')}</devices>`

export const showDeviceGroups = (device: Device): string =>
  `<devicegroups>${deviceGroups(device.running)
    .map(
      group =>
        `<entry name="${escapeXml(nameOf(group))}"><shared-policy-md5sum/><devices>${serialsIn(group)
          .map(serial => deviceEntry(device, serial))
          .join('')}</devices></entry>`,
    )
    .join('')}</devicegroups>`

const devicesXml = (device: Device, serials: readonly string[]): string =>
  `<devices>${serials.map(serial => deviceEntry(device, serial)).join('')}</devices>`

/** Templates reach devices through the stacks that list them. */
const serialsWith = (root: XmlNode, template: string): string[] =>
  stacks(root).flatMap(stack => (membersAt(stack, 'templates').includes(template) ? serialsIn(stack) : []))

export const showTemplates = (device: Device): string =>
  `<templates>${templates(device.running)
    .map(
      template =>
        `<entry name="${escapeXml(nameOf(template))}"><vsys>yes</vsys>${devicesXml(device, serialsWith(device.running, nameOf(template)))}</entry>`,
    )
    .join('')}</templates>`

export const showTemplateStacks = (device: Device): string =>
  `<template-stack>${stacks(device.running)
    .map(
      stack =>
        `<entry name="${escapeXml(nameOf(stack))}"><templates>${membersAt(stack, 'templates')
          .map(name => `<member>${escapeXml(name)}</member>`)
          .join('')}</templates>${devicesXml(device, serialsIn(stack))}</entry>`,
    )
    .join('')}</template-stack>`

/** Firewalls of a device group and of those below it: whom its rules reach. */
export const firewallsBelow = (device: Device, group: string): Device[] =>
  deviceGroups(device.running)
    .filter(node => lineage(device.running, nameOf(node)).includes(group))
    .flatMap(serialsIn)
    .flatMap(serial => device.managed.get(serial) ?? [])

/** The rules that Panorama gives to the devices of a group, as `/config/panorama` of a firewall. */
function pushedPolicy(root: XmlNode, group: string): XmlNode {
  const shared = child(root, 'shared')
  const groups = lineage(root, group).map(name => deviceGroups(root).find(node => nameOf(node) === name))
  const rules = (holders: readonly (XmlNode | undefined)[], rulebase: string): XmlNode[] =>
    holders.flatMap(holder =>
      children(child(holder, rulebase, 'security', 'rules'), 'entry').map(rule => ({
        ...rule,
        attributes: { ...rule.attributes, loc: holder === shared ? 'shared' : nameOf(holder ?? rule) },
      })),
    )
  const pre = rules([shared, ...groups], 'pre-rulebase')
  const post = rules([...groups.toReversed(), shared], 'post-rulebase')
  const base = (name: string, list: readonly XmlNode[]): XmlNode => el(name, el('security', el('rules', list)))
  return el('panorama', el('vsys', entry('vsys1', base('pre-rulebase', pre), base('post-rulebase', post))))
}

function give(firewall: Device, policy: XmlNode): void {
  const put = (root: XmlNode): XmlNode => ({ ...root, children: [...root.children.filter(node => node.name !== 'panorama'), policy] })
  firewall.running = put(firewall.running)
  firewall.candidate = firewall.replay(firewall.pending)
}

/** What the templates of a stack say together; of two that say something, the first in the stack does. */
function stackConfig(root: XmlNode, names: readonly string[]): XmlNode | undefined {
  return names
    .map(name =>
      child(
        templates(root).find(node => nameOf(node) === name),
        'config',
      ),
    )
    .reduce((below, config) => (config ? (below ? overlay(below, config) : config) : below), undefined)
}

/** Gives every managed firewall its rules, as if they had been pushed when the device was set up. */
export function pushEverywhere(device: Device): void {
  for (const group of deviceGroups(device.running)) {
    const policy = pushedPolicy(device.running, nameOf(group))
    for (const serial of serialsIn(group)) {
      const firewall = device.managed.get(serial)
      if (firewall) give(firewall, policy)
    }
  }
}

/** What a push is about: the devices that it reaches, and what each of them is given. */
interface Push {
  readonly name: string
  readonly kind: 'shared-policy' | 'template' | 'template-stack'
  readonly targets: readonly { readonly serial: string; give(firewall: Device): void }[]
}

const wantedSerials = (node: XmlNode | undefined): readonly string[] => [
  ...children(child(node, 'devices'), 'entry').map(nameOf),
  ...membersAt(node, 'device'),
]
/** Those that were asked for, where some were. */
const chosen = (serials: readonly string[], asked: readonly string[]): readonly string[] =>
  asked.length > 0 ? serials.filter(serial => asked.includes(serial)) : serials

/** `<shared-policy><device-group><entry name="…"/></device-group></shared-policy>`, the group also as a member or a text. */
function policyPush(root: XmlNode, policy: XmlNode): Push | undefined {
  const wanted = child(policy, 'device-group')
  const names = [...children(wanted, 'entry').map(nameOf), ...membersAt(policy, 'device-group'), wanted?.text.trim() ?? '']
  const groups = deviceGroups(root).filter(group => names.includes(nameOf(group)))
  const [first] = groups
  if (!first) return undefined
  // A push reaches the devices of the group itself, not those of the groups below it.
  const targets = groups.flatMap(group => {
    const asked = wantedSerials(children(wanted, 'entry').find(entry => nameOf(entry) === nameOf(group)))
    return chosen(serialsIn(group), asked).map(serial => ({
      serial,
      give: (firewall: Device) => {
        give(firewall, pushedPolicy(root, nameOf(group)))
        const stack = stacks(root).find(node => serialsIn(node).includes(serial))
        if (stack && textAt(policy, 'include-template') === 'yes') firewall.template = stackConfig(root, membersAt(stack, 'templates'))
      },
    }))
  })
  return { name: nameOf(first), kind: 'shared-policy', targets }
}

/** `<template><name>…</name></template>` or `<template-stack><name>…</name></template-stack>`, with `<device><member>serial</member></device>`. */
function templatePush(root: XmlNode, kind: 'template' | 'template-stack', command: XmlNode): Push | undefined {
  const name = textAt(command, 'name') ?? ''
  const holding = stacks(root).filter(stack =>
    kind === 'template' ? membersAt(stack, 'templates').includes(name) : nameOf(stack) === name,
  )
  const known = kind === 'template' ? templates(root).some(node => nameOf(node) === name) : holding.length > 0
  if (!known) return undefined
  const targets = holding.flatMap(stack =>
    chosen(serialsIn(stack), wantedSerials(command)).map(serial => ({
      serial,
      give: (firewall: Device) => {
        firewall.template = stackConfig(root, membersAt(stack, 'templates'))
      },
    })),
  )
  return { name, kind, targets }
}

function pushOf(root: XmlNode, command: XmlNode): Push | undefined {
  const [policy, template, stack] = ['shared-policy', 'template', 'template-stack'].map(name => child(command, name))
  if (policy) return policyPush(root, policy)
  if (template) return templatePush(root, 'template', template)
  return stack && templatePush(root, 'template-stack', stack)
}

/** `<commit-all>`: rules of a device group, or what a template or a stack of them says. */
export function push(device: Device, user: string, command: XmlNode, now: number): ApiAnswer {
  const found = pushOf(device.running, command)
  if (!found) return failed(12, `commit-all -> ${escapeXml(command.children[0]?.name ?? '')} names nothing that this Panorama has`)
  const { name, kind, targets } = found
  const job = device.jobs.add(
    {
      type: 'CommitAll',
      user,
      takesMs: device.commitMs,
      ok: true,
      details: [],
      dgname: name,
      pushType: kind,
      devices: targets.map(({ serial }) => ({
        serial,
        name: device.managed.get(serial)?.hostname ?? serial,
        result: 'OK' as const,
        lines: [],
      })),
      finish: () => {
        for (const { serial, give: to } of targets) {
          const firewall = device.managed.get(serial)
          if (firewall) to(firewall)
        }
      },
    },
    now,
  )
  return enqueued(job.id, 'Job enqueued with jobid')
}
