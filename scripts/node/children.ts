/** The child processes that must not outlive us. */

import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()

/** How long a child may take to obey SIGTERM, in milliseconds, before it gets SIGKILL. */
export const GRACE_MS = 2000

/** Those that lead a process group: what they have started is ended with them. */
const leaders = new WeakSet<ChildProcess>()

/** Registers a child until it has ended and its streams are closed; `leader`: it was started `detached`. */
export const trackChild = (child: ChildProcess, { leader = false } = {}): void => {
  const forget = (): void => {
    living.delete(child)
  }
  living.add(child)
  if (leader) leaders.add(child)
  child.once('close', forget)
  child.once('error', forget)
}

const send = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (leaders.has(child) && child.pid !== undefined) {
    try {
      process.kill(-child.pid, signal)
      return
    } catch {
      // nobody is left of the group
    }
  }
  child.kill(signal)
}

/** Number of registered children that are still running. */
export const livingChildren = (): number => living.size

/** Kills all registered children at once; synchronous, for use while the process ends. */
export const killAllChildren = (): void => {
  for (const child of living) send(child, 'SIGKILL')
  living.clear()
}

/**
 * Asks a registered child to end, and makes it after {@link GRACE_MS}; the caller waits for its `close` event. A wrapper may end
 * before what it has started, which then holds the streams: they are given up with the grace.
 */
export const stopChild = (child: ChildProcess, graceMs: number = GRACE_MS): void => {
  if (!living.has(child)) return
  send(child, 'SIGTERM')
  const timer = setTimeout(() => {
    send(child, 'SIGKILL')
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, graceMs)
  child.once('close', () => {
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
