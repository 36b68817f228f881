/**
 * `type=commit` of the simulated API, and what else makes a job of the candidate. Promise: the job carries what was the candidate when it
 * was enqueued; a commit that the device would refuse fails as a job, with the lines that say why.
 */
import { child, children, escapeXml, membersAt, parseXml, textAt, XmlError, type XmlNode } from '../panos/xml.ts'
import type { Account } from './accounts.ts'
import { type ApiAnswer, answerLines, enqueued, failed, noChanges, refused } from './answer.ts'
import type { Device, Pending } from './device.ts'
import { washed } from './dirty.ts'
import type { JobPlan } from './jobs.ts'
import { push } from './panorama.ts'
import { above, scopesOf } from './references.ts'
import { Refusal } from './refusal.ts'
import { checkReferences } from './validate.ts'

/** The words that pan-os-python looks for (panos/base.py); code 13 is what public adapters quote beside them. */
const BUSY = 'Another commit/validate is in progress. Please try again later'
const REQUIRED = ['from', 'to', 'source', 'destination', 'application', 'service', 'action']

/** What the device finds wrong with a whole configuration, in lines. */
function faultsIn(root: XmlNode): string[] {
  const faults: string[] = []
  const scopes = scopesOf(root)
  for (const within of scopes) {
    for (const rulebase of ['rulebase', 'pre-rulebase', 'post-rulebase']) {
      for (const rule of children(child(within.node, rulebase, 'security', 'rules'), 'entry')) {
        const missing = REQUIRED.filter(part => !child(rule, part))
        const place = `${within.label} -> ${rulebase} -> security -> rules -> ${rule.attributes.name}`
        if (missing.length > 0) faults.push(` ${place} is missing '${missing.join("', '")}'`)
      }
    }
    try {
      checkReferences(within, above(root, scopes, within), () => true)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      faults.push(` ${within.label} -> ${error.lines[0]}`)
    }
  }
  return faults.length > 0 ? ['Validation Error:', ...faults] : []
}

/** Makes the job of a commit or a validation. */
function plan(device: Device, type: 'Commit' | 'Validate', user: string, edits: readonly Pending[], description: string): JobPlan {
  const tree = edits.length === device.pending.length ? device.candidate : device.replay(edits)
  const faults = faultsIn(washed(tree))
  const good = type === 'Commit' ? 'Configuration committed successfully' : 'Configuration is valid'
  return {
    type,
    user,
    description,
    takesMs: device.commitMs,
    ok: faults.length === 0,
    details: faults.length > 0 ? [...faults, `${type === 'Commit' ? 'Commit' : 'Validation'} failed`] : [good],
    ...(type === 'Commit' && {
      finish: () => {
        device.adopt(tree, edits)
        // A commit that succeeded gives the administrator's locks back.
        device.locks = device.locks.filter(lock => lock.admin !== user)
      },
    }),
  }
}

export function validate(device: Device, account: Account, now: number): ApiAnswer {
  if (device.jobs.busy(now)) return answerLines('error', 13, [BUSY])
  return enqueued(device.jobs.add(plan(device, 'Validate', account.user, device.pending, ''), now).id, 'Validate job enqueued with jobid')
}

function commit(device: Device, account: Account, command: XmlNode, now: number): ApiAnswer {
  const lock = device.locked('commit', account.user) ?? device.locked('config', account.user)
  if (lock) return answerLines('error', 13, [`Configuration is locked by ${lock.admin}`])
  if (device.jobs.busy(now)) return answerLines('error', 13, [BUSY])
  const force = child(command, 'force')
  const inside = force && force.children.length > 0 ? force : command
  const admins = membersAt(inside, 'partial', 'admin')
  const edits = admins.length > 0 ? device.pending.filter(edit => admins.includes(edit.admin)) : device.pending
  if (edits.length === 0 && !force) return noChanges()
  device.deeds.push({ at: now, admin: account.user, what: 'commit', xpath: '' })
  const job = device.jobs.add(plan(device, 'Commit', account.user, edits, textAt(inside, 'description') ?? ''), now)
  return enqueued(job.id, 'Commit job enqueued with jobid')
}

export function answerCommit(device: Device, account: Account, parameters: URLSearchParams, now: number): ApiAnswer {
  const text = parameters.get('cmd')
  if (!text) return refused(400, 'Missing value for parameter "cmd".')
  try {
    const command = parseXml(text)
    if (command.name === 'commit') return commit(device, account, command, now)
    if (command.name === 'commit-all' && device.panorama) return push(device, account.user, command, now)
    return failed(17, `${escapeXml(command.name)} is not a commit command of this device`)
  } catch (error) {
    if (error instanceof XmlError) return failed(18, `Malformed command: ${error.message}`)
    throw error
  }
}
