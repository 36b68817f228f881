/**
 * The tools of the PAN-OS server, in the order in which a client lists them. Promise: what may not be used is not in the list at all.
 */
import { PanosError } from '../panos/panos-error.ts'
import type { Environment } from '../panos/settings.ts'
import { analyzeSecurityPolicies } from './analyze-security-policies.ts'
import { checkHealth } from './check-health.ts'
import { commit, pushToDevices, revertCandidate, validateCandidate } from './commit-tools.ts'
import { showHaStatus, showLicenses, showResources } from './device-state.ts'
import { getConfigXpath, runShowCommand } from './expert-tools.ts'
import { findObjectByIp } from './find-object-by-ip.ts'
import { findReferences } from './find-references.ts'
import { findSessions } from './find-sessions.ts'
import { listLocations } from './list-locations.ts'
import { type PanosTool, TOOLSETS, type Toolset } from './panos-tool.ts'
import { queryLogs } from './query-logs.ts'
import { retrieveAddressGroups } from './retrieve-address-groups.ts'
import { retrieveAddressObjects } from './retrieve-address-objects.ts'
import { retrieveApplications } from './retrieve-applications.ts'
import { retrieveNatPolicies } from './retrieve-nat-policies.ts'
import { retrieveSecurityPolicies } from './retrieve-security-policies.ts'
import { retrieveSecurityZones } from './retrieve-security-zones.ts'
import { retrieveServiceGroups, retrieveServices, retrieveTags } from './retrieve-services.ts'
import { showRoutes, testRouteLookup } from './routes.ts'
import { showInterfaces } from './show-interfaces.ts'
import { getJob, showJobs } from './show-jobs.ts'
import { showPendingChanges } from './show-pending-changes.ts'
import { showSystemInfo } from './show-system-info.ts'
import { testNatPolicyMatch, testSecurityPolicyMatch } from './test-policy.ts'
import { KINDS } from './writable-kinds.ts'
import { createTool, deleteTool, updateTool } from './write-objects.ts'
import { moveSecurityRule, setRuleDisabled } from './write-rules.ts'

/** Tools that only read. */
export const READING = [
  checkHealth,
  showSystemInfo,
  retrieveAddressObjects,
  retrieveSecurityZones,
  retrieveSecurityPolicies,
  testSecurityPolicyMatch,
  testNatPolicyMatch,
  testRouteLookup,
  queryLogs,
  retrieveAddressGroups,
  retrieveServices,
  retrieveServiceGroups,
  retrieveTags,
  retrieveNatPolicies,
  retrieveApplications,
  findReferences,
  findObjectByIp,
  showInterfaces,
  showRoutes,
  findSessions,
  showHaStatus,
  showJobs,
  getJob,
  showPendingChanges,
  showResources,
  showLicenses,
  listLocations,
  analyzeSecurityPolicies,
] as unknown as readonly PanosTool[]

const isOn = (value: string | undefined): boolean => /^(?:1|true|yes|on)$/i.test(value?.trim() ?? '')

function toolsets(env: Environment): ReadonlySet<Toolset> | undefined {
  const wanted = (env.PANOS_TOOLSETS ?? '').split(',').flatMap(name => name.trim().toLowerCase() || [])
  if (wanted.length === 0) return undefined
  const unknown = wanted.find(name => !(TOOLSETS as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new PanosError({
      kind: 'configuration',
      message: `PANOS_TOOLSETS names "${unknown}", which is no set of tools.`,
      hint: `Use some of ${TOOLSETS.join(', ')}.`,
    })
  }
  return new Set(wanted as Toolset[])
}

/**
 * The tools that this environment allows. PANOS_TOOLSETS chooses among them; changing the device needs PANOS_ALLOW_WRITES or
 * PANOS_ALLOW_COMMIT, and the expert tools need to be named. Throws PanosError of kind `configuration`.
 */
export function catalogueFor(env: Environment): readonly PanosTool[] {
  const wanted = toolsets(env)
  const allowed = (tool: PanosTool): boolean => {
    if (tool.toolset === 'write' && !isOn(env.PANOS_ALLOW_WRITES)) return false
    if (tool.toolset === 'commit' && !isOn(env.PANOS_ALLOW_COMMIT)) return false
    return wanted ? wanted.has(tool.toolset) : tool.toolset !== 'expert'
  }
  return ALL.filter(allowed)
}

/** Tools that change the candidate configuration. */
export const WRITING = [
  ...KINDS.flatMap(kind => [createTool(kind), updateTool(kind), deleteTool(kind)]),
  moveSecurityRule,
  setRuleDisabled,
] as unknown as readonly PanosTool[]

/** Tools that make the candidate the running configuration, or throw it away. */
export const COMMITTING = [validateCandidate, commit, revertCandidate, pushToDevices] as unknown as readonly PanosTool[]

export const EXPERT = [runShowCommand, getConfigXpath] as unknown as readonly PanosTool[]

const ALL: readonly PanosTool[] = [...READING, ...WRITING, ...COMMITTING, ...EXPERT]
