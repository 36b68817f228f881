/**
 * `node through-proxy.ts CLIENT.ts URL`: puts the product in front of URL and runs the client against the product instead.
 * Promise: ends with the client's own code; the recording is thrown away, unless KEEP_RECORDING names a folder for it.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratch, startProduct } from '../product.ts'
import { start } from '../program.ts'

const [client = '', target = ''] = process.argv.slice(2)
const kept = process.env.KEEP_RECORDING
const { folder, clean } = kept ? { folder: kept, clean: () => {} } : scratch()
const product = await startProduct(['--target', target], folder)
const url = new URL(target)
// The spelling of the host stays the client's: `localhost` and `127.0.0.1` are different origins.
url.port = new URL(product.ready.proxy).port
const program = start(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), client), url.href])
const { code, signal } = await program.ended
process.stdout.write(program.stdout())
process.stderr.write(program.stderr())
await product.stop()
clean()
process.exit(signal ? 1 : (code ?? 1))
