/** The prompts of the PAN-OS server: questions that engineers ask again and again, as a plan that names the tools. */
import { completable } from '@modelcontextprotocol/sdk/server/completable.js'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'
import type { ToolContext } from '../tools/panos-tool.ts'
import { SECURITY_RULES } from '../tools/retrieve-security-policies.ts'
import { readRules } from '../tools/rules.ts'

const asked = (text: string) => ({ messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] })

export function registerPrompts(server: McpServer, make: (signal: AbortSignal) => ToolContext): void {
  const ruleNames = async (value: string | undefined): Promise<string[]> => {
    try {
      const query = { config: 'running', location: 'all', refresh: false, rulebase: 'effective' } as const
      const { items } = await readRules(make(AbortSignal.timeout(10_000)), SECURITY_RULES, query)
      return [...new Set(items.map(({ name }) => name))]
        .filter(name => name.toLowerCase().startsWith((value ?? '').toLowerCase()))
        .slice(0, 100)
    } catch {
      return []
    }
  }
  server.registerPrompt(
    'why_is_traffic_blocked',
    {
      title: 'Why is this traffic blocked?',
      description: 'Follows one flow through the logs, routing, NAT and policy, to the rule and its objects.',
      argsSchema: {
        source: z.string().describe('Source IP address.'),
        destination: z.string().describe('Destination IP address.'),
        port: z.string().describe('Destination port.'),
        protocol: z.string().optional().describe('tcp (default), udp or icmp.'),
        target: z.string().optional().describe('Behind a Panorama: serial number of the firewall.'),
      },
    },
    ({ source, destination, port, protocol = 'tcp', target }) =>
      asked(`Find out whether and why the firewall blocks ${protocol} from ${source} to ${destination} port ${port}.${target ? ` Give target "${target}" in every call.` : ''} Work in this order and say what each step shows:
1. query_logs, type traffic, source ${source}, destination ${destination}, destination_port ${port}: what really happened, when, and under which rule?
2. test_route_lookup for ${source} and for ${destination}: in which zones are they, and is there a route at all?
3. test_nat_policy_match with these zones: is an address translated? With destination NAT the zone of the flow's end is that of the translated address.
4. test_security_policy_match with both zones: which rule decides now? If the log names another rule, the policy has changed since.
5. retrieve_security_policies with name_contains of that rule: what does it match? find_object_by_ip for ${source} and for ${destination}: which objects and groups are they in, and which rule that allows such traffic misses them by how little?
6. If a rule blocks it: propose the smallest change, and change nothing.
Say how sure you are, and what you could not see.`),
  )
  server.registerPrompt(
    'audit_rulebase',
    {
      title: 'Audit the rulebase',
      description: 'Goes through the security rules and ranks what deserves attention.',
      argsSchema: { location: z.string().optional().describe('A virtual system or device group.') },
    },
    ({ location }) =>
      asked(`Audit the security rules${location ? ` of ${location}` : ''}. Call analyze_security_policies${location ? ` with location "${location}"` : ''} and list_locations, look at each rule that is named with retrieve_security_policies, and at the objects in it with find_object_by_ip or retrieve_address_groups where the width matters.
Give a table: rule, finding, risk (high, medium, low) with the reason, what to do. Put rules that allow too much first. Do not propose to delete a rule only because its counter is zero: say when that counter began.`),
  )
  server.registerPrompt(
    'explain_rule',
    {
      title: 'Explain a rule',
      description: 'Says in plain words what one security rule does.',
      argsSchema: { name: completable(z.string().describe('Name of the rule.'), ruleNames) },
    },
    ({ name }) =>
      asked(
        `Explain the security rule "${name}" to somebody who does not know the firewall. Read it with retrieve_security_policies (name_contains), open its groups with retrieve_address_groups (resolve true), its services with retrieve_services. Say who may reach what, over which applications, what is logged and inspected, whether an earlier rule takes some of it (analyze_security_policies, check shadowed), and how often it was met.`,
      ),
  )
  server.registerPrompt(
    'pre_change_review',
    { title: 'Review pending changes', description: 'Reviews what a commit would change before it happens.' },
    () =>
      asked(`Review what waits for a commit. Call show_pending_changes; for each change compare config "running" with config "candidate" of the retrieve tool for that object or rule, and use find_references to see what else is touched. Run analyze_security_policies with config "candidate".
Give: what changes in effect (not in XML), who made it, what could break, what is missing (log, profile, description), and whether somebody else's changes would be committed along. End with the digest that show_pending_changes gave.`),
  )
}
