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

/**
 * Installs the handlers once: SIGINT ends us with 130, SIGTERM with 143, SIGHUP with 129, each after the children are
 * killed and the temporary directories removed; an ordinary exit or an uncaught exception cleans up as well.
 */
export const installSignalHandlers = (): void => {
  if (installed) return
  installed = true
  process.once('exit', cleanUp)
  for (const signal of Object.keys(EXIT_CODE) as Handled[]) {
    process.once(signal, () => {
      cleanUp()
      process.exit(EXIT_CODE[signal])
    })
  }
}
