/** The thread that a command runs in, started by supervisor.ts: what the main thread knows and this one does not, then the command. */

import './node/same-code.ts'
import { parentPort, workerData } from 'node:worker_threads'
import type { Handled } from './node/signals.ts'
import { installSignalHandlers } from './node/signals.ts'
import { askForStdin } from './node/stdin.ts'
import type { CommandStart, WANTS_STDIN as WantsStdin } from './supervisor.ts'
import { adoptTerminals } from './ui/streams.ts'

/** As in supervisor.ts, which is not for this thread to load. */
const WANTS_STDIN: typeof WantsStdin = 'stdin'

const port = parentPort
if (port === null) throw new TypeError('this is a thread of supervisor.ts')

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

// after the streams are what they are: colours are decided when modules load
const { main } = await import('./cli.ts')
await main(argv)
// not by itself: a standard input that nobody closes would keep it
process.exit()
