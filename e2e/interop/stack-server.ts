/** One server of the table of stacks. Promise: its log is heard line by line, and another one takes its place on the same port when it is restarted. */
import { join } from 'node:path'
import { LineCutter } from '../../proxy/server-log.ts'
import { type Program, root, startServer } from '../program.ts'

export class StackServer {
  readonly #command: string
  readonly #args: readonly string[]
  /** Where its log goes now. */
  log: ((line: string) => void) | undefined
  #program: (Program & { port: number }) | undefined

  /** @param command the interpreter @param program a file of this folder */
  constructor(command: string, program: string) {
    this.#command = command
    this.#args = [join(root, 'e2e', 'interop', program)]
  }
  get port(): number {
    return this.#program?.port ?? 0
  }
  async start(port = 0): Promise<void> {
    const program = await startServer(this.#command, [...this.#args, '--port', String(port)], { env: { PANOS_API_KEY: undefined } })
    const cutter = new LineCutter(line => this.log?.(line))
    program.child.stderr?.on('data', (text: string) => cutter.push(Buffer.from(text)))
    this.#program = program
  }
  /** Old servers wait for their open streams when they are asked to end, and are killed by whoever supervises them; so it is done here. */
  async restart(): Promise<void> {
    const { port } = this
    await this.stop()
    await this.start(port)
  }
  async stop(): Promise<void> {
    await this.#program?.stop('SIGKILL')
  }
}
