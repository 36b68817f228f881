/**
 * What a simulated Panorama has beyond a firewall: device groups in a tree, templates, managed firewalls, and pushing to them.
 * Promise: a push puts the rules where a firewall keeps what Panorama gave it, and reports each device by itself.
 */
import { child, children, escapeXml, membersAt, textAt, type XmlNode } from '../panos/xml.ts'
import { type ApiAnswer, enqueued, failed } from './answer.ts'
import type { Device } from './device.ts'
import { el, entry } from './tree.ts'

const deviceNode = (root: XmlNode): XmlNode | undefined => child(root, 'devices', 'entry')
const nameOf = (node: XmlNode): string => node.attributes.name ?? ''

export const deviceGroups = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'device-group'), 'entry')
export const templates = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'template'), 'entry')
const stacks = (root: XmlNode): readonly XmlNode[] => children(child(deviceNode(root), 'template-stack'), 'entry')

export function parentOf(root: XmlNode, group: string): string | undefined {
  const known = children(child(root, 'readonly', 'devices', 'entry', 'device-group'), 'entry').find(node => nameOf(node) === group)
  return textAt(known, 'parent-dg')
}

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

export const showTemplates = (device: Device): string =>
  `<templates>${templates(device.running)
    .map(template => `<entry name="${escapeXml(nameOf(template))}"><vsys>yes</vsys><devices/></entry>`)
    .join('')}</templates>`

export const showTemplateStacks = (device: Device): string =>
  `<template-stack>${stacks(device.running)
    .map(
      stack =>
        `<entry name="${escapeXml(nameOf(stack))}"><templates>${membersAt(stack, 'templates')
          .map(name => `<member>${escapeXml(name)}</member>`)
          .join('')}</templates></entry>`,
    )
    .join('')}</template-stack>`

/** Ancestors of a device group from the topmost down, itself last. */
export function lineage(root: XmlNode, group: string): string[] {
  const parent = parentOf(root, group)
  return [...(parent === undefined ? [] : lineage(root, parent)), group]
}

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

/** `<commit-all><shared-policy><device-group><entry name="…"/></device-group></shared-policy></commit-all>` */
export function push(device: Device, user: string, command: XmlNode, now: number): ApiAnswer {
  const wanted = child(command, 'shared-policy', 'device-group')
  const names = [
    ...children(wanted, 'entry').map(nameOf),
    ...membersAt(command, 'shared-policy', 'device-group'),
    wanted?.text.trim() ?? '',
  ]
  const groups = deviceGroups(device.running).filter(group => names.includes(nameOf(group)))
  const [first] = groups
  if (!first) return failed(12, 'commit-all -> shared-policy -> device-group names no device group of this Panorama')
  // A push reaches the devices of the group itself, not those of the groups below it.
  const targets = groups.flatMap(group => serialsIn(group).map(serial => ({ serial, group: nameOf(group) })))
  const job = device.jobs.add(
    {
      type: 'CommitAll',
      user,
      takesMs: device.commitMs,
      ok: true,
      details: [],
      dgname: nameOf(first),
      devices: targets.map(({ serial }) => ({
        serial,
        name: device.managed.get(serial)?.hostname ?? serial,
        result: 'OK' as const,
        lines: [],
      })),
      finish: () => {
        for (const { serial, group } of targets) {
          const firewall = device.managed.get(serial)
          if (firewall) give(firewall, pushedPolicy(device.running, group))
        }
      },
    },
    now,
  )
  return enqueued(job.id, 'Job enqueued with jobid')
}
