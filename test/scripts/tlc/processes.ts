/** For tests about the end of processes: programs made of our sources, and waiting for what they leave. */

import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const SOURCES = fileURLToPath(new URL('../../../', import.meta.url))

/** Makes one module of a source and all that it imports, since Node 20 runs no TypeScript; its path. */
export const bundle = async (directory: string, source: string): Promise<string> => {
  const outDir = join(directory, 'bundle')
  const name = `${basename(source, '.ts')}.mjs`
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: { ssr: resolve(SOURCES, source), outDir, rollupOptions: { output: { entryFileNames: name } } },
  })
  return join(outDir, name)
}

/** Whether a process has ended; one that nobody has waited for yet (a zombie) has. */
export const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return true
  }
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
  } catch {
    // no /proc on this system
    return false
  }
}

/** Polls until the condition is true; an error if it is not in time. */
export const until = async (condition: () => boolean, what: string, deadlineMs = 10_000): Promise<void> => {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
