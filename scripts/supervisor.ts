/**
 * The main thread: starts the command in a thread of its own and does nothing else, so that a signal is heard at once
 * whatever the command computes. It ends the command that does not end by itself, and cleans up behind it.
 */

import { Worker } from 'node:worker_threads'
import { finished } from 'node:stream/promises'
import { EXIT } from '../impl/lib/error.ts'
import { parentWatch } from './lib/parents.ts'
import type { Handled } from './lib/signals.ts'
import { EXIT_CODE } from './lib/signals.ts'
import { removeProcessTempDirs } from './lib/tempdir.ts'

/** What the command's thread is told when it starts: what it cannot see of the streams that it writes to. */
export interface CommandStart {
  readonly argv: readonly string[]
  readonly stdout: Terminal
  readonly stderr: Terminal
}

/** Of a stream: is it a terminal, and how wide? */
export interface Terminal {
  readonly isTTY: boolean
  readonly columns: number | undefined
}

/** How the command's thread asks for standard input. */
export const WANTS_STDIN = 'stdin'

/** How long a command may take to end in good order, in milliseconds, before it is ended as it stands. */
const PATIENCE_MS = 600

/** How often those who started us are looked for, in milliseconds. */
const WATCH_MS = 300

/** Options of `supervise`. */
export interface SuperviseOptions {
  /** end when the process that started us does; for `npm start`, which does not pass every signal on */
  readonly watchParents?: boolean
}

const terminal = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): Terminal => ({
  isTTY: isTTY === true,
  columns,
})

const startWorker = (argv: readonly string[]): Worker => {
  const start: CommandStart = { argv, stdout: terminal(process.stdout), stderr: terminal(process.stderr) }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`./command-thread.${extension}`, import.meta.url), {
    workerData: start,
    argv: [...argv],
    stdin: true,
  })
}

/** Ends the process, once. */
class Supervisor {
  readonly #worker: Worker
  readonly #argv: readonly string[]
  /** the exit code of the signal that came */
  #told: number | undefined
  #failed = false

  constructor(argv: readonly string[]) {
    this.#argv = argv
    this.#worker = startWorker(argv)
  }

  start({ watchParents = false }: SuperviseOptions): void {
    process.once('exit', removeProcessTempDirs)
    for (const signal of Object.keys(EXIT_CODE) as Handled[]) {
      process.on(signal, () => {
        this.#signal(signal)
      })
    }
    this.#watchStreams()
    const { stdin } = this.#worker
    this.#worker.on('message', (message) => {
      if (message === WANTS_STDIN && stdin !== null) process.stdin.pipe(stdin)
    })
    this.#worker.once('error', (error) => void this.#report(error))
    this.#worker.once('exit', (code) => {
      if (!this.#failed) void this.#finish(this.#told ?? code)
    })
    if (watchParents) this.#watchParents()
  }

  /** Tells the command, and ends it if that is not enough; a second signal ends it at once. */
  #signal(signal: Handled): void {
    const again = this.#told !== undefined
    this.#told ??= EXIT_CODE[signal]
    this.#worker.postMessage(signal)
    setTimeout(
      () => {
        void this.#worker.terminate()
        // a thread that is inside of the system, e.g. in a read that waits, cannot be ended; the process can
        setTimeout(() => process.exit(this.#told), PATIENCE_MS / 4)
      },
      again ? 0 : PATIENCE_MS,
    )
  }

  #watchParents(): void {
    const areThere = parentWatch()
    const timer = setInterval(() => {
      if (areThere()) return
      clearInterval(timer)
      this.#signal('SIGTERM')
    }, WATCH_MS)
  }

  #watchStreams(): void {
    // `lockstep ... | head`: the reader has what it wanted
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok)
      // what nobody can read is no answer, whatever it was
      process.stderr.write(`lockstep: cannot write to stdout: ${error.message}\n`)
      process.exit(EXIT.environment)
    })
    // words of progress to nobody
    process.stderr.on('error', () => undefined)
  }

  /** Says why the command's thread broke down. */
  async #report(error: unknown): Promise<void> {
    this.#failed = true
    const { reportError } = await import('./cli.ts')
    await this.#finish(reportError(error, this.#argv.includes('--json')))
  }

  /** Ends the process when all that was said is written. */
  async #finish(code: number): Promise<void> {
    const { stdout, stderr } = this.#worker
    await Promise.allSettled([finished(stdout), finished(stderr)])
    // the signal that ended it says more than what it said before
    process.stdout.write('', () => process.exit(this.#told ?? code))
  }
}

/** Runs the command line; the process ends with it. */
export const supervise = (argv: readonly string[], options: SuperviseOptions = {}): void => {
  new Supervisor(argv).start(options)
}
