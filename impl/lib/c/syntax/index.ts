/**
 * From C source text to a tree: preprocessor, then tree-sitter on one declaration after another. What the words mean is not decided
 * here. Whatever of a program comes from headers that all programs include is read once.
 */

import type { TranslationUnit } from './ast.ts'
import { IncludeMemory } from './include-memory.ts'
import { loadShapes } from './load.ts'
import { Preprocessor } from './preprocess.ts'
import { Program } from './program.ts'
import type { Shapes } from './shape.ts'
import type { IncludeEnvironment, SourceFile, WrittenWord } from './source.ts'
import type { Token } from './token.ts'

export type * from './ast.ts'
export type { CSyntaxCode } from './error.ts'
export type { IncludeEnvironment, Place, SourceFile, Span, WrittenWord } from './source.ts'

export class CParser {
  private readonly shapes: Shapes
  private readonly memory = new IncludeMemory()

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  /**
   * Reads a file with all that it includes; throws the first thing that is wrong with it. `onWord` is told of the words that became
   * part of the program, some of them more than once; not of those of headers that were read before.
   */
  parse(file: SourceFile, environment: IncludeEnvironment, onWord?: (word: WrittenWord) => void): TranslationUnit {
    const program = new Program(this.shapes)
    const told =
      onWord === undefined
        ? undefined
        : (token: Token) => {
            onWord({ file: token.source.file, start: token.start })
          }
    new Preprocessor(environment, program, this.memory, told).run(file)
    program.finish()
    return { file: file.name, declarations: program.declarations }
  }
}

let loaded: Promise<CParser> | undefined

/** The parser, one for a process; the first time takes some 50 ms. */
export const loadCParser = (): Promise<CParser> => (loaded ??= loadShapes().then((shapes) => new CParser(shapes)))
