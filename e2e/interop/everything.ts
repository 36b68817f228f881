/**
 * What a server has to offer so that the conformance suite's server scenarios can run: tools, resources, prompts and what they answer.
 * Promise: plain data and pure functions, the same for both lines of the TypeScript SDK, so that two results differ only by the wire.
 */
const PIXEL_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const SILENCE_WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA='

type Schema = Record<string, unknown>
export interface ToolShape {
  readonly name: string
  readonly description: string
  readonly inputSchema: { readonly type: 'object' } & Schema
}
const NO_ARGUMENTS = { type: 'object' as const, properties: {}, additionalProperties: false }
const oneText = (name: string, description: string) => ({
  type: 'object' as const,
  properties: { [name]: { type: 'string', description } },
  required: [name],
})
const tool = (name: string, description: string, inputSchema: ToolShape['inputSchema'] = NO_ARGUMENTS): ToolShape => ({
  name,
  description,
  inputSchema,
})

/** Uses every keyword of JSON Schema 2020-12 that a server must pass on untouched. */
const SCHEMA_2020_12: ToolShape['inputSchema'] = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of the schema; nobody awaits this object.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
}

/** Tools that both eras serve. */
export const TOOLS: readonly ToolShape[] = [
  tool('test_simple_text', 'Answers with one text'),
  tool('test_image_content', 'Answers with one image'),
  tool('test_audio_content', 'Answers with one sound'),
  tool('test_embedded_resource', 'Answers with an embedded resource'),
  tool('test_multiple_content_types', 'Answers with text, image and resource'),
  tool('test_tool_with_progress', 'Reports progress three times'),
  tool('test_error_handling', 'Always fails'),
  tool('json_schema_2020_12_tool', 'Tool with JSON Schema 2020-12 features', SCHEMA_2020_12),
]
/** Tools of the era in which a server may ask its client while a call is open. */
export const SESSION_TOOLS: readonly ToolShape[] = [
  tool('test_tool_with_logging', 'Writes three log messages while it runs'),
  tool('test_sampling', 'Asks the client for a completion', oneText('prompt', 'What to complete')),
  tool('test_elicitation', 'Asks the user for data', oneText('message', 'What to ask')),
  tool('test_elicitation_sep1034_defaults', 'Asks with default values'),
  tool('test_elicitation_sep1330_enums', 'Asks with every kind of choice'),
  tool('test_reconnection', 'Closes its own stream and answers on the next one'),
]

const text = (value: string) => ({ type: 'text' as const, text: value })
const image = { type: 'image' as const, data: PIXEL_PNG, mimeType: 'image/png' }
type Content = ReturnType<typeof text> | typeof image | Record<string, unknown>

const FIXED: Readonly<Record<string, readonly Content[]>> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: SILENCE_WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [
    {
      type: 'resource',
      resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
    },
  ],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    {
      type: 'resource',
      resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' },
    },
  ],
}

/** The answer of a tool that needs nothing from outside; undefined for the others. */
export function fixedAnswer(name: string, args: Schema): { content: Content[]; isError?: boolean } | undefined {
  if (name === 'test_error_handling') return { isError: true, content: [text('This tool intentionally returns an error for testing')] }
  if (name === 'json_schema_2020_12_tool') return { content: [text(`JSON Schema 2020-12 tool called with: ${JSON.stringify(args)}`)] }
  const content = FIXED[name]
  return content && { content: [...content] }
}

export const ELICITATION_DEFAULTS = {
  type: 'object' as const,
  properties: {
    name: { type: 'string', description: 'User name', default: 'John Doe' },
    age: { type: 'integer', description: 'User age', default: 30 },
    score: { type: 'number', description: 'User score', default: 95.5 },
    status: { type: 'string', description: 'User status', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', description: 'Verification status', default: true },
  },
  required: [],
}
const titled = (...pairs: [string, string][]) => pairs.map(([value, title]) => ({ const: value, title }))
export const ELICITATION_ENUMS = {
  type: 'object' as const,
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled(['value1', 'First Option'], ['value2', 'Second Option'], ['value3', 'Third Option']) },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: { anyOf: titled(['value1', 'First Choice'], ['value2', 'Second Choice'], ['value3', 'Third Choice']) },
    },
  },
  required: [],
}
export const ELICITATION_PERSON = {
  type: 'object' as const,
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
}

export const RESOURCES = [
  { uri: 'test://static-text', name: 'Static text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'Static binary', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'Watched', mimeType: 'text/plain' },
]
export const TEMPLATES = [{ uriTemplate: 'test://template/{id}/data', name: 'By id', mimeType: 'application/json' }]

type Contents = { uri: string; mimeType: string; text: string } | { uri: string; mimeType: string; blob: string }

/** What a resource holds; undefined when there is none of that name. */
export function readResource(uri: string): { contents: Contents[] } | undefined {
  if (uri === 'test://static-text')
    return { contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }] }
  if (uri === 'test://static-binary') return { contents: [{ uri, mimeType: 'image/png', blob: PIXEL_PNG }] }
  if (uri === 'test://watched-resource') return { contents: [{ uri, mimeType: 'text/plain', text: 'Watched resource content' }] }
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
  if (id === undefined) return undefined
  return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }] }
}

const argument = (name: string, description: string) => ({ name, description, required: true })
export const PROMPTS = [
  { name: 'test_simple_prompt', description: 'One fixed message' },
  {
    name: 'test_prompt_with_arguments',
    description: 'Repeats its arguments',
    arguments: [argument('arg1', 'First'), argument('arg2', 'Second')],
  },
  { name: 'test_prompt_with_embedded_resource', description: 'Embeds a resource', arguments: [argument('resourceUri', 'What to embed')] },
  { name: 'test_prompt_with_image', description: 'Shows an image' },
]

/** The messages of a prompt; undefined when there is none of that name. */
export function promptMessages(
  name: string,
  args: Readonly<Record<string, string>>,
): { messages: { role: 'user'; content: Content }[] } | undefined {
  const user = (...contents: Content[]) => ({ messages: contents.map(content => ({ role: 'user' as const, content })) })
  if (name === 'test_simple_prompt') return user(text('This is a simple prompt for testing.'))
  if (name === 'test_prompt_with_arguments') return user(text(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`))
  if (name === 'test_prompt_with_image') return user(image, text('Please analyze the image above.'))
  if (name === 'test_prompt_with_embedded_resource') {
    const resource = { uri: args.resourceUri ?? '', mimeType: 'text/plain', text: 'Embedded resource content for testing.' }
    return user({ type: 'resource', resource }, text('Please process the embedded resource above.'))
  }
  return undefined
}
