/**
 * `show system info` of the simulated device. Promise: every value that a reader could take for a number (serial, versions) is written as a device writes it.
 */
import { escapeXml } from '../panos/xml.ts'
import type { Device } from './device.ts'
import { CONTENT } from './op-updates.ts'

function uptime(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  return `${Math.floor(seconds / 86_400)} days, ${clock[0]}:${clock
    .slice(1)
    .map(part => String(part).padStart(2, '0'))
    .join(':')}`
}

/** `Fri Nov 20 06:12:44 2026` */
function longTime(now: number): string {
  const [week, day, month, year, time] = new Date(now).toUTCString().split(/,? /)
  return `${week} ${month} ${String(Number(day)).padStart(2, ' ')} ${time} ${year}`
}

export function showSystemInfo(device: Device, now: number): string {
  const facts: readonly (readonly [string, string])[] = [
    ['hostname', device.hostname],
    ['ip-address', '192.0.2.10'],
    ['public-ip-address', 'unknown'],
    ['netmask', '255.255.255.0'],
    ['default-gateway', '192.0.2.1'],
    ['is-dhcp', 'no'],
    ['ipv6-address', 'unknown'],
    ['ipv6-link-local-address', 'fe80::200:5eff:fe00:5301/64'],
    ['mac-address', '00:00:5e:00:53:01'],
    // Devices end this one with a line break.
    ['time', `${longTime(now)}\n`],
    ['uptime', uptime(now - device.bootedAt)],
    ['devicename', device.hostname],
    ['family', '400'],
    ['model', device.model],
    ['serial', device.serial],
    ['cloud-mode', 'non-cloud'],
    ['sw-version', device.version],
    ['global-protect-client-package-version', '0.0.0'],
    ['app-version', CONTENT.version],
    ['app-release-date', CONTENT.released],
    ['av-version', '5021-5539'],
    ['threat-version', CONTENT.version],
    ['url-db', 'paloaltonetworks'],
    ['wildfire-version', '0'],
    ['url-filtering-version', '20261119.20204'],
    ['logdb-version', '11.1.2'],
    ['platform-family', '400'],
    ['vpn-disable-mode', 'off'],
    ['multi-vsys', device.multiVsys ? 'on' : 'off'],
    // A 10.1 device was recorded that says this twice.
    ...(device.dialect === '10.1'
      ? ([
          ['ZTP', 'Disabled'],
          ['ZTP', 'Disabled'],
        ] as const)
      : []),
    ...(device.panorama ? ([['system-mode', 'panorama']] as const) : []),
    ['operational-mode', 'normal'],
    ['device-certificate-status', 'Valid'],
    ['advanced-routing', device.dialect === '11.2' ? 'on' : 'off'],
  ]
  return `<system>${facts.map(([name, value]) => `<${name}>${name === 'time' ? value : escapeXml(value)}</${name}>`).join('')}</system>`
}
