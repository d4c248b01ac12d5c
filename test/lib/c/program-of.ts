/** Reads C for tests. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CProgram, IncludeEnvironment } from '../../../impl/lib/c/index.ts'
import { loadCParser, readProgram } from '../../../impl/lib/c/index.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

const INCLUDE = join(packageRoot(), 'impl/lib/c/include')

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Headers of ours, and those beside the file. */
export const environmentOf = (defines: Readonly<Record<string, string>> = {}): IncludeEnvironment => ({
  include: (name, angled, from) => {
    for (const directory of angled ? [INCLUDE] : [dirname(from), INCLUDE]) {
      const text = read(join(directory, name))
      if (text !== undefined) return { name: join(directory, name), text }
    }
    return undefined
  },
  defines: new Map(Object.entries(defines)),
  isHeader: (file) => file.startsWith(INCLUDE),
})

/** The program of a text. */
export const programOf = async (
  text: string,
  defines: Readonly<Record<string, string>> = {},
  isOn?: (name: string) => boolean,
): Promise<CProgram> =>
  readProgram(await loadCParser(), { name: 'test.c', text }, environmentOf(defines), isOn === undefined ? {} : { isOn })
