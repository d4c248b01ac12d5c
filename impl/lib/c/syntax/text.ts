/** The text of one file: what stands where in it, and how a stretch of it reads on one line. */

import { placesIn } from '../../text/place.ts'
import type { Place, SourceFile } from './source.ts'

/** A comment, or a literal in which there is none; a line that goes on; white space. */
const COLLAPSED =
  /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|(?:\/\*[^]*?\*\/|\/\/(?:\\\r?\n|[^\n])*|\\[ \t]*\r?\n|\s)+/g

/** What may be, or begin, anything of that kind; most stretches have none of it. */
const MAY_COLLAPSE = /[^!-~ ]|["'/\\]| {2}/

export class SourceText {
  readonly file: SourceFile
  private places: ((offset: number) => { readonly line?: number; readonly column?: number }) | undefined

  constructor(file: SourceFile) {
    this.file = file
  }

  get name(): string {
    return this.file.name
  }

  placeAt(offset: number): Place {
    const { firstLine: line = 1, firstColumn: column = 1 } = this.file
    this.places ??= placesIn(this.file.text, { line, column })
    const place = this.places(offset)
    return { file: this.name, line: place.line ?? 1, column: place.column ?? 1 }
  }

  /** The text between two offsets on one line: comments and white space are single spaces. */
  collapsed(start: number, end: number): string {
    const slice = this.file.text.slice(start, end)
    if (!MAY_COLLAPSE.test(slice)) return slice.trim()
    return slice.replace(COLLAPSED, (part) => (part.startsWith('"') || part.startsWith("'") ? part : ' ')).trim()
  }
}
