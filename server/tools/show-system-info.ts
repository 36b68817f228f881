/**
 * `show_system_info`: what the device says about itself. Promise: every field as text and as the device wrote it; serial numbers keep their zeros.
 */
import { z } from 'zod'
import { child } from '../panos/xml.ts'
import type { PanosTool } from './panos-tool.ts'

const input = z.object({})
const item = z.record(z.string(), z.string())

export const showSystemInfo: PanosTool<typeof input, z.infer<typeof item>> = {
  name: 'show_system_info',
  title: 'Show system information',
  description: 'Host name, model, serial number, PAN-OS and content versions, uptime and management address of the firewall.',
  toolset: 'core',
  input,
  item,
  async run(_, { client, signal }) {
    const { result } = await client().op('<show><system><info></info></system></show>', signal)
    // Fields with parts of their own (plugin_versions) are left out; a field that comes twice (ZTP) counts once.
    const fields = (child(result, 'system')?.children ?? []).filter(field => field.children.length === 0)
    const info = Object.fromEntries(fields.map(field => [field.name, field.text.trim()]))
    return {
      scope: 'show system info',
      items: [info],
      warnings: fields.length === 0 ? ['The device answered without any system information.'] : [],
      summary: `${info.hostname ?? client().device}: ${info.model ?? 'unknown model'}, PAN-OS ${info['sw-version'] ?? 'unknown'}, up ${info.uptime ?? 'for an unknown time'}.`,
      line: found =>
        Object.entries(found)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\n'),
    }
  },
}
