/**
 * The tools of the PAN-OS server, in the order in which a client lists them.
 */
import { checkHealth } from './check-health.ts'
import type { PanosTool } from './panos-tool.ts'
import { retrieveAddressObjects } from './retrieve-address-objects.ts'
import { retrieveSecurityPolicies } from './retrieve-security-policies.ts'
import { retrieveSecurityZones } from './retrieve-security-zones.ts'
import { showSystemInfo } from './show-system-info.ts'

export const catalogue: readonly PanosTool[] = [
  checkHealth,
  showSystemInfo,
  retrieveAddressObjects,
  retrieveSecurityZones,
  retrieveSecurityPolicies,
]
