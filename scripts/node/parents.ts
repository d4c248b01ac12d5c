/**
 * Notices that whoever started us is gone. `npm` starts a shell that starts us, and a shell that survives its npm says
 * nothing: so the shell's own parent is watched with it.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The parent of a process and the name of its program; undefined where nobody can tell. */
const processInfo = (pid: number): { readonly parent: number; readonly name: string } | undefined => {
  try {
    // the name, in parentheses, may have any characters
    const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return { parent: Number(parent), name }
  } catch {
    if (process.platform === 'linux' || process.platform === 'win32') return undefined
    const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
    const [, parent, name = ''] = /^\s*(\d+)\s+(.*?)\s*$/.exec(stdout) ?? []
    return parent === undefined ? undefined : { parent: Number(parent), name: name.replace(/^.*\//, '') }
  }
}

const SHELL = /^-?(?:sh|dash|bash|zsh|ash|busybox)$/

/** Asks whether those who started us, as they are now, are still there. */
export const parentWatch = (): (() => boolean) => {
  const parent = process.ppid
  const shell = processInfo(parent)
  const grandparent = shell !== undefined && SHELL.test(shell.name) ? shell.parent : undefined
  return () => {
    if (process.ppid !== parent) return false
    return grandparent === undefined || processInfo(parent)?.parent === grandparent
  }
}
