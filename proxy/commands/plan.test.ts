import { describe, expect, it } from 'vitest'
import { UsageError } from './command.ts'
import { readPlan } from './plan.ts'
import { serverEnvironment, withServerPort } from './server-port.ts'

const plan = (line: string, env: Record<string, string> = {}) => readPlan(line === '' ? [] : line.split(' '), { env })

describe('readPlan', () => {
  it('watches the embedded server without flags', () => {
    expect(plan('')).toMatchObject({
      targets: [],
      ports: [8002],
      dashboardPort: 8003,
      serverPort: 8001,
      host: '127.0.0.1',
      open: true,
      json: false,
    })
    expect(plan('').recording).toEqual({ hostHeader: 'preserve', forwarded: false, linger: 0, bodyCap: 67_108_864, masked: true })
  })

  it('names targets and lays their ports around the dashboard', () => {
    const { targets, ports } = plan(
      '--target a=http://127.0.0.1:9000/sse --target b=https://example.test/mcp --target c=http://[::1]:9/x?y=1',
    )
    expect(targets.map(({ name, url }) => `${name} ${url.href}`)).toEqual([
      'a http://127.0.0.1:9000/sse',
      'b https://example.test/mcp',
      'c http://[::1]:9/x?y=1',
    ])
    expect(ports).toEqual([8002, 8004, 8005])
    expect(plan('--target http://h:1/a=b').targets[0]?.name).toBe('mcp')
  })

  it('takes the server command from after the dashes, flags and all', () => {
    expect(plan('--target http://127.0.0.1:8001/sse -- python main.py --port 8001').command).toEqual([
      'python',
      'main.py',
      '--port',
      '8001',
    ])
    expect(plan('--target http://127.0.0.1:8001/sse -- server --no-open').open).toBe(true)
  })

  it.each([
    ['', {}, true],
    ['--no-open', {}, false],
    ['', { SEISMOGRAPH_NO_OPEN: '1' }, false],
    ['', { SEISMOGRAPH_NO_OPEN: '0' }, true],
    ['--open', { SEISMOGRAPH_NO_OPEN: '1' }, true],
    ['--json', {}, false],
    ['--json --open', {}, true],
  ] as const)('opens the browser: %j with %j %s', (line, env, open) => expect(plan(line, env).open).toBe(open))

  it('reads the environment, and flags win', () => {
    const env = {
      SEISMOGRAPH_PORT: '9100',
      SEISMOGRAPH_DASHBOARD_PORT: '0',
      SEISMOGRAPH_TARGET: 'http://h/sse',
      SEISMOGRAPH_JSON: '1',
      SEISMOGRAPH_NO_OPEN: 'yes',
    }
    expect(plan('--port 9200', env)).toMatchObject({ ports: [9200], dashboardPort: 0, json: true, open: false, targets: [{ name: 'mcp' }] })
  })

  it('takes no empty value from the command line; an empty variable says nothing', () => {
    expect(() => readPlan(['--data', ''], { env: {} })).toThrow('--data takes a value, not ""')
    expect(() => readPlan(['--server-log='], { env: {} })).toThrow('--server-log takes a value, not ""')
    expect(plan('', { SEISMOGRAPH_DATA: '' }).data).toBeUndefined()
  })

  it('says where a wrong value came from', () => {
    expect(() => plan('', { SEISMOGRAPH_PORT: 'abc' })).toThrow('SEISMOGRAPH_PORT takes a whole number from 0 to 65535, not "abc"')
    expect(() => plan('--port abc')).toThrow('--port takes a whole number')
    expect(() => plan('--linger -1')).toThrow(/^Option '--linger' argument is ambiguous\. See /)
  })

  it('judges itself when asked to, and only then', () => {
    expect(plan('').judging).toBeUndefined()
    expect(plan('', { SEISMOGRAPH_FAIL_ON: 'info' }).judging).toBeUndefined()
    expect(plan('--target http://h/ -- server --rule 1').judging).toBeUndefined()
    expect(plan('--check').judging).toMatchObject({ format: 'text' })
    expect(plan('--check --json').judging).toMatchObject({ format: 'json' })
    const judging = plan('--check --fail-on warning --ignore redirect-path-mismatch --format sarif').judging
    expect(judging?.asked).not.toContain('redirect-path-mismatch')
    expect([judging?.format, judging?.fails('info'), judging?.fails('warning')]).toEqual(['sarif', false, true])
  })

  it.each([
    ['--target 127.0.0.1:8001', /takes an http or https URL such as/],
    ['--target http://', /is not a URL/],
    ['--target http://u:p@h/', /must not hold a user name/],
    ['--target http://h/#x', /fragment/],
    ['--target http://a/ --target http://b/', /two targets are called "mcp"/],
    ['--port 70000', /--port takes a whole number from 0 to 65535, not "70000"/],
    ['--port eight', /--port takes a whole number/],
    ['--port 8003', /both 8003/],
    ['--nonsense', /nonsense/],
    ['--targt http://a/', /Did you mean --target\?/],
    ['--no-opn', /Did you mean --no-open\?/],
    ['--check --rule idlecut', /no rule "idlecut"\. Did you mean idle-cut\? ".* scenario" lists them all/],
    ['--check --format jnuit', /Did you mean junit\?/],
    ['--port', /port/],
    ['http://127.0.0.1:8001/sse', /--target http:\/\/127\.0\.0\.1:8001\/sse/],
    ['--host 0.0.0.0', /--dangerously-bind 0\.0\.0\.0/],
    ['--host 0x0', /--dangerously-bind/],
    ['--dangerously-bind example.test', /IP address/],
    ['--host-header other', /takes preserve, upstream, not "other"/],
    ['--linger -1', /linger/],
    ['-- python main.py', /add --target URL/],
    ['--fail-on warning', /--fail-on belongs to --check/],
    ['--server-log /', /--server-log \/ is a folder: name the log file itself/],
    ['--server-log /dev/null', /--server-log \/dev\/null is no regular file/],
    ['--linger 3000000', /--linger takes a number from 0 to 86400, not "3000000"/],
    ['--check --rule no-such', /there is no rule "no-such"/],
    ['--check --json --format junit', /leave one out/],
    ['--ca /no/such/file.pem', /cannot be read/],
    ['--target a=http://a/ --target b=http://b/ --server-log x.log', /--server-log a=x\.log/],
  ])('%s is a usage error in words', (line, words) => {
    expect(() => plan(line)).toThrow(UsageError)
    expect(() => plan(line)).toThrow(words)
  })
})

describe('withServerPort', () => {
  it('finds a free port and tells the server', async () => {
    const made = await withServerPort(plan('--target a=http://127.0.0.1:0/sse -- uvicorn main:app --port {port} --tag={port}/{port}'))
    const port = Number(made.targets[0]?.url.port)
    expect(port).toBeGreaterThan(1023)
    expect(made.targets[0]).toMatchObject({ name: 'a' })
    expect(made.command).toEqual(['uvicorn', 'main:app', '--port', String(port), `--tag=${port}/${port}`])
    expect(serverEnvironment(made)).toEqual({ PORT: String(port) })
  })

  it('tells a port that is named, and leaves everything else alone', async () => {
    const made = await withServerPort(plan('--target http://127.0.0.1:9000/sse -- server {port}'))
    expect([made.targets[0]?.url.href, ...made.command]).toEqual(['http://127.0.0.1:9000/sse', 'server', '9000'])
    const without = plan('--target http://127.0.0.1:9000/sse')
    expect(await withServerPort(without)).toBe(without)
    expect((await withServerPort(plan('--target http://h/mcp -- server {port}'))).command).toEqual(['server', '80'])
  })

  it('refuses port 0 where we start no server', async () => {
    await expect(withServerPort(plan('--target http://127.0.0.1:0/sse'))).rejects.toThrow(/started with -- COMMAND/)
  })
})
