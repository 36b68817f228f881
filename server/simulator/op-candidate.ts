/** Operational commands about what is not committed: pending changes, locks, validation, reverting. */
import { escapeXml, membersAt, textAt } from '../panos/xml.ts'
import { type ApiAnswer, answerLines, refused } from './answer.ts'
import { validate } from './commit-api.ts'
import type { Lock } from './device.ts'
import type { Operation } from './operational.ts'
import { stamp } from './time.ts'

const message = (text: string): ApiAnswer => ({
  httpStatus: 200,
  body: `<response status="success"><result>${escapeXml(text)}</result></response>`,
})

const WORDS: Readonly<Record<string, string>> = {
  set: 'SET',
  edit: 'EDIT',
  delete: 'DELETE',
  rename: 'RENAME',
  move: 'MOVE',
  clone: 'CREATE',
  'multi-move': 'MOVE',
  'multi-clone': 'CREATE',
  'move-dg': 'MOVE',
  override: 'EDIT',
}

/** One entry for each changed place, whoever edited it how often: what was made stays made until it is deleted. */
const listChanges: Operation = ({ device }) => {
  const places = Map.groupBy(device.pending, ({ xpath }) => xpath)
  const entries = [...places].map(([xpath, edits]) => {
    const admins = [...new Set(edits.map(({ admin }) => admin))]
    const last = edits.at(-1)
    const made = edits.findLast(({ action }) => action !== 'edit' && action !== 'override') ?? last
    const component = /\/(?:pre-|post-)?rulebase\//.test(xpath) ? 'policy' : 'object'
    return (
      `<entry><xpath>${escapeXml(xpath)}</xpath><owner>${escapeXml(last?.admin ?? '')}</owner><action> ${WORDS[made?.action ?? ''] ?? 'EDIT'}</action>` +
      `<admin-history>${escapeXml(admins.join(','))}</admin-history><component-type>${component}</component-type></entry>`
    )
  })
  return entries.length === 0 ? '' : `<journal>${entries.join('')}</journal>`
}

const revert: Operation = ({ device, node, account }) => {
  if (!account.writes) return refused(403, 'Type [op] not authorized for user role.')
  const admins = membersAt(node, 'partial', 'admin')
  device.revert(admins.length > 0 ? device.pending.filter(edit => admins.includes(edit.admin)) : device.pending)
  return message(admins.length > 0 ? `Partial revert of ${admins.join(', ')} succeeded` : 'Config reverted to running')
}

/** The words that pan-os-python knows them by (panos/base.py, add_config_lock and add_commit_lock). */
const lockHeld = (kind: Lock['kind'], holder: string, admin: string): string => {
  if (kind === 'commit') return `Commit lock is already held by ${holder}`
  return holder === admin ? 'You already own a config lock for scope shared' : `Config for scope shared is currently locked by ${holder}`
}

const addLock =
  (kind: Lock['kind']): Operation =>
  ({ device, account, node, now }) => {
    if (!account.writes) return refused(403, 'Type [op] not authorized for user role.')
    const held = device.locks.find(lock => lock.kind === kind)
    if (held) return answerLines('error', 13, [lockHeld(kind, held.admin, account.user)])
    device.locks = [...device.locks, { kind, admin: account.user, comment: textAt(node, 'comment') ?? '', at: now }]
    return message(
      `Successfully acquired lock. Other administrators will not be able to ${kind === 'config' ? 'modify configuration' : 'commit'} for scope shared`,
    )
  }

const removeLock =
  (kind: Lock['kind']): Operation =>
  ({ device, account }) => {
    const own = device.locks.find(lock => lock.kind === kind && lock.admin === account.user)
    if (!own)
      return answerLines('error', 13, [
        kind === 'config' ? 'Config is not currently locked for scope shared' : `Commit lock is not currently held by ${account.user}`,
      ])
    device.locks = device.locks.filter(lock => lock !== own)
    return message(`${kind === 'config' ? 'Config' : 'Commit'} lock released for scope shared`)
  }

const listLocks =
  (kind: Lock['kind']): Operation =>
  ({ device }) =>
    `<${kind}-locks>${device.locks
      .filter(lock => lock.kind === kind)
      .map(
        lock =>
          `<entry name="${escapeXml(lock.admin)}"><name>shared</name><created>${stamp(lock.at)}</created><loggedin>yes</loggedin><comment>${escapeXml(lock.comment)}</comment></entry>`,
      )
      .join('')}</${kind}-locks>`

export const CANDIDATE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'check pending-changes': ({ device }) => (device.pending.length > 0 ? 'yes' : 'no'),
  'show config list changes': listChanges,
  'validate full': ({ device, account, now }) =>
    account.areas.includes('commit') ? validate(device, account, now) : refused(403, 'Type [commit] not authorized for user role.'),
  'revert config': revert,
  'request config-lock add': addLock('config'),
  'request config-lock remove': removeLock('config'),
  'request commit-lock add': addLock('commit'),
  'request commit-lock remove': removeLock('commit'),
  'show config-locks': listLocks('config'),
  'show commit-locks': listLocks('commit'),
}
