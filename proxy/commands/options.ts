/**
 * Flags of one command, read from arguments and SEISMOGRAPH_* variables. Promise: an unknown flag, a missing value or a
 * value of the wrong form is a UsageError that names the flag and says what it takes.
 */
import { parseArgs } from 'node:util'
import { didYouMean } from '../core/did-you-mean.ts'
import { invocation } from '../product.ts'
import { type CommandIo, UsageError } from './command.ts'

export interface Flag {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  readonly multiple?: boolean
}
export type Flags = Readonly<Record<string, Flag>>
export interface Parsed {
  readonly positionals: readonly string[]
  /** Everything after `--`. */
  readonly rest: readonly string[]
  /** A switch: `fallback` (default false) where neither it nor its negation was given. */
  on(name: string, fallback?: boolean): boolean
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  /** A whole number within [low, high]. */
  whole(name: string, fallback: number, low: number, high: number): number
  /** A number within [low, high]. */
  number(name: string, fallback: number, low?: number, high?: number): number
  /** `elsewhere`: what the same variable may say to other commands, which is passed over here. */
  oneOf<T extends string>(name: string, choices: readonly T[], fallback: T, elsewhere?: readonly string[]): T
}

/** SEISMOGRAPH_DASHBOARD_PORT for --dashboard-port; 1, true and yes switch a flag on, SEISMOGRAPH_NO_OPEN=1 one off. */
const variable = (name: string): string => `SEISMOGRAPH_${name.toUpperCase().replaceAll('-', '_')}`
const truthy = (value: string | undefined): boolean => value !== undefined && /^(1|true|yes|on)$/i.test(value)

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>

/** As they are written; a switch can be turned off too. */
const namesOf = (flags: Flags): string[] =>
  Object.entries(flags).flatMap(([name, { type }]) => (type === 'boolean' ? [`--${name}`, `--no-${name}`] : [`--${name}`]))

function parse(argv: readonly string[], flags: Flags, command: string): { values: Values; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...flags },
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    })
    return { values: { ...values }, positionals }
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/\.\s/)[0]?.replace(/\.$/, '') : String(error)
    const unknown = /^Unknown option '(-[^']*)'/.exec(message ?? '')?.[1]
    const meant = unknown === undefined ? '' : didYouMean(unknown, namesOf(flags))
    throw new UsageError(`${message}.${meant} See ${invocation} ${command} --help`.replace('  ', ' '))
  }
}

export function readOptions(argv: readonly string[], flags: Flags, io: Pick<CommandIo, 'env'>, command = ''): Parsed {
  const dashes = argv.indexOf('--')
  const own = dashes < 0 ? argv : argv.slice(0, dashes)
  const { values, positionals } = parse(own, flags, command)
  const fromVariable = new Set<string>()
  /** As the user wrote it. */
  const said = (name: string) => (fromVariable.has(name) ? variable(name) : `--${name}`)
  for (const [name, flag] of Object.entries(flags)) {
    // As `--data "$UNSET"` says it.
    if ([values[name]].flat().includes('')) throw new UsageError(`--${name} takes a value, not ""`)
    if (values[name] !== undefined) continue
    if (flag.type === 'boolean' && truthy(io.env[variable(`no-${name}`)])) values[name] = false
    const given = io.env[variable(name)]
    if (values[name] !== undefined || given === undefined || given === '') continue
    fromVariable.add(name)
    values[name] = flag.type === 'boolean' ? truthy(given) : flag.multiple ? given.split(',') : given
  }
  const number = (name: string, fallback: number, low: number, high: number, whole: boolean): number => {
    const value = values[name]
    if (typeof value !== 'string') return fallback
    const parsed = Number(value)
    if (value.trim() === '' || !Number.isFinite(parsed) || parsed < low || parsed > high || (whole && !Number.isInteger(parsed))) {
      const range = high === Number.POSITIVE_INFINITY ? `of at least ${low}` : `from ${low} to ${high}`
      throw new UsageError(`${said(name)} takes a ${whole ? 'whole ' : ''}number ${range}, not "${value}"`)
    }
    return parsed
  }
  return {
    positionals,
    rest: dashes < 0 ? [] : argv.slice(dashes + 1),
    on: (name, fallback = false) => (values[name] === undefined ? fallback : values[name] === true),
    text: name => {
      const value = values[name]
      return typeof value === 'string' ? value : undefined
    },
    texts: name => [values[name] ?? []].flat().filter(value => typeof value === 'string'),
    whole: (name, fallback, low, high) => number(name, fallback, low, high, true),
    number: (name, fallback, low = 0, high = Number.POSITIVE_INFINITY) => number(name, fallback, low, high, false),
    oneOf: (name, choices, fallback, elsewhere = []) => {
      const given = values[name]
      const value = given === undefined || (fromVariable.has(name) && elsewhere.includes(String(given))) ? fallback : given
      const found = choices.find(choice => choice === value)
      if (found === undefined) {
        const meant = didYouMean(String(value), choices)
        throw new UsageError(`${said(name)} takes ${choices.join(', ')}, not "${String(value)}"${meant === '' ? '' : `.${meant}`}`)
      }
      return found
    },
  }
}
