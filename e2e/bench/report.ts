/** The bench's table and the machine it was measured on. Promise: a goal that was missed says so in words. */
import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  readonly goal?: number
  readonly than?: 'at most' | 'at least'
}

function descriptorLimit(): number {
  try {
    // Node raises its own soft limit to the hard one.
    const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
    return text === 'unlimited' ? 1e6 : Number(text)
  } catch {
    return 1024
  }
}
const descriptors = descriptorLimit()
export const machine = {
  descriptors,
  text: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}, ${descriptors} files per process`,
}

const digits = (value: number): string => {
  if (Number.isNaN(value)) return '-'
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value))
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1)
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, unit, goal, than }) => {
    const met = goal === undefined ? '' : (than === 'at least' ? measured >= goal : measured <= goal) ? 'met' : 'MISSED'
    return [what, `${digits(measured)} ${unit}`.trim(), goal === undefined ? '' : `${than} ${digits(goal)} ${unit}`.trim(), met]
  })
  const all = [['figure', 'measured', 'goal', ''], ...rows]
  const widths = [0, 1, 2].map(column => Math.max(...all.map(row => (row[column] ?? '').length)))
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
