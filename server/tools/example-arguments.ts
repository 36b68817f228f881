/** Arguments for the tools that need some, as tests call them. Promise: each fits the simulated firewall as it comes. */
const flow = { source_ip: '10.20.0.10', destination_ip: '198.51.100.7', destination_port: 443, from_zone: 'users', to_zone: 'untrust' }

export const EXAMPLE_ARGUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  test_security_policy_match: { ...flow, application: 'ssl' },
  test_nat_policy_match: flow,
  test_route_lookup: { destination_ip: '198.51.100.7' },
  find_references: { name: 'grp-users' },
  find_object_by_ip: { ip: '10.30.0.12' },
  find_sessions: { from_zone: 'users' },
  get_job: { id: '1' },
}
