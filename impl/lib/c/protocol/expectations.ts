/**
 * What a C file says of its own verdicts, in comments: `// lockstep: NAME holds, NAME violated`, or with brackets that say of which
 * runs, `// lockstep[-DNO_MB tso pso]: NAME violated`. A line without -D is of the file as it is; one without a memory model of all.
 */

import type { LockstepError } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import { near } from '../../kernel/near.ts'
import type { CellVerdict } from '../../protocol/cell.ts'
import type { SourceFile } from '../syntax/source.ts'
import type { MemoryName } from './protocol.ts'
import { MEMORIES } from './protocol.ts'

/** A line. */
export interface Expectation {
  /** as `-D` has them, e.g. `NO_MB` or `N=2`; sorted */
  readonly defines: readonly string[]
  readonly memories: readonly MemoryName[]
  readonly verdicts: ReadonlyMap<string, CellVerdict>
  readonly line: number
}

const LINE = /^\s*(?:\/\/|\/?\*+)\s*lockstep(?:\[([^\]]*)\])?:(.*)$/

const FORM = 'write `// lockstep: NAME holds` or `// lockstep[-DNAME tso]: NAME violated, OTHER holds`'

const wrong = (file: string, line: number, message: string, hint = FORM): LockstepError =>
  badInput({ code: 'c-expectation', message, hint, file, line, column: 1 })

const isMemory = (word: string): word is MemoryName => MEMORIES.some((name) => name === word)

const sorted = (defines: readonly string[]): readonly string[] => [...defines].sort()

const selection = (text: string, file: string, line: number): Pick<Expectation, 'defines' | 'memories'> => {
  const words = text.split(/[\s,]+/).filter(Boolean)
  const memories = words.map((word) => word.toLowerCase()).filter(isMemory)
  const others = words.filter((word) => !isMemory(word.toLowerCase()))
  const odd = others.find((word) => !/^-D./.test(word))
  if (odd !== undefined)
    throw wrong(file, line, `${JSON.stringify(odd)} selects nothing: expected -DNAME, sc, tso or pso`)
  return {
    defines: sorted(others.map((word) => word.slice(2))),
    memories: memories.length === 0 ? MEMORIES : MEMORIES.filter((name) => memories.includes(name)),
  }
}

const verdictsIn = (text: string, file: string, line: number): ReadonlyMap<string, CellVerdict> => {
  const verdicts = new Map<string, CellVerdict>()
  for (const part of text.replace(/\*\/\s*$/, '').split(',')) {
    const [, name, verdict] = /^\s*(\w+)\s+(holds|violated)\s*$/.exec(part) ?? []
    if (name === undefined || (verdict !== 'holds' && verdict !== 'violated'))
      throw wrong(file, line, `${JSON.stringify(part.trim())} says no verdict: expected NAME holds, or NAME violated`)
    verdicts.set(name, verdict)
  }
  return verdicts
}

/**
 * The lines of a file.
 * @throws LockstepError (exit 2) `c-expectation`
 */
export const expectationsIn = ({ name, text }: SourceFile): readonly Expectation[] =>
  text.split('\n').flatMap((content, i): Expectation[] => {
    const [found, brackets = '', verdicts = ''] = LINE.exec(content) ?? []
    if (found === undefined) return []
    return [{ ...selection(brackets, name, i + 1), verdicts: verdictsIn(verdicts, name, i + 1), line: i + 1 }]
  })

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((define, i) => define === b[i])

/** The sets of -D that lines are of, each once, in the order of the file. */
export const variantsOf = (lines: readonly Expectation[]): readonly (readonly string[])[] =>
  lines
    .map(({ defines }) => defines)
    .filter((defines, i, all) => all.findIndex((other) => isSame(defines, other)) === i)

/** The lines that are of a file with these -D. */
export const expectationsFor = (lines: readonly Expectation[], defines: readonly string[]): readonly Expectation[] =>
  lines.filter((line) => isSame(line.defines, sorted(defines)))

/** The memory models that some lines are of. */
export const memoriesIn = (lines: readonly Expectation[]): readonly MemoryName[] =>
  MEMORIES.filter((memory) => lines.some(({ memories }) => memories.includes(memory)))

/**
 * What lines say under a memory model.
 * @param known names of the properties that the file has
 * @throws LockstepError (exit 2) `c-expectation` for a property that it does not have, or of which two lines say different things
 */
export const expectedUnder = (
  lines: readonly Expectation[],
  memory: MemoryName,
  { file, known }: { readonly file: string; readonly known: readonly string[] },
): ReadonlyMap<string, CellVerdict> => {
  const expected = new Map<string, CellVerdict>()
  for (const { memories, verdicts, line } of lines) {
    if (!memories.includes(memory)) continue
    for (const [name, verdict] of verdicts) {
      if (!known.includes(name)) {
        const similar = near(name, known)
        const hint = similar.length > 0 ? `did you mean ${similar.join(', ')}?` : `it has ${known.join(', ')}`
        throw wrong(file, line, `the file has no property ${name}`, hint)
      }
      const before = expected.get(name)
      if (before !== undefined && before !== verdict)
        throw wrong(file, line, `${name} is said to be ${verdict} under ${memory}, and ${before} before`)
      expected.set(name, verdict)
    }
  }
  return expected
}
