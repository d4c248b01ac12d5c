/** Ends what we started when we are told to end: children first, then temporary directories, then the exit code. */

import { killAllChildren } from './children.ts'
import { removeAllTempDirs } from './tempdir.ts'

/** Exit codes by convention: 128 and the signal's number. */
export const EXIT_CODE = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The signals that end us in good order. */
export type Handled = keyof typeof EXIT_CODE

const cleanUp = (): void => {
  killAllChildren()
  removeAllTempDirs()
}

/** How a handler is told of a signal. */
export type Hear = (signal: Handled, handler: () => void) => void

/** Ours only where this is the main thread: Node tells no other. */
const fromProcess: Hear = (signal, handler) => {
  process.on(signal, handler)
}

let installed = false

/** Who ends the process in our place: a command that has something to say first. */
let interceptor: ((exitCode: number) => void) | undefined

/**
 * Until the returned function is called, a signal calls `handler` with the exit code to end with, once; a second one ends
 * us at once.
 */
export const interceptSignals = (handler: (exitCode: number) => void): (() => void) => {
  interceptor = handler
  return () => {
    if (interceptor === handler) interceptor = undefined
  }
}

/**
 * Installs the handlers once: SIGINT ends us with 130, SIGTERM with 143, SIGHUP with 129, each after the children are
 * killed and the temporary directories removed; an ordinary exit or an uncaught exception cleans up as well.
 *
 * @param hear who tells of a signal; the process, unless told
 */
export const installSignalHandlers = (hear: Hear = fromProcess): void => {
  if (installed) return
  installed = true
  process.once('exit', cleanUp)
  for (const signal of Object.keys(EXIT_CODE) as Handled[]) {
    hear(signal, () => {
      const handler = interceptor
      interceptor = undefined
      if (handler !== undefined) {
        handler(EXIT_CODE[signal])
        return
      }
      cleanUp()
      process.exit(EXIT_CODE[signal])
    })
  }
}
