/**
 * The inspector's worker thread: follows the journals, keeps the index, serves the dashboard. Promise: it learns of traffic from the
 * journal alone; when it falls, nothing is lost but the time to read it again.
 */
import type { Server } from 'node:http'
import os from 'node:os'
import type { Duplex } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import type { ProbeAnswer } from '../core/feed.ts'
import { allowedHosts } from '../guard.ts'
import { refusal } from './access.ts'
import { apiRoutes } from './api.ts'
import type { Follower } from './follower.ts'
import { Library } from './library.ts'
import { LiveFeed, refuseUpgrade } from './live-feed.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts'
import { IndexError } from './open-index.ts'
import { readPageFiles } from './page-files.ts'
import { createDashboardServer } from './router.ts'
import { WriteWatch } from './write-watch.ts'

const POLL_MS = 20
const MAX_POLL_MS = 100
/** How often to look where nothing is written: rules judge what does not happen, too. */
const QUIET_MS = 500
/** How long to wait after the index could not be written. */
const RETRY_MS = 2000
const ASK_MS = 30_000

const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')
const setup = workerData as WorkerSetup
// Forwarding comes first. On Linux this lowers the calling thread alone; elsewhere it would lower the whole process.
if (process.platform === 'linux') os.setPriority(10)
const tell = (message: FromWorker): void => port.postMessage(message)

/** Questions to the main thread that wait for their answer. */
const asked = new Map<number, (answer: ToWorker & { type: 'answer' }) => void>()
let askedCount = 0
function ask(type: 'demo' | 'probe'): Promise<ToWorker & { type: 'answer' }> {
  const id = ++askedCount
  return new Promise((resolve, reject) => {
    const impatience = setTimeout(() => {
      asked.delete(id)
      reject(new Error('no answer within 30 s'))
    }, ASK_MS).unref()
    asked.set(id, answer => {
      asked.delete(id)
      clearTimeout(impatience)
      if (answer.error === undefined) resolve(answer)
      else reject(new Error(answer.error))
    })
    tell({ type, id })
  })
}

async function probe(): Promise<ProbeAnswer> {
  const { probe: answer } = await ask('probe')
  if (!answer) throw new Error('the probe gave no answer')
  return answer
}

/** Follows one recording until it ends: at once while there is more, else looking again after 20 to 100 ms, or when it is written again. */
async function follow(follower: Follower, watch: WriteWatch, feed: LiveFeed, stopped: () => boolean): Promise<void> {
  let delay = POLL_MS
  let wasCurrent = follower.isCurrent
  while (!stopped() && !follower.isDone) {
    const before = library.rev()
    const isQuiet = delay >= MAX_POLL_MS && follower.isCurrent && !follower.trouble
    if (isQuiet) watch.arm()
    else watch.disarm()
    let count = 0
    try {
      count = await follower.step()
      follower.trouble = undefined
    } catch (error) {
      if (!(error instanceof IndexError)) throw error
      follower.trouble = error.message
      delay = RETRY_MS
    }
    if (library.rev() > before) feed.changed()
    if (follower.isCurrent && !wasCurrent) feed.sendState()
    wasCurrent = follower.isCurrent
    if (!follower.isCurrent && !follower.trouble) await new Promise(resolve => setImmediate(resolve))
    else if (isQuiet && count === 0 && !follower.trouble) await watch.wait(QUIET_MS)
    else {
      if (count > 0) delay = POLL_MS
      await new Promise(resolve => setTimeout(resolve, delay))
      if (count === 0) delay = Math.min(MAX_POLL_MS, delay * 1.2)
    }
  }
  watch.disarm()
  feed.sendState()
}

function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      reject(taken ? new Error(`port ${wanted} is taken; name another one with --dashboard-port (0 takes a free one)`) : error)
    })
    server.listen(wanted, setup.host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : wanted)
    })
  })
}

const library = new Library(setup.recordings, setup)
let hosts: ReadonlySet<string> = new Set()
const server = createDashboardServer({
  routes: apiRoutes({ library, pageDir: setup.uiDir, demo: async () => void (await ask('demo')), probe }),
  files: readPageFiles(setup.uiDir),
  token: setup.token,
  hosts: () => hosts,
})
const feed = new LiveFeed({
  token: setup.token,
  source: { rev: () => library.rev(), state: () => library.state(), rows: query => library.rows(query) },
})

server.on('upgrade', (request, socket: Duplex, head) => {
  socket.on('error', () => socket.destroy())
  const refused = refusal(request, hosts, 'feed') ?? (request.url === '/api/feed' ? undefined : { status: 404 })
  if (refused) refuseUpgrade(socket, `${refused.status} Refused`)
  else feed.accept(request, socket, head)
})

let isStopped = false
let sampling: NodeJS.Timeout | undefined
/** With nothing left that could wake it, the thread ends by itself: to stop one in the middle of its work has a risk of its own. */
async function close(): Promise<void> {
  isStopped = true
  clearInterval(sampling)
  for (const watch of watches) watch.ring()
  feed.close()
  server.close()
  server.closeAllConnections()
  await Promise.allSettled(running)
  library.close()
  port?.close()
}

/** Answers when all that is in the journal now has been folded and judged. */
async function summarise(id: number, withinMs: number): Promise<void> {
  const patience = new Promise(resolve => setTimeout(resolve, withinMs).unref())
  const caughtUp = Promise.all(library.followers.map(follower => follower.caughtUp()))
  for (const watch of watches) watch.ring()
  await Promise.race([caughtUp, patience])
  tell({ type: 'summary', id, summary: library.summary() })
}

port.on('message', (message: ToWorker) => {
  if (message.type === 'trouble') library.trouble = message.text
  else if (message.type === 'can-demo') library.canDemo = message.value
  else if (message.type === 'answer') asked.get(message.id)?.(message)
  else if (message.type === 'summary') void summarise(message.id, message.withinMs)
  else void close()
  if (message.type === 'trouble' || message.type === 'can-demo') feed.sendState()
})

const watches = library.followers.map(({ reader }) => new WriteWatch(reader.dir))
let running: Promise<void>[] = []
try {
  const taken = await listen(server, setup.port)
  hosts = allowedHosts({ address: setup.host, port: taken }, setup.allowHosts)
  tell({ type: 'ready', port: taken })
  sampling = setInterval(() => library.sample(), 1000)
  running = library.followers.map((follower, number) => follow(follower, watches[number] as WriteWatch, feed, () => isStopped))
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  await close()
}
