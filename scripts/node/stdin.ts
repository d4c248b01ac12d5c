/**
 * Standard input for the thread that a command runs in. The main thread passes it on, and only when it is asked: whoever
 * reads a terminal in the background is stopped.
 */

import type { Readable } from 'node:stream'

/** File descriptor of standard input; `process.stdin` of another thread has none. */
export const STDIN = 0

let ask = (): void => undefined

/** Says how to ask for it; where nobody says, `process.stdin` is there as it is. */
export const askForStdin = (how: () => void): void => {
  ask = how
}

/** Standard input. */
export const standardInput = (): Readable => {
  ask()
  ask = () => undefined
  return process.stdin
}
