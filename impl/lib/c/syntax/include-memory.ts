/**
 * What was made of files that all programs include: of lockstep.h, when many litmus tests are read by one command. What a file leaves
 * behind follows from what was there before it and from the files that it includes in its turn; both are compared before it is used again.
 */

import type { Declaration } from './ast.ts'
import type { Macro } from './macro.ts'
import type { IncludeEnvironment, SourceFile } from './source.ts'
import type { Token } from './token.ts'

/** An `#include` and the file that it found. */
export interface Note {
  readonly name: string
  readonly angled: boolean
  readonly from: string
  readonly file: SourceFile
}

export interface State {
  readonly macros: ReadonlyMap<string, Macro>
  readonly count: number
  readonly once: readonly string[]
  readonly characters: number
  /** what came out of it */
  readonly out: readonly Declaration[]
}

export interface Kept {
  /** the history of who goes on from here */
  readonly id: string
  readonly file: SourceFile
  readonly notes: readonly Note[]
  readonly state: State
}

/** Older ones are forgotten beyond that. */
const MOST = 200

const isSameFile = (a: SourceFile, b: SourceFile | undefined): boolean =>
  a === b || (a.name === b?.name && a.text === b.text && a.firstLine === b.firstLine && a.firstColumn === b.firstColumn)

export class IncludeMemory {
  private readonly kept = new Map<string, Kept>()
  private readonly lexed = new Map<string, { readonly file: SourceFile; readonly tokens: readonly Token[] }>()
  private notes: Note[] = []
  private last = 0

  /** The tokens of a file: a header is included by many programs, and often more than once. */
  tokensOf(file: SourceFile, isHeader: boolean, lex: () => readonly Token[]): readonly Token[] {
    if (!isHeader) return lex()
    const known = this.lexed.get(file.name)
    if (known !== undefined && isSameFile(known.file, file)) return known.tokens
    const tokens = lex()
    remember(this.lexed, file.name, { file, tokens })
    return tokens
  }

  note(note: Note): void {
    this.notes.push(note)
  }

  /** Begins to gather the includes of a file; what is returned goes to `end()`. */
  begin(): Note[] {
    const outer = this.notes
    this.notes = []
    return outer
  }

  end(outer: Note[]): Note[] {
    const inner = this.notes
    this.notes = outer
    for (const note of inner) outer.push(note)
    return inner
  }

  find(history: string, file: SourceFile, environment: IncludeEnvironment): Kept | undefined {
    const kept = this.kept.get(JSON.stringify([history, file.name]))
    if (kept === undefined || !isSameFile(kept.file, file)) return undefined
    const isAlike = kept.notes.every(({ name, angled, from, file: found }) =>
      isSameFile(found, environment.include(name, angled, from)),
    )
    return isAlike ? kept : undefined
  }

  /** Keeps what a file left behind; what is returned is the history of what comes next. */
  keep(history: string, file: SourceFile, notes: readonly Note[], state: State): string {
    const id = `#${++this.last}`
    remember(this.kept, JSON.stringify([history, file.name]), { id, file, notes, state })
    return id
  }
}

const remember = <V>(map: Map<string, V>, key: string, value: V): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST && oldest !== undefined) map.delete(oldest)
}
