/** Operational commands that only a Panorama knows. */
import type { Operation } from './operational.ts'
import { showDeviceGroups, showDevices, showDgHierarchy, showTemplateStacks, showTemplates } from './panorama.ts'

export const PANORAMA_OPERATIONS: Readonly<Record<string, Operation>> = {
  'show devices all': ({ device }) => showDevices(device),
  'show devices connected': ({ device }) => showDevices(device),
  'show devicegroups': ({ device }) => showDeviceGroups(device),
  'show dg-hierarchy': ({ device }) => showDgHierarchy(device.running),
  'show templates': ({ device }) => showTemplates(device),
  'show template-stack': ({ device }) => showTemplateStacks(device),
}
