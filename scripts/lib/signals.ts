/** Ends what we started when we are told to end: children first, then temporary directories, then the exit code. */

import { killAllChildren } from './children.ts'
import { removeAllTempDirs } from './tempdir.ts'

/** Exit codes by convention: 128 and the signal's number. */
const EXIT_CODE = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

type Handled = keyof typeof EXIT_CODE

const cleanUp = (): void => {
  killAllChildren()
  removeAllTempDirs()
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
 */
export const installSignalHandlers = (): void => {
  if (installed) return
  installed = true
  process.once('exit', cleanUp)
  for (const signal of Object.keys(EXIT_CODE) as Handled[]) {
    process.on(signal, () => {
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
