/**
 * The process's streams between its two threads: only the main thread sees what they are and whether they can be written;
 * the thread of the command writes. Imports nothing that decides on colours when it is loaded.
 */

/** Of a stream: is it a terminal, and how wide? */
const terminal = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }) => ({
  isTTY: isTTY === true,
  columns,
})

/** What this process's streams are. */
export const terminals = () => ({ stdout: terminal(process.stdout), stderr: terminal(process.stderr) })

/** Of both streams. */
export type Terminals = ReturnType<typeof terminals>

/** Makes a thread's streams look like those of its process. */
export const adoptTerminals = ({ stdout, stderr }: Terminals): void => {
  Object.assign(process.stdout, stdout)
  Object.assign(process.stderr, stderr)
}

/** Calls back when all that was said on stdout is written. */
export const whenWritten = (done: () => void): void => {
  process.stdout.write('', done)
}
