/**
 * `run_show_command` and `get_config_xpath`: for questions that no other tool answers. Promise: only commands that show or test go out, one
 * configuration node at a time comes back, secrets are taken out, and the answer is cut where it grows too long.
 */
import { z } from 'zod'
import type { PanosAnswer } from '../panos/envelope.ts'
import { PanosError } from '../panos/panos-error.ts'
import { parseXml, writeXml, XmlError, type XmlNode } from '../panos/xml.ts'
import { configInput, type Finding, type PanosTool } from './panos-tool.ts'
import { namesSecret, redacted } from './redact.ts'

const MAX_CHARACTERS = 100_000
const item = z.object({
  xml: z.string().describe('Secrets are replaced by [redacted].'),
  characters: z.number().describe('Length before it was cut.'),
  cut: z.boolean(),
})
type Item = z.infer<typeof item>

function shownAs(result: XmlNode | undefined, scope: string): Finding<Item> {
  const shown = result && redacted(result)
  const text = shown ? shown.children.map(writeXml).join('') || shown.text : ''
  const cut = text.length > MAX_CHARACTERS
  return {
    scope,
    items: [{ xml: text.slice(0, MAX_CHARACTERS), characters: text.length, cut }],
    warnings: cut ? [`The answer has ${text.length} characters and was cut; ask for a smaller part.`] : [],
    summary: text === '' ? 'Nothing is there.' : `${text.length} characters.`,
    line: each => each.xml,
  }
}

const untold = (message: string): PanosError =>
  new PanosError({ kind: 'bad-request', message, hint: 'Ask for the entry around it: its secrets are replaced, the rest is there.' })

/**
 * What an XPath leads to. Throws PanosError when it names a secret, in a step or a condition, and when it brings text without an element: the
 * name that tells a secret is gone from that.
 */
async function reached(xpath: string, ask: () => Promise<PanosAnswer>): Promise<XmlNode | undefined> {
  const names = xpath.replace(/'[^']*'|"[^"]*"/g, '').match(/[\w-]+/g) ?? []
  const secret = names.find(namesSecret)
  if (secret !== undefined) throw untold(`The XPath names ${secret}, which holds a secret.`)
  const { result } = await ask()
  if (result?.children.length === 0 && result.text.trim() !== '') throw untold('The XPath leads to text without its element.')
  return result
}

const refused = (message: string): PanosError =>
  new PanosError({ kind: 'bad-request', message, hint: 'Only commands that begin with show or test are allowed.' })

/** `show system info` as XML; XML as it is. Throws PanosError for what neither shows nor tests. */
export function commandXml(command: string): string {
  const text = command.trim()
  if (!text.startsWith('<')) {
    const words = text.split(/\s+/)
    if (!words.every(word => /^[A-Za-z][\w-]*$/.test(word)))
      throw refused('A command in words takes names only; give one with values as XML.')
    if (words[0] !== 'show' && words[0] !== 'test') throw refused(`"${words[0]}" neither shows nor tests.`)
    return words.reduceRight((inside, word) => `<${word}>${inside}</${word}>`, '')
  }
  let root: XmlNode
  try {
    root = parseXml(text)
  } catch (error) {
    if (error instanceof XmlError) throw refused(`The command is not well-formed XML: ${error.message}.`)
    throw error
  }
  if (root.name !== 'show' && root.name !== 'test') throw refused(`<${root.name}> neither shows nor tests.`)
  // What was read is what is sent: nothing hides in a comment or after the root.
  return writeXml(root)
}

const showInput = z.object({
  command: z.string().min(1).max(4000).describe('As words (show system info) or as XML (<show><clock></clock></show>).'),
})

export const runShowCommand: PanosTool<typeof showInput, Item> = {
  name: 'run_show_command',
  title: 'Run a show or test command',
  description:
    'Runs one operational command that begins with show or test and gives its XML. Prefer the other tools: their answers are shorter and clearer.',
  toolset: 'expert',
  input: showInput,
  item,
  async run({ command }, { client, signal }) {
    const xml = commandXml(command)
    const ask = () => client().op(xml, signal)
    // show config running takes one.
    const [, xpath] = /<xpath>([^<]*)</.exec(xml) ?? []
    return shownAs(xpath === undefined ? (await ask()).result : await reached(xpath, ask), xml)
  },
}

const xpathInput = z.object({
  xpath: z
    .string()
    .min(9)
    .max(2000)
    .regex(/^\/config\/[\w-]+/, 'an absolute path below /config')
    .describe("For example /config/devices/entry[@name='localhost.localdomain']/deviceconfig."),
  config: configInput,
})

/** So near the root a whole configuration of many megabytes would come. */
const TOO_HIGH =
  /^\/config\/(?:devices|shared|panorama|predefined|readonly|mgt-config)(?:\/entry(?:\[[^\]]*\])?)?(?:\/(?:vsys|device-group|template)(?:\/entry(?:\[[^\]]*\])?)?)?\/*$/

export const getConfigXpath: PanosTool<typeof xpathInput, Item> = {
  name: 'get_config_xpath',
  title: 'Read a part of the configuration',
  description: 'Gives the XML at one XPath, secrets taken out. Prefer the retrieve tools.',
  toolset: 'expert',
  input: xpathInput,
  item,
  async run({ xpath, config }, { client, signal }) {
    if (TOO_HIGH.test(xpath))
      throw new PanosError({
        kind: 'bad-request',
        message: 'That is a whole branch of the configuration.',
        hint: "Name a container further down, such as …/vsys/entry[@name='vsys1']/zone.",
      })
    return { ...shownAs(await reached(xpath, () => client().read(config, xpath, signal)), xpath), config }
  },
}
