/** A Python MCP server that was mounted into another application without its lifespan. */
import { createClient } from './peers/client.ts'
import { sendText, serveHttp } from './peers/http-server.ts'
import { initialize, STREAMABLE } from './peers/messages.ts'
import type { Scenario } from './scenario.ts'

const TRACEBACK = [
  'ERROR:    Exception in ASGI application',
  'Traceback (most recent call last):',
  '  File "streamable_http_manager.py", line 143, in handle_request',
  '    raise RuntimeError("Task group is not initialized. Make sure to use run().")',
  'RuntimeError: Task group is not initialized. Make sure to use run().',
]

export const scenario: Scenario = {
  id: 'mount-lifespan-missing',
  story: 'A server was mounted without its lifespan: each message ends in 500, and its log says that its task group never began.',
  async play(stage) {
    const server = await serveHttp(stage, (_, response) => {
      for (const line of TRACEBACK) stage.log(line)
      sendText(response, 500, 'Internal Server Error', { server: 'uvicorn' })
    })
    await createClient(stage).ask('POST', await stage.through(server.url('/mcp')), { body: initialize(STREAMABLE) })
    await stage.quiet()
  },
}
