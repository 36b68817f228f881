/**
 * Plays what a client of either line of the TypeScript SDK does, and logs in where it is asked to. Promise: after a login it begins anew on
 * a fresh transport, as the SDKs want it; it logs in twice at most, and every other error is thrown.
 */
interface Attempt<Client, Transport> {
  readonly client: Client
  readonly transport: Transport
}
interface Way<Client, Transport> {
  open(): Attempt<Client, Transport>
  play(client: Client): Promise<void>
  /** Finishes the login that this error asks for; false where it asks for none. */
  login(error: unknown, transport: Transport): Promise<boolean>
}
interface Connecting<Transport> {
  connect(transport: Transport): Promise<void>
  close(): Promise<void>
}

export async function throughLogins<Client extends Connecting<Transport>, Transport extends { close(): Promise<void> }>(
  way: Way<Client, Transport>,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { client, transport } = way.open()
    try {
      await client.connect(transport)
      await way.play(client)
      await client.close()
      return
    } catch (error) {
      if (attempt === 2 || !(await way.login(error, transport))) throw error
      await transport.close()
    }
  }
}
