/**
 * Answers of the simulated XML API. Promise: envelopes look as PAN-OS writes them, with the places that it puts codes and messages in.
 */
import { escapeXml } from '../panos/xml.ts'

export interface ApiAnswer {
  readonly httpStatus: number
  readonly body: string
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
