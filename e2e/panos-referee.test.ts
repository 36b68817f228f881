/**
 * Clients that nobody here wrote drive the PAN-OS simulator: the vendor's pan-os-python and the pan-python below it. Promise: their own idea of
 * a firewall and a Panorama is the judge; what they read back is what a device would have given them.
 */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../server/simulator/simulator.ts'
import { preparePython } from './interop/python.ts'
import { finish, root } from './program.ts'

const prepared = await preparePython('panos')
const { missing } = prepared
const python = missing === undefined ? prepared.python : ''
const why = missing === undefined ? '' : ` (skipped: ${missing})`

const EXPECTED: readonly (readonly [step: string, result: unknown])[] = [
  ['keygen', true],
  ['system info', ['021000000001', '11.1.6', 'PA-440', false]],
  ['wrong password', 'PanURLError'],
  ['refreshall', [222, ['fqdn', 'ip-netmask', 'ip-range', 'ip-wildcard']]],
  ['refreshall running', 222],
  ['refreshall name_only', [222, true]],
  ['zones', ['bump-in-wire', 'dmz', 'ipsec', 'management', 'partners', 'servers', 'span', 'switched', 'to-other-vsys', 'untrust', 'users']],
  ['rules', [61, 'deny-all-inbound', 'drop']],
  [
    'nat rules',
    [
      ['internet-out', 'any'],
      ['www-in', 'service-https'],
    ],
  ],
  ['first rule', 'referee-rule'],
  ['pending', true],
  ['not running yet', 222],
  ['in use', 'referee-host cannot be deleted because of references from:'],
  ['wrong value', 'PanDeviceXapiError'],
  ['commit in progress', 'PanCommitInProgress'],
  ['job', [true, '2', 'OK']],
  ['running now', 223],
  ['no changes', null],
  ['rule', [['users'], ['referee-group'], ['referee-tcp'], 'allow']],
  ['refresh of what is gone', 'PanObjectMissing'],
  ['commit with polling', [true, 'OK']],
  ['left', 222],
  ['predefined', ['ssl']],
  ['policy match', 1],
  ['bulk delete in use', ['bulk-2 cannot be deleted because of references from:', 3]],
  ['bulk delete', []],
  ['refresh of fields', ['198.51.100.9', 'ip-netmask']],
  ['translation in use', 'pool cannot be deleted because of references from:'],
  ['translation renamed', ['other-pool']],
  ['software', [true, ['11.1.6']]],
  ['content', [true, ['8912-9045']]],
  ['versions', ['11.1.6', '8912-9045']],
  ['password hash', '$5$'],
  ['high availability', [['disabled', null], false]],
  // Of the command line alone (kevinsteves/pan-python issue 16, PaloAltoNetworks/pan-os-ansible issue 101).
  ['configuration diff', ['PanDeviceXapiError', 'show -> config is unexpected']],
  ['resources', [8123597, true]],
  ['registered', [621, ['infected', 'laptop']]],
  ['audited', { '192.0.2.1': ['laptop'], '192.0.2.3': ['new'] }],
  ['cleared', {}],
  ['unknown logout', ['PanDeviceXapiError', 'name: corp\\carol ip: 192.0.2.9 message: Delete mapping failed']],
  ['groups', [['contractors'], ['corp\\alice', 'corp\\dave']]],
  ['user tags', { 'corp\\alice': ['risky'] }],
  ['hit counts', [61, true]],
  ['hit counts of some', true],
  ['lock', [true, 'PanLockError']],
  ['lock of another', ['PanLockError', 'PanLockError']],
  ['unlock', [true, 'PanLockError', 'PanLockError']],
  ['library keygen', true],
  ['op', 'fw-sim-1'],
  ['show arp all', true],
  ['show counter global', true],
  ['show admins', true],
  ['show ntp', true],
  ['show', 'fw-sim-1'],
  ['show absent', 'No such node'],
  ['get absent', ['success', '7']],
  ['log', [7, false]],
  ['report', true],
  ['predefined report', 3],
  ['export', ['running-config.xml', true]],
  ['user-id', 'success'],
  ['user mapping', 'x'],
  [
    'edited',
    [
      ['lib2', 'lib.example.net', 'admin'],
      ['lib3', 'three.example.net', 'admin'],
    ],
  ],
  ['multi-config', 'success'],
  ['delete absent', ['success', '7']],
  ['library commit', 'OK'],
  ['denied', 'URLError: code: 403 reason: Forbidden'],
  ['panorama', ['Panorama', '021000000001']],
  ['device groups', ['all-sites', 'site-001', 'site-002']],
  ['hierarchy', { 'all-sites': null, 'site-001': 'all-sites', 'site-002': 'all-sites' }],
  ['panorama commit', 'OK'],
  ['push', 'OK'],
  [
    'template stacks',
    [
      ['stack-1', ['template-1'], 2],
      ['stack-2', ['template-2'], 1],
    ],
  ],
  ['push of template stack', 'OK'],
  ['push of template', 'OK'],
  ['push of device group', 'OK'],
  ['shared hit counts', 3],
  ['own hit counts', true],
  ['in use below', 'kept cannot be deleted because of references from:'],
  ['move', 'OK'],
  ['moved', ['site-001', 'site-001']],
]

describe.skipIf(missing !== undefined)(`the vendor's Python clients${why}`, () => {
  it('cannot tell the simulator from a small firewall and a Panorama', async () => {
    const devices: Simulator[] = []
    try {
      devices.push(await startSimulator({ tls: true, commitMs: 1500 }))
      devices.push(await startSimulator({ tls: true, profile: 'panorama', deviceGroups: 3, commitMs: 300 }))
      devices.push(await startSimulator({ tls: true, dialect: '10.1' }))
      const ports = devices.map(({ port }) => String(port))
      const { stdout, stderr } = await finish(python, [join(root, 'e2e', 'panos_referee.py'), ...ports])
      const steps = stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { step: string; result: unknown })
      expect(
        steps.map(({ step, result }) => [step, result]),
        stderr,
      ).toEqual(EXPECTED)
    } finally {
      for (const device of devices) await device.close()
    }
  })
})
