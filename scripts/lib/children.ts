/** The child processes that must not outlive us. */

import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()

/** How long a child may take to obey SIGTERM, in milliseconds, before it gets SIGKILL. */
export const GRACE_MS = 2000

/** Registers a child until it ends. */
export const trackChild = (child: ChildProcess): void => {
  const forget = (): void => {
    living.delete(child)
  }
  living.add(child)
  child.once('exit', forget)
  child.once('error', forget)
}

/** Number of registered children that are still running. */
export const livingChildren = (): number => living.size

/** Kills all registered children at once; synchronous, for use while the process ends. */
export const killAllChildren = (): void => {
  for (const child of living) child.kill('SIGKILL')
  living.clear()
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Asks a child to end, and makes it after {@link GRACE_MS}; the caller waits for its `close` event. */
export const stopChild = (child: ChildProcess, graceMs: number = GRACE_MS): void => {
  if (hasEnded(child)) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  child.once('exit', () => {
    clearTimeout(timer)
  })
}

/** Is there a process of this number? One that belongs to somebody else is one too. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
