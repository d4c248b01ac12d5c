/** What a command's thread is told by the main thread, and has to know before it loads anything. */

import { parentPort, workerData } from 'node:worker_threads'
import type { Handled } from './node/signals.ts'
import { installSignalHandlers } from './node/signals.ts'
import { askForStdin } from './node/stdin.ts'
import type { CommandStart, WANTS_STDIN as WantsStdin } from './supervision.ts'
import { adoptTerminals } from './ui/streams.ts'

/** As in supervision.ts, which is not for this thread to load. */
const WANTS_STDIN: typeof WantsStdin = 'stdin'

/** Runs a command line in this thread; `load` gives what runs it, after the streams are what they are: colours are decided when modules load. */
export const runInThread = async (load: () => Promise<(argv: readonly string[]) => Promise<void>>): Promise<void> => {
  const port = parentPort
  if (port === null) throw new TypeError('this is a thread of supervision.ts')
  const { argv, terminals } = workerData as CommandStart
  adoptTerminals(terminals)
  const handlers = new Map<string, () => void>()
  port.on('message', (signal: Handled) => handlers.get(signal)?.())
  port.unref()
  installSignalHandlers((signal, handler) => {
    handlers.set(signal, handler)
  })
  askForStdin(() => {
    port.postMessage(WANTS_STDIN)
  })
  const main = await load()
  await main(argv)
  // not by itself: a standard input that nobody closes would keep it
  process.exit()
}
