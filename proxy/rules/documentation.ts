/** The documentation of the rules, made from their own prose. Promise: what a person reads here is what the check does and says. */
import type { Rule } from './rule.ts'

/** Begins the part that the matrix test writes; everything before it is `documentationOf`. */
export const MATRIX_HEADING = '## Every scenario against every rule'

const SEVERITY = { error: 'error', warning: 'warning', info: 'note' } as const

/** `modelcontextprotocol/python-sdk#732` as a link, and a URL as it is. */
function referenceText(reference: string): string {
  return isUrl(reference) ? `<${reference}>` : `[${reference}](${referenceUrl(reference)})`
}

const isUrl = (reference: string): boolean => /^https?:\/\/\S+$/.test(reference)
/** Where a reference leads: an issue by its repository and number, or a URL. */
export const referenceUrl = (reference: string): string =>
  isUrl(reference) ? reference : `https://github.com/${reference.replace('#', '/issues/')}`

/** Name of a capture's file without its ending. */
const captureText = (name: string): string => `[${name}](../captures/${name}.md)`

/** One rule's section. @param captures names of its captures, without their ending */
function sectionOf({ id, title, severity, why, signature, fix, references }: Rule, captures: readonly string[]): string {
  const lines = [
    `## ${id}`,
    `**${title}.** Usual severity: ${SEVERITY[severity]}.`,
    `**Why it matters.** ${why}`,
    `**On the wire.** ${signature}`,
    `**Fix.** ${fix}`,
    ...(captures.length > 0 ? [`**Captures.** ${captures.map(captureText).join(', ')}`] : []),
    `**See it.** \`seismograph scenario ${id}\``,
    ...(references.length > 0 ? [`**References.** ${references.map(referenceText).join(', ')}`] : []),
  ]
  return lines.join('\n\n')
}

const INTRODUCTION = `# What Seismograph recognises

Each fault has one name. Its rule is \`proxy/rules/NAME.ts\`, the wire that proves it lies in \`proxy/captures/NAME.….md\`, and
\`seismograph scenario NAME\` commits it on purpose, with a real client and a real server, and shows the verdict.

A rule looks at one session and at what surrounds it, and does nothing else: no clock, no network, no file. *Certain* means that the
wire admits no other reading; *likely* and *possible* name what else fits. Where several rules see the same break, the strongest
evidence gives the finding and the others stand in it as alternatives. Healthy traffic has no finding above a note.

A *middlebox* is whatever stands on the way and is neither client nor server: a reverse proxy, a load balancer, a gateway, a bridge. The
*leg* of a connection is one side of this proxy: the client’s or the server’s. *In flight* is a request that has no answer yet.

This page is made from the rules; a test holds it current.`

/** The page, up to the matrix. @param captures names of all captures, without their ending */
export function documentationOf(rules: readonly Rule[], captures: readonly string[]): string {
  const table = rules.map(({ id, title, severity }) => `| [${id}](#${id}) | ${SEVERITY[severity]} | ${title} |`)
  const sections = rules.map(rule => sectionOf(rule, captures.filter(name => name.split('.')[0] === rule.id).sort()))
  return [INTRODUCTION, ['| rule | severity | what |', '|---|---|---|', ...table].join('\n'), ...sections, ''].join('\n\n')
}
