import { expect, test } from 'vitest'
import { commandOf, KEY_HELP } from './keys.ts'

const idle = { typing: false, overlay: false, control: false }
const press = (key: string, more = {}) => ({ key, ctrl: false, alt: false, shift: false, ...more })

test('keys act where nobody types', () => {
  expect(commandOf(press('j'), idle)).toBe('next')
  expect(commandOf(press('G', { shift: true }), idle)).toBe('last')
  expect(commandOf(press('j'), { ...idle, typing: true })).toBeUndefined()
  expect(commandOf(press('Escape'), { ...idle, typing: true })).toBe('close')
  expect(commandOf(press('j'), { ...idle, overlay: true })).toBeUndefined()
  expect(commandOf(press('r', { ctrl: true }), idle)).toBeUndefined()
  expect(commandOf(press('a', { ctrl: true }), idle)).toBeUndefined()
  expect(commandOf(press('toString'), idle)).toBeUndefined()
})

test('a button keeps Enter and Space, everything else still acts', () => {
  expect(commandOf(press('Enter'), { ...idle, control: true })).toBeUndefined()
  expect(commandOf(press(' '), { ...idle, control: true })).toBeUndefined()
  expect(commandOf(press('l'), { ...idle, control: true })).toBe('follow')
})

test('search and panes work from a field too, and over a menu or a dialog', () => {
  expect(commandOf(press('f', { ctrl: true }), { ...idle, typing: true })).toBe('search')
  expect(commandOf(press('F6', { shift: true }), { ...idle, typing: true })).toBe('previous-pane')
  expect(commandOf(press('f', { ctrl: true }), { ...idle, overlay: true })).toBe('search')
})

test('the help names only keys that do something', () => {
  const named: Record<string, string> = { Space: ' ', Esc: 'Escape' }
  for (const [keys] of KEY_HELP)
    for (const key of keys.filter(one => one !== '…' && !one.startsWith('Ctrl')))
      expect(commandOf(press(named[key] ?? key), idle), key).toBeDefined()
})
