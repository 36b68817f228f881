/** A device that answers as it is told, and the reading and committing tools against it. For tests: what no simulator of a sound device says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createPanosClient } from '../panos/panos-client.ts'
import { callTool, ERROR_META } from './call-tool.ts'
import { COMMITTING, READING } from './catalogue.ts'
import { Snapshots } from './snapshots.ts'

/** In place of an answer: none ever comes, or the connection breaks. */
export const HANGS = Symbol('hangs')
export const BREAKS = Symbol('breaks')
type Answer = string | typeof HANGS | typeof BREAKS
/** Answers by what the form asks for: the first pattern that its text matches, each answer once and the last one ever after; anything else is code 7. */
export type Script = readonly (readonly [pattern: RegExp, answers: Answer | readonly Answer[] | ((form: string) => Answer)])[]

export const ok = (inside: string): string => `<response status="success"><result>${inside}</result></response>`
const NOTHING = '<response status="success" code="7"><result/></response>'

interface Given {
  readonly budgetMs?: number
  readonly signal?: AbortSignal
}

/** Ends with the test. */
export async function device(script: Script) {
  const asked: string[] = []
  const turns = new Map<RegExp, number>()
  let open = 0
  const server = createServer(async (request, response) => {
    open += 1
    response.once('close', () => {
      open -= 1
    })
    let body = ''
    for await (const chunk of request) body += chunk
    const form = [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`).join(' ')
    asked.push(form)
    const [pattern, answers = NOTHING] = script.find(([each]) => each.test(form)) ?? []
    const turn = pattern ? (turns.get(pattern) ?? 0) : 0
    if (pattern) turns.set(pattern, turn + 1)
    const answer =
      typeof answers === 'function' ? answers(form) : Array.isArray(answers) ? answers[Math.min(turn, answers.length - 1)] : answers
    if (answer === BREAKS) response.destroy()
    else if (answer !== HANGS) response.end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = createPanosClient({
    PANOS_HOSTNAME: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    PANOS_API_KEY: 'scripted-device-key',
  })
  const snapshots = new Snapshots()
  const call = async (name: string, input: Record<string, unknown> = {}, given: Given = {}) => {
    const tool = [...READING, ...COMMITTING].find(each => each.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    const { budgetMs = 20_000, signal = new AbortController().signal } = given
    const result = await callTool(tool, tool.input.parse(input), { client: () => client, snapshots, signal, progress: () => {}, budgetMs })
    const text = result.content[0]?.type === 'text' ? result.content[0].text : ''
    const found = result.structuredContent as
      | { items: Record<string, unknown>[]; warnings: string[]; job?: object; nextCursor?: string }
      | undefined
    return {
      items: found?.items ?? [],
      warnings: found?.warnings ?? [],
      job: found?.job,
      nextCursor: found?.nextCursor,
      text,
      error: result._meta?.[ERROR_META] as Record<string, unknown> | undefined,
    }
  }
  /** Requests that were asked, and how many wait for their answer. */
  return { call, asked, open: () => open }
}
