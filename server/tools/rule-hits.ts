/** How often the security rules of a virtual system were met. Promise: one request for all rules of a system; a rule that the device does not count is absent. */
import { child, children, escapeXml, textAt } from '../panos/xml.ts'
import type { ToolContext } from './panos-tool.ts'

export interface RuleHits {
  readonly count: number
  /** ISO 8601; absent when it was never met. */
  readonly lastHit?: string
}

/** By rule name. */
export async function readRuleHits(context: ToolContext, vsys: string, refresh: boolean): Promise<ReadonlyMap<string, RuleHits>> {
  const name = escapeXml(vsys)
  const command =
    `<show><rule-hit-count><vsys><vsys-name><entry name="${name}"><rule-base><entry name="security"><rules><all></all></rules></entry></rule-base>` +
    '</entry></vsys-name></vsys></rule-hit-count></show>'
  const found = await context.snapshots.read(
    `hits ${vsys}`,
    { refresh, signal: context.signal, weigh: (map: Map<string, RuleHits>) => map.size },
    async signal => {
      const { result } = await context.client().op(command, signal)
      const base = child(result, 'rule-hit-count', 'vsys', 'entry', 'rule-base', 'entry', 'rules')
      return new Map(
        children(base, 'entry').map(entry => {
          const last = Number(textAt(entry, 'last-hit-timestamp') ?? 0)
          const hits: RuleHits = {
            count: Number(textAt(entry, 'hit-count') ?? 0),
            ...(last > 0 && { lastHit: new Date(last * 1000).toISOString() }),
          }
          return [entry.attributes.name ?? '', hits]
        }),
      )
    },
  )
  return found.value
}
