/**
 * The tools of the servers in the table of stacks, on both lines of the TypeScript SDK. Promise: the same as of `stack_server.py`; each says
 * on standard error when it is called, so that whoever waits for that need not wait for a time.
 */
export const STACK_TOOLS = ['echo', 'slow', 'never', 'credential'] as const

/** What a tool answers; throws what the tool throws. */
export async function runTool(name: (typeof STACK_TOOLS)[number]): Promise<string> {
  console.error(`${name} is called`)
  if (name === 'echo') return 'echo'
  if (name === 'slow') {
    await new Promise(resolve => setTimeout(resolve, 2500))
    return 'slept 2.5 s'
  }
  if (name === 'never') await new Promise(() => {})
  if (process.env.PANOS_API_KEY === undefined) throw new Error('PANOS_API_KEY is not set')
  return 'the key is there'
}

/** Port from `--port N`; 0 takes a free one. */
export const portArgument = (): number => Number(process.argv[process.argv.indexOf('--port') + 1]) || 0
