/** Operational commands of simulated devices, in the shapes that public clients read and recordings show. The clock is the test's own. */
import { beforeEach, describe, expect, it } from 'vitest'
import { parseXml, textAt, type XmlNode } from '../panos/xml.ts'
import { readResources } from '../tools/device-state.ts'
import { makeAccounts } from './accounts.ts'
import { answerApi } from './api.ts'
import type { Device } from './device.ts'
import { createDevice, type ProfileOptions } from './profiles.ts'

const KEY = 'key-of-admin'
const accounts = makeAccounts({ user: 'admin', password: 'pw', apiKey: KEY })
const START = Date.parse('2026-11-20T06:00:00Z')

let device: Device
let now = START
const make = (options: Partial<ProfileOptions> = {}): Device =>
  createDevice({
    ...{ profile: 'firewall', dialect: '11.1', seed: 3, objects: 30, rules: 6, deviceGroups: 4, accounts },
    ...{ bootedAt: START - 86_400_000, commitMs: 10_000, logMs: 1000 },
    ...options,
  })
beforeEach(() => {
  device = make()
  now = START
})
const ask = (parameters: Record<string, string>, key = KEY): XmlNode =>
  parseXml(answerApi(device, new URLSearchParams(parameters), key, now).body)
const op = (cmd: string, key = KEY): XmlNode => ask({ type: 'op', cmd }, key)

describe('show system resources', () => {
  it.each([
    ['10.1', /^KiB Mem : +\d+ total, +\d+ free, +\d+ used, +\d+ buff\/cache$/m],
    ['11.1', /^MiB Mem : +[\d.]+ total, +[\d.]+ free, +[\d.]+ used, +[\d.]+ buff\/cache$/m],
  ] as const)('counts memory as %s does', (dialect, line) => {
    device = make({ dialect })
    const top = textAt(op('<show><system><resources/></system></show>'), 'result') ?? ''
    expect(top).toMatch(line)
    expect(readResources(top, '')).toMatchObject({ memoryTotalMiB: 7933, memoryUsedMiB: 4102 })
  })
})
