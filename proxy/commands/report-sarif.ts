/**
 * A judgement as SARIF 2.1.0, which code scanning reads. Promise: valid by the OASIS schema; each result names its rule with its prose,
 * and its evidence is a flow of steps in the order of the wire.
 *
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import type { Finding, Session, Severity } from '../core/model.ts'
import { version } from '../product.ts'
import { referenceUrl } from '../rules/documentation.ts'
import { rules } from '../rules/index.ts'
import type { Report } from './report.ts'
import { clientName, moment, plain, serverName } from './words.ts'

const LEVEL: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** `IdleCut` for `idle-cut`: viewers show it beside the id. */
const friendlyName = (id: string): string => id.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase())

/** The rule with its prose, as a viewer shows it beside a result. */
function descriptorOf({ id, title, why, signature, fix, severity, references }: (typeof rules)[number]): object {
  return {
    id,
    name: friendlyName(id),
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: {
      text: `${signature}\n\n${fix}`,
      markdown: `**On the wire.** ${signature}\n\n**Fix.** ${fix}\n\nReferences: ${references.join(', ')}`,
    },
    ...(references[0] !== undefined && { helpUri: referenceUrl(references[0]) }),
    defaultConfiguration: { level: LEVEL[severity] },
  }
}

function resultOf(finding: Finding, index: number, session: Session | undefined, uri: string, startedAt: number | undefined): object {
  const { rule, severity, confidence, causeConfidence, title, says, cause, fix, evidence, alternatives, at } = finding
  const where = session ? `session ${plain(session.key)}` : 'the recording'
  const place = {
    // Code scanning services refuse a result without a line; a recording has none.
    physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } },
    logicalLocations: [{ fullyQualifiedName: `${where} at ${moment(at)}`, kind: 'object' }],
  }
  const steps = evidence.toSorted((a, b) => a.at - b.at || a.seq - b.seq)
  const text = [plain(title), plain(says), `Cause: ${plain(cause)}`, ...fix.map(one => `Fix: ${plain(one)}`)].join('\n')
  return {
    ruleId: rule,
    ruleIndex: index,
    level: LEVEL[severity],
    message: { text },
    locations: [place],
    partialFingerprints: {
      'finding/v1': createHash('sha256')
        .update(`${rule} ${session?.key ?? ''} ${at}`)
        .digest('hex'),
    },
    ...(steps.length > 0 && {
      codeFlows: [
        {
          threadFlows: [
            {
              locations: steps.map((step, order) => ({
                executionOrder: order + 1,
                ...(startedAt !== undefined && { executionTimeUtc: new Date(startedAt + step.at).toISOString() }),
                location: { ...place, message: { text: `#${step.seq} ${moment(step.at)}: ${plain(step.says)}` } },
              })),
            },
          ],
        },
      ],
    }),
    properties: {
      confidence,
      ...(causeConfidence !== undefined && { causeConfidence }),
      ...(session && { client: clientName(session), server: serverName(session) }),
      evidence: evidence.map(({ seq }) => seq),
      alternatives: alternatives.filter(({ standing }) => standing === 'possible').map(alternative => alternative.rule),
    },
  }
}

export function reportSarif({ loaded, findings, asked, source }: Report): object {
  const told = rules.filter(({ id }) => asked.includes(id))
  const index = new Map(told.map(({ id }, position) => [id, position]))
  const sessions = new Map(loaded.sessions.map(session => [session.id, session]))
  const uri = pathToFileURL(source).href
  const failed = loaded.failures.map(({ rule, error }) => ({
    level: 'error',
    message: { text: `The rule ${rule} failed: ${plain(error)}` },
    descriptor: { id: rule },
  }))
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Seismograph', semanticVersion: version(), version: version(), rules: told.map(descriptorOf) } },
        invocations: [{ executionSuccessful: failed.length === 0, toolExecutionNotifications: failed }],
        artifacts: [{ location: { uri } }],
        columnKind: 'utf16CodeUnits',
        results: findings.map(finding =>
          resultOf(finding, index.get(finding.rule) ?? -1, sessions.get(finding.session), uri, loaded.recording?.startedAt),
        ),
      },
    ],
  }
}
