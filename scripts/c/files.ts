/**
 * The files that a C file is made of: itself, what it includes of ours, and of the user's own what is beside it or where `-I` says.
 * What was read is remembered: whoever reads it again must find the same.
 */

import { hash } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { badInput, environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { IncludeEnvironment, SourceFile } from '../../impl/lib/c/syntax/source.ts'
import { readPlainText } from '../node/input.ts'
import { OURS, packageRoot } from '../workspace/package.ts'

/** How C files are read, as the command line says it. */
export interface CReading {
  /** `NAME` or `NAME=VALUE` */
  readonly define: readonly string[]
  /** directories */
  readonly include: readonly string[]
}

/** The directory of our headers, in the package: C is not built. */
const HEADERS = 'impl/lib/c/include'

/** Where they are. */
export const headersDirectory = (): string => join(packageRoot(), HEADERS)

/** What stands before the names of our headers. */
const OUR_HEADERS = `${OURS}${HEADERS}/`

const isOurs = (name: string): boolean => name.startsWith(OUR_HEADERS)

/** `-D`: names and what they stand for; a name alone stands for 1, as with gcc. */
export const definesOf = (define: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    define.map((text): [string, string] => {
      const at = text.indexOf('=')
      const [name, value] = at < 0 ? [text, '1'] : [text.slice(0, at), text.slice(at + 1)]
      if (/^[A-Za-z_]\w*(?:\([\w\s,.]*\))?$/.test(name)) return [name, value]
      throw badInput({
        code: 'usage',
        message: `-D ${JSON.stringify(text)} defines no name`,
        hint: 'write -D NAME or -D NAME=VALUE',
      })
    }),
  )

const isWithin = (directory: string, file: string): boolean => {
  const path = relative(directory, file)
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
}

/** The files of one C file. */
export class CFiles implements IncludeEnvironment {
  readonly main: SourceFile
  readonly defines: ReadonlyMap<string, string>
  private readonly directories: readonly string[]
  /** real paths of the directories in which a file of the user's may be */
  private readonly allowed: readonly string[]
  /** texts by name, ours among them */
  private readonly read = new Map<string, SourceFile>()

  /** @throws LockstepError (exit 2) `unreadable`, `usage` */
  constructor(file: string, { define, include }: CReading, text = readPlainText(file, 'C file')) {
    this.main = { name: file, text }
    this.defines = definesOf(define)
    this.directories = include
    for (const directory of include)
      if (!existsSync(directory))
        throw badInput({
          code: 'usage',
          message: `-I ${directory}: there is no such directory`,
          hint: 'name the directory of your headers',
        })
    this.allowed = [dirname(file), ...include].map((directory) => realpathSync(resolve(directory)))
    this.read.set(file, this.main)
  }

  isHeader(name: string): boolean {
    return isOurs(name)
  }

  private open(name: string, path: string): SourceFile {
    const known = this.read.get(name)
    if (known !== undefined) return known
    const file = { name, text: readPlainText(path, 'header') }
    this.read.set(name, file)
    return file
  }

  /** A file of the user's, which is in none but the directories that were named. */
  private own(name: string): SourceFile | undefined {
    if (!existsSync(name)) return undefined
    const real = realpathSync(name)
    return this.allowed.some((directory) => isWithin(directory, real)) ? this.open(name, name) : undefined
  }

  private ours(path: string): SourceFile | undefined {
    const normal = join('/', path).slice(1)
    const file = join(headersDirectory(), normal)
    return existsSync(file) ? this.open(`${OUR_HEADERS}${normal.replaceAll('\\', '/')}`, file) : undefined
  }

  include(name: string, angled: boolean, from: string): SourceFile | undefined {
    if (isOurs(from)) {
      const beside = join(dirname(from.slice(OUR_HEADERS.length)), name)
      return (angled ? undefined : this.ours(beside)) ?? this.ours(name)
    }
    if (isAbsolute(name)) return undefined
    const places = [...(angled ? [] : [dirname(from)]), ...this.directories]
    for (const directory of places) {
      const found = this.own(join(directory, name))
      if (found !== undefined) return found
    }
    return this.ours(name)
  }

  /** The text of a file that was read. */
  textOf(name: string): string | undefined {
    return this.read.get(name)?.text
  }

  /** Was a header of ours read, by the name that it is included by? */
  hasRead(header: string): boolean {
    return this.read.has(OUR_HEADERS + header)
  }

  /** sha256 of each file that was read, by its name. */
  get hashes(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.read].map(([name, { text }]) => [name, hash('sha256', text)]))
  }

  /** The user's own files that were read. */
  get ownFiles(): readonly string[] {
    return [...this.read.keys()].filter((name) => !isOurs(name))
  }

  /**
   * Refuses to say of files what was found of their former text.
   * @throws LockstepError (exit 3) `changed-since-load`
   */
  assertUnchanged(): void {
    for (const [name, { text }] of this.read) {
      const path = isOurs(name) ? join(packageRoot(), name.slice(OURS.length)) : name
      let now: string | undefined
      try {
        now = readPlainText(path, 'C file')
      } catch {
        // gone is changed
      }
      if (now === text) continue
      throw environmentFailure({
        code: 'changed-since-load',
        message: 'the file was changed while the command ran: what was found is of its former text',
        file: name,
        hint: 'run the command again',
      })
    }
  }
}
