/**
 * Answers of the simulated XML API. Promise: envelopes look as PAN-OS writes them, with the places that it puts codes and messages in.
 */
import { escapeXml } from '../panos/xml.ts'

export interface ApiAnswer {
  readonly httpStatus: number
  readonly body: string
  /** The body is a file of this name, not XML. */
  readonly download?: string
}

const ok = (body: string): ApiAnswer => ({ httpStatus: 200, body })

/** `inside` is XML. */
export const success = (inside: string): ApiAnswer => ok(`<response status="success"><result>${inside}</result></response>`)

/** Answer of `config get`: the counts are of the nodes that matched. */
export const found = (count: number, inside: string): ApiAnswer =>
  ok(`<response status="success" code="19"><result total-count="${count}" count="${count}">${inside}</result></response>`)

export const nothingThere = (): ApiAnswer => ok('<response status="success" code="7"><result/></response>')

/** `config show` has its own way to say that nothing is there: an error without a code. */
export const noSuchNode = (): ApiAnswer => ok('<response status="error"><msg><line>No such node</line></msg></response>')

/** Errors of the API's own checks carry their message in `result/msg`, and the HTTP status of their code. */
export const refused = (code: 400 | 403, message: string): ApiAnswer => ({
  httpStatus: code,
  body: `<response status = 'error' code = '${code}'><result><msg>${escapeXml(message)}</msg></result></response>`,
})

/** Errors of the management server come with HTTP 200 and a line. */
export const failed = (code: number, message: string): ApiAnswer =>
  ok(`<response status="error" code="${code}"><msg><line>${escapeXml(message)}</line></msg></response>`)

/** An answer made of lines. `bare` puts one line directly into `<msg>`, as some of the answers have it. */
export function answerLines(
  status: 'success' | 'error',
  code: number,
  lines: readonly string[],
  { bare = false }: { readonly bare?: boolean } = {},
): ApiAnswer {
  if (code === 400 || code === 403) return refused(code, lines.join(' '))
  const inside = bare
    ? escapeXml(lines.join(' '))
    : lines.map(line => `<line><![CDATA[${line.replaceAll(']]>', ']]&gt;')}]]></line>`).join('')
  return ok(`<response status="${status}" code="${code}"><msg>${inside}</msg></response>`)
}

/** The answer to a change that was made. */
export const changed = (): ApiAnswer => ok('<response status="success" code="20"><msg>command succeeded</msg></response>')

/** A job that was enqueued, as commit and log queries answer. */
export const enqueued = (id: number, words: string): ApiAnswer =>
  ok(`<response status="success" code="19"><result><msg><line>${words} ${id}</line></msg><job>${id}</job></result></response>`)

export const noChanges = (): ApiAnswer =>
  ok('<response status="success" code="19"><result><msg>There are no changes to commit.</msg></result></response>')
