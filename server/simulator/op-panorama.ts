/** Operational commands that only a Panorama knows. */
import { child, textAt } from '../panos/xml.ts'
import { answerLines, enqueued, failed, refused } from './answer.ts'
import { edit } from './change.ts'
import { lineage } from './lineage.ts'
import type { Operation } from './operational.ts'
import { deviceGroups, showDeviceGroups, showDevices, showDgHierarchy, showTemplateStacks, showTemplates } from './panorama.ts'
import { Refusal } from './refusal.ts'
import { findAll, remove } from './removal.ts'
import { el } from './tree.ts'

const HIERARCHY = "/config/readonly/devices/entry[@name='localhost.localdomain']/device-group"

/**
 * `<move-dg><entry name="…"><new-parent-dg>…</new-parent-dg></entry></move-dg>`, without a new parent to the top: a change of the candidate. Its job is
 * over at once, as devices were seen to do it (PaloAltoNetworks/pan-os-python pull request 321); the wording is the simulator's own.
 */
const moveDeviceGroup: Operation = ({ device, account, node, now }) => {
  if (!account.writes) return refused(403, 'Type [op] not authorized for user role.')
  const name = child(node, 'entry')?.attributes.name ?? ''
  const parent = textAt(node, 'entry', 'new-parent-dg')
  const missing = [name, parent].find(
    group => group !== undefined && !deviceGroups(device.candidate).some(each => each.attributes.name === group),
  )
  if (missing !== undefined) return failed(7, `device group ${missing} is not there`)
  if (parent !== undefined && lineage(device.candidate, parent).includes(name)) return failed(12, `${parent} is ${name} or lies below it`)
  const place = `${HIERARCHY}/entry[@name='${name}']/parent-dg`
  try {
    device.change(account.user, 'move-dg', [place], now, (root, mark) =>
      parent === undefined ? remove(root, findAll(root, place), mark) : edit(root, place, el('parent-dg', parent), mark),
    )
  } catch (error) {
    if (error instanceof Refusal) return answerLines('error', error.code, error.lines)
    throw error
  }
  const job = device.jobs.add({ type: 'MoveDG', user: account.user, takesMs: 0, ok: true, details: [`${name} was moved`] }, now)
  return enqueued(job.id, 'Move job enqueued with jobid')
}

export const PANORAMA_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show devices all': ({ device }) => showDevices(device),
  'show devices connected': ({ device }) => showDevices(device),
  'show devicegroups': ({ device }) => showDeviceGroups(device),
  // Clients read it right after they have made or moved a group, before any commit.
  'show dg-hierarchy': ({ device }) => showDgHierarchy(device.candidate),
  'show templates': ({ device }) => showTemplates(device),
  'show template-stack': ({ device }) => showTemplateStacks(device),
  'request move-dg': moveDeviceGroup,
}
