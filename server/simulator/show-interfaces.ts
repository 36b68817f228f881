/**
 * `show interface all` of the simulated device. Promise: it lists the interfaces that the running configuration has, with the zones that it puts them in.
 */
import { child, children, escapeXml, type XmlNode } from '../panos/xml.ts'
import type { Device } from './device.ts'
import { select } from './select.ts'

const nodesAt = (device: Device, xpath: string): readonly XmlNode[] => select(device.running, xpath).nodes

function zoneOf(device: Device, name: string): string {
  const zones = nodesAt(device, '/config/devices/entry/vsys/entry/zone/entry')
  const holder = zones.find(zone =>
    child(zone, 'network')?.children.some(kind => children(kind, 'member').some(member => member.text === name)),
  )
  return holder?.attributes.name ?? ''
}

export function showInterfaces(device: Device): string {
  const ports = nodesAt(device, '/config/devices/entry/network/interface/ethernet/entry').map((node, index) => ({
    name: node.attributes.name ?? '',
    id: 16 + index,
    ip: child(node, 'layer3', 'ip', 'entry')?.attributes.name ?? 'N/A',
    mac: `00:00:5e:00:53:${(16 + index).toString(16).padStart(2, '0')}`,
  }))
  const hardware = ports.map(
    port =>
      `<entry><name>${escapeXml(port.name)}</name><duplex>full</duplex><type>0</type><state>up</state><st>1000/full/up</st><mac>${port.mac}</mac>` +
      `<mode>(autoneg)</mode><speed>1000</speed><id>${port.id}</id></entry>`,
  )
  const logical = ports.map(
    port =>
      `<entry><name>${escapeXml(port.name)}</name><zone>${escapeXml(zoneOf(device, port.name))}</zone><fwd>${port.ip === 'N/A' ? 'N/A' : 'vr:default'}</fwd>` +
      `<vsys>1</vsys><dyn-addr/><addr6/><tag>0</tag><ip>${escapeXml(port.ip)}</ip><id>${port.id}</id><addr/></entry>`,
  )
  return `<hw>${hardware.join('')}</hw><ifnet>${logical.join('')}</ifnet>`
}
