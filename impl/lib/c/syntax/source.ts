/** Where things are in C source files: each part of the syntax tree knows the text that it was written as, before any macro. */

/** A place in a file that a person may open; line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A stretch of source. What comes of a macro has the place of its use, in the file that uses it. */
export interface Span extends Place {
  /**
   * As it is written in the file, white space and comments collapsed to single spaces: for what comes of a macro the whole use of it,
   * e.g. `wait_event(wq, READ_ONCE(done))`.
   */
  readonly text: string
  /** offsets in the file of where it begins and of what comes behind it */
  readonly start: number
  readonly end: number
}

/** A word of a file that became part of the program: it is where it stands, or in a macro that is used. */
export interface WrittenWord {
  readonly file: SourceFile
  readonly start: number
}

/** A file, or a part of one that begins at some line and column of it. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  /** 1 if not given */
  readonly firstLine?: number
  /** 1 if not given */
  readonly firstColumn?: number
}

/** What the preprocessor asks of the outside. */
export interface IncludeEnvironment {
  /** The file that `#include <name>` (angled) or `#include "name"` in the file called `from` means; undefined if there is none. */
  include(name: string, angled: boolean, from: string): SourceFile | undefined
  /** `-D`: names and what each stands for; a name may have parameters, as in `-D 'F(x)=x'` */
  readonly defines: ReadonlyMap<string, string>
  /** files that are read before each, as by `-include` of gcc */
  readonly prelude?: readonly SourceFile[]
  /** whether the file of that name is one of many that all programs include: what is made of it is kept */
  isHeader(file: string): boolean
}
