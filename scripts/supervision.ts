/**
 * The main thread where a command has a thread of its own: it does nothing else, so that a signal is heard at once whatever the
 * command computes. It ends the command that does not end by itself, and cleans up behind it.
 */

import { finished } from 'node:stream/promises'
import type { Worker } from 'node:worker_threads'
import type { Problem } from '../impl/lib/kernel/error.ts'
import { environmentFailure } from '../impl/lib/kernel/error.ts'
import { parentWatch } from './node/parents.ts'
import type { Handled } from './node/signals.ts'
import { EXIT_CODE } from './node/signals.ts'
import { removeProcessTempDirs } from './node/tempdir.ts'
import { reportError } from './ui/errors.ts'
import { watchStreams } from './ui/output.ts'
import type { Terminals } from './ui/streams.ts'
import { terminals, whenWritten } from './ui/streams.ts'

/** What the command's thread is told when it starts: what it cannot see of the streams that it writes to. */
export interface CommandStart {
  readonly argv: readonly string[]
  readonly terminals: Terminals
}

/** How the command's thread asks for standard input. */
export const WANTS_STDIN = 'stdin'

/** How long a command may take to end in good order, in milliseconds, before it is ended as it stands. */
const PATIENCE_MS = 600

/** How often those who started us are looked for, in milliseconds. */
const WATCH_MS = 300

/** How the thread of a command is started. */
export type StartThread = (start: CommandStart, options: { readonly argv: string[]; readonly stdin: true }) => Worker

/** What ends a thread loses its class on the way here, and nothing else. */
const revived = (error: unknown): unknown =>
  error instanceof Error && error.name === 'LockstepError' && 'problem' in error
    ? environmentFailure(error.problem as Problem, error)
    : error

/** Ends the process, once. */
class Supervisor {
  readonly #worker: Worker
  readonly #argv: readonly string[]
  /** the exit code of the signal that came */
  #told: number | undefined
  #failed = false

  constructor(argv: readonly string[], start: StartThread) {
    this.#argv = argv
    this.#worker = start({ argv, terminals: terminals() }, { argv: [...argv], stdin: true })
    process.once('exit', removeProcessTempDirs)
    for (const signal of Object.keys(EXIT_CODE) as Handled[]) {
      process.on(signal, () => {
        this.#signal(signal)
      })
    }
    watchStreams()
    const { stdin } = this.#worker
    this.#worker.on('message', (message) => {
      if (message === WANTS_STDIN && stdin !== null) process.stdin.pipe(stdin)
    })
    this.#worker.once('error', (error) => void this.#report(error))
    this.#worker.once('exit', (code) => {
      if (!this.#failed) void this.#finish(this.#told ?? code)
    })
  }

  /** Tells the command, and ends it if that is not enough; a second signal ends it at once. */
  #signal(signal: Handled): void {
    const again = this.#told !== undefined
    this.#told ??= EXIT_CODE[signal]
    this.#worker.postMessage(signal)
    setTimeout(
      () => {
        void this.#worker.terminate()
        // a thread that is inside of the system, e.g. in an open that waits, cannot be ended, and an exit would wait for it
        setTimeout(() => {
          removeProcessTempDirs()
          process.removeAllListeners(signal)
          process.kill(process.pid, signal)
        }, PATIENCE_MS / 4)
      },
      again ? 0 : PATIENCE_MS,
    )
  }

  /** Ends it when the process that started us does. */
  watchParents(): void {
    const areThere = parentWatch()
    const timer = setInterval(() => {
      if (areThere()) return
      clearInterval(timer)
      this.#signal('SIGTERM')
    }, WATCH_MS)
  }

  /** Says why the command's thread broke down. */
  async #report(error: unknown): Promise<void> {
    this.#failed = true
    await this.#finish(reportError(revived(error), this.#argv.includes('--json')))
  }

  /** Ends the process when all that was said is written. */
  async #finish(code: number): Promise<void> {
    const { stdout, stderr } = this.#worker
    await Promise.allSettled([finished(stdout), finished(stderr)])
    // the signal that ended it says more than what it said before
    whenWritten(() => process.exit(this.#told ?? code))
  }
}

/**
 * Runs the command line; the process ends with it. `watchParents` ends it when the process that started us does: for `npm start`,
 * which does not pass every signal on.
 */
export const superviseThread = (argv: readonly string[], start: StartThread, { watchParents = false } = {}): void => {
  const supervisor = new Supervisor(argv, start)
  if (watchParents) supervisor.watchParents()
}
