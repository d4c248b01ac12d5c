/** Which targets of a command are files: C and litmus, by name, by directory, or by a quoted glob. */

import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import { isGlob, matchesGlob } from '../../impl/lib/protocol/glob.ts'

/** A target, and what it is. */
export type Target =
  | { readonly kind: 'c'; readonly file: string; readonly target: string }
  | { readonly kind: 'litmus'; readonly file: string }
  | { readonly kind: 'model'; readonly target: string }

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** C and litmus files below a directory, sorted; hidden ones and node_modules are passed over. */
const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return filesBelow(path)
      return /\.(?:c|litmus)$/.test(entry.name) ? [path] : []
    })

/** The files that a quoted glob means: `*` and `?` stand for no slash, `**` for directories. */
const filesOfGlob = (glob: string): string[] => {
  const fixed = glob.slice(0, glob.search(/[*?]/))
  const root = fixed.includes('/') ? dirname(`${fixed}x`) : '.'
  if (!isDirectory(root)) return []
  const wanted = glob.replace(/^\.\//, '')
  const depth = wanted.split('/').length
  return filesBelow(root).filter(
    (file) =>
      (wanted.includes('**') || file.replace(/^\.\//, '').split('/').length === depth) &&
      matchesGlob(wanted.replaceAll('**/', '*'), file.replace(/^\.\//, '')),
  )
}

const fileTarget = (file: string): Target =>
  file.endsWith('.litmus') ? { kind: 'litmus', file } : { kind: 'c', file, target: file }

const nothingIn = (target: string, what: string) =>
  badInput({
    code: 'no-files',
    message: `there is no C file and no litmus test in ${what} ${JSON.stringify(target)}`,
    hint: 'name files that end in .c or .litmus, or a directory that has some',
  })

/** Is it a directory that could be a protocol's name too? A path is told from a name by its slash. */
export const isBareDirectory = (target: string): boolean => !target.includes('/') && isDirectory(target)

/**
 * What a target of a command is.
 *
 * @param isName is it the name of a protocol? Asked of what could be a directory as well
 * @throws LockstepError (exit 2) `no-files`
 */
export const targetsOf = (target: string, isName: (target: string) => boolean = () => false): readonly Target[] => {
  if (target === '-') return [{ kind: 'litmus', file: target }]
  const named = cFileIn(target)
  if (isGlob(target)) {
    if (!/\.(?:c|litmus)$/.test(target) && !target.includes('**')) {
      return named === undefined || isGlob(named) ? [{ kind: 'model', target }] : [{ kind: 'c', file: named, target }]
    }
    const files = filesOfGlob(target)
    if (files.length === 0) throw nothingIn(target, 'the glob')
    return files.map(fileTarget)
  }
  if (named !== undefined) return [{ kind: 'c', file: named, target }]
  if (target.endsWith('.litmus')) return [{ kind: 'litmus', file: target }]
  if (!isDirectory(target) || (isBareDirectory(target) && isName(target))) return [{ kind: 'model', target }]
  const files = filesBelow(target)
  if (files.length === 0) throw nothingIn(target, 'the directory')
  return files.map(fileTarget)
}
