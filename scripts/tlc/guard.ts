/**
 * Starts a program that dies with us, also when we are killed in a way that lets no handler run. TLC does not read its
 * standard input and would go on for hours. `prctl(PR_SET_PDEATHSIG)` is Linux only and needs a helper; so a shell, which
 * Linux and macOS both have, leaves a watcher behind and then becomes the program (same process, same exit status). The
 * watcher reads from a pipe that only we hold: a line means that all went well, the end of the pipe that we are gone. The
 * program leads a process group: what is called `java` may be a script, and what that starts is ended with it.
 */

import type { ChildProcess, StdioOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { Writable } from 'node:stream'
import { trackChild } from '../node/children.ts'

/** `$$` is the shell's own number also in the watcher, and the program's after `exec`; $1 is the directory to remove. */
const WATCH_THEN_EXEC = `
(
  trap '' INT TERM HUP
  IFS= read -r line <&3 || { kill -KILL $$; rm -rf "$1"; sleep 1; rm -rf "$1"; kill -s KILL -- -$$; }
) >/dev/null 2>&1 &
shift
exec "$@" 3<&-
`

/** The pipe to the watcher. Not stdin, which Node closes at a child's end, before anyone can say that all went well. */
const PIPE = 3

/** The watcher goes away without a kill: the program's process number may belong to another soon. */
const dismissWatcher = (child: ChildProcess): void => {
  const pipe = child.stdio[PIPE]
  if (!(pipe instanceof Writable)) return
  // the watcher may be gone already, e.g. with the whole process group
  pipe.on('error', () => undefined)
  child.once('exit', () => pipe.end('done\n'))
}

/**
 * Starts `program`, registered in children.ts.
 *
 * @param directory removed too if we are killed
 */
export const spawnGuarded = (program: string, args: readonly string[], directory: string): ChildProcess => {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
  const child =
    process.platform === 'win32'
      ? spawn(program, args, { stdio, windowsHide: true })
      : spawn('sh', ['-c', WATCH_THEN_EXEC, 'lockstep', directory, program, ...args], {
          stdio: [...stdio, 'pipe'],
          detached: true,
        })
  dismissWatcher(child)
  trackChild(child, { leader: process.platform !== 'win32' })
  return child
}
