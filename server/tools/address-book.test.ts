/** Groups that hold the same objects by many ways. */
import { expect, it } from 'vitest'
import { AddressBook } from './address-book.ts'
import type { AddressGroup } from './address-group.ts'
import type { AddressObject } from './address-object.ts'

const address = (name: string): AddressObject => ({ name, location: 'shared', type: 'ip-netmask', value: '192.0.2.1', tags: [] })
const group = (name: string, members: string[]): AddressGroup => ({ name, location: 'shared', type: 'static', members, tags: [] })

it('opens groups that meet again in as many steps as there are groups, and names each object once', () => {
  // Two groups on each level, both of them in both above: 2^64 ways from the top to the bottom.
  const levels = Array.from({ length: 64 }, (_, level) =>
    ['a', 'b'].map(side => group(`${level}${side}`, [`${level + 1}a`, `${level + 1}b`])),
  )
  const bottom = [group('64a', ['x', 'y']), group('64b', ['y', 'z', '0a'])]
  const groups = [...levels.flat(), ...bottom]
  const book = new AddressBook({ kind: 'firewall', locations: [] }, ['x', 'y', 'z'].map(address), groups, 0)
  for (const each of groups)
    expect(
      book
        .open(each)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(each.name === '64a' ? ['x', 'y'] : ['x', 'y', 'z'])
  expect(book.cover('0a', 'shared').spans).toHaveLength(3)
})
