/** Jobs at a device that is slow, that loses answers and whose jobs die: a call ends within its budget, and says what it knows and nothing more. */
import { describe, expect, it, vi } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { waitFor } from './jobs.ts'
import { waitForLogs } from './log-query.ts'
import type { ToolContext } from './panos-tool.ts'
import { BREAKS, device, HANGS, ok } from './scripted-device.fixture.ts'
import { Snapshots } from './snapshots.ts'

/** A safety net against hanging, not a measurement. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 10 })

const enqueued = (id: string): string =>
  `<response status="success" code="19"><result><msg><line>Job enqueued with jobid ${id}</line></msg><job>${id}</job></result></response>`

const commitJob = (id: string, status: string, more = ''): string =>
  `<job><id>${id}</id><type>Commit</type><status>${status}</status><result>${status === 'FIN' ? 'OK' : 'PEND'}</result>${more}</job>`

/** Of a call at whose device nothing is asked. */
const alone = (more: Partial<ToolContext> = {}): ToolContext => {
  const client = createPanosClient({ PANOS_HOSTNAME: 'http://127.0.0.1:1', PANOS_API_KEY: 'jobs-test-key' })
  return {
    client: () => client,
    snapshots: new Snapshots(),
    signal: new AbortController().signal,
    progress: () => {},
    budgetMs: 20_000,
    ...more,
  }
}
const never = (): Promise<never> => new Promise(() => {})

describe('a slow device', () => {
  it('costs nobody the id of the job that was begun', async () => {
    const { call, open } = await device([
      [/type=commit/, enqueued('7')],
      [/<jobs>/, HANGS],
    ])
    const running = { id: '7', status: 'running' }
    const begun = await call('commit', {}, { budgetMs: 2000 })
    expect([begun.error, begun.job]).toEqual([undefined, running])
    expect(begun.text).toContain('call get_job with id "7"')
    // And so says get_job, whose device is silent still.
    const still = await call('get_job', { id: '7' }, { budgetMs: 200 })
    expect([still.error, still.job, still.items]).toEqual([undefined, running, []])
    await eventually(() => expect(open()).toBe(0))
  })

  it('costs nobody a log query that was begun', async () => {
    const { call, open, asked } = await device([
      [/log-type=/, enqueued('9')],
      [/type=log action=get/, HANGS],
    ])
    const begun = await call('query_logs', {}, { budgetMs: 500 })
    expect([begun.error, begun.job]).toEqual([undefined, { id: 'log-9', status: 'running', progress: 0 }])
    await eventually(() => expect(open()).toBe(0))
    expect(asked.some(form => form.includes('action=finish'))).toBe(false)
  })

  it('is believed for what it said last', async () => {
    const context = alone({ deadline: performance.now() + 500 })
    const ask = vi.fn<() => Promise<number>>().mockResolvedValueOnce(30).mockImplementation(never)
    const progress = (percent: number) => ({ percent, message: '' })
    expect(await waitFor(context, ask, percent => percent === 100, progress)).toBe(30)
    // The budget is that of the whole call: none is left here.
    expect(await waitFor(alone({ deadline: performance.now() }), never, () => true, progress)).toBeUndefined()
  })

  it('is not waited for by a caller who has left, not even for the end of a log query', async () => {
    const leaving = new AbortController()
    const context = alone({ signal: leaving.signal })
    vi.spyOn(context.client(), 'logJob').mockImplementation(async () => {
      leaving.abort()
      throw leaving.signal.reason
    })
    const finish = vi.spyOn(context.client(), 'finishLogJob').mockImplementation(never)
    await expect(waitForLogs(context, '9')).rejects.toBe(leaving.signal.reason)
    expect(finish).toHaveBeenCalledExactlyOnceWith('9')
  })

  it('leaves it open whether a commit began that it did not answer in time', async () => {
    const { call } = await device([[/type=commit/, HANGS]])
    expect((await call('commit', {}, { budgetMs: 1000 })).error).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('not known whether it began'),
      hint: expect.stringContaining('show_jobs'),
    })
  })

  it('is sent no commit for which no time is left', async () => {
    const { call, asked } = await device([[/type=commit/, enqueued('7')]])
    expect((await call('commit', {}, { budgetMs: 0 })).error).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('nothing was begun'),
    })
    expect(asked.some(form => form.includes('type=commit'))).toBe(false)
  })
})

describe('a commit that was left to get_job', () => {
  it('makes what was read while it ran be read again', async () => {
    const group = (name: string): string => ok(`<service-group><entry name="${name}"/></service-group>`)
    const { call } = await device([
      [/vsys\/entry\/@name/, ok('<entry name="vsys1"/>')],
      [/vsys1.*\/service-group/, [group('before'), group('after')]],
      [/<jobs><id>7</, [ok(commitJob('7', 'ACT')), ok(commitJob('7', 'FIN'))]],
    ])
    const names = async (): Promise<unknown[]> => (await call('retrieve_service_groups')).items.map(({ name }) => name)
    expect(await names()).toEqual(['before'])
    expect((await call('get_job', { id: '7', wait: false })).job).toBeDefined()
    expect(await names()).toEqual(['before'])
    expect((await call('get_job', { id: '7' })).job).toBeUndefined()
    expect(await names()).toEqual(['after'])
  })
})

describe('a job that died with the process that ran it', () => {
  const dead =
    '<job><tenq>2026/11/20 06:12:44</tenq><type>Commit</type><details><line>failed because of configd restart</line></details></job>'

  it('is over and has failed, for the commit that waits for it and for get_job', async () => {
    const { call } = await device([
      [/type=commit/, enqueued('7')],
      [/<jobs><id>7</, ok(dead)],
      [/<jobs><all>/, ok(dead)],
    ])
    expect((await call('commit')).error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('configd restart') })
    const found = await call('get_job', { id: '7' })
    expect([found.job, found.items, found.text]).toMatchObject([
      undefined,
      [{ id: '7', status: 'unknown', result: 'FAIL' }],
      expect.stringContaining('Commit job 7 ended: FAIL'),
    ])
    expect((await call('show_jobs', { active: true })).items).toEqual([])
  })
})

describe('a commit whose answer is lost', () => {
  const old = commitJob('8', 'ACT', '<user>other</user>')
  const own = '<user>admin</user><description>mine</description>'
  const finished = ok(commitJob('9', 'FIN', own))

  it.each([
    ['still runs', 'ACT'],
    ['is over already', 'FIN'],
  ])('is found as the new job with its description, when it %s, and said to be taken for it', async (_, status) => {
    const { call, asked } = await device([
      [/type=commit/, BREAKS],
      [/<jobs><all>/, [ok(old), ok(commitJob('9', status, own) + commitJob('10', 'ACT', '<user>other</user>') + old)]],
      [/<jobs><id>9</, finished],
    ])
    const found = await call('commit', { description: 'mine' })
    expect([found.error, found.text]).toEqual([undefined, expect.stringContaining('Commit job 9 succeeded')])
    expect(found.warnings).toEqual([expect.stringMatching(/was lost.*job 9 of admin.*is taken for it/)])
    expect(asked.filter(form => form.includes('type=commit'))).toHaveLength(1)
  })

  it.each([
    ['one that ran before', ok(old)],
    ['one with another description', ok(commitJob('9', 'ACT', '<user>other</user><description>theirs</description>') + old)],
    ['one of two', ok(commitJob('10', 'ACT') + commitJob('9', 'ACT') + old)],
    ['one of another kind', ok(commitJob('9', 'ACT').replace('Commit', 'Validate') + old)],
    ['a dead one', ok(`<job><type>Commit</type><details><line>failed because of configd restart</line></details></job>${old}`)],
  ])('is not taken for %s', async (_, after) => {
    const { call } = await device([
      [/type=commit/, BREAKS],
      [/<jobs><all>/, [ok(old), after]],
      [/<jobs><id>/, finished],
    ])
    expect((await call('commit')).error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('not known whether it began'),
    })
  })
})
