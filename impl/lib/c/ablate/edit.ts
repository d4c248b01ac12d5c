/** Changes of a file's text, and the text that they make: a variant is what its edits leave, and nothing else. */

/** `text` in the place of what stands between two offsets. */
export interface Edit {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly text: string
  /** whether it takes out whole statements, of which no empty line is to be left */
  readonly isStatement?: true
}

/** Stands for what was taken out, until the lines that it leaves are looked at. */
const GONE = '\0'

/** What an edit puts in: lines that it takes out leave their ends, so that all that follows stays on its line. */
const replacement = (text: string, { start, end, text: put, isStatement }: Edit): string =>
  isStatement === true
    ? text
        .slice(start, end)
        .split('\n')
        .map(() => GONE)
        .join('\n')
    : put

/** Of edits that lie in each other the outer one counts. */
const outermost = (edits: readonly Edit[]): Edit[] => {
  const kept: Edit[] = []
  let end = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start < end) continue
    kept.push(edit)
    end = edit.end
  }
  return kept
}

/** The text after edits of one file, each of whose lines is where it was. */
const replaced = (text: string, edits: readonly Edit[]): string => {
  const parts: string[] = []
  let from = 0
  for (const edit of outermost(edits)) {
    parts.push(text.slice(from, edit.start), replacement(text, edit))
    from = edit.end
  }
  return [...parts, text.slice(from)].join('')
}

/** The text after edits, with every line where it was: what a counterexample says of lines is true of the file. */
export const edited = (text: string, edits: readonly Edit[]): string => replaced(text, edits).replaceAll(GONE, '')

/** A line of which nothing is left; within a macro only if it says that the next one belongs to it as well. */
const EMPTY = /^[ \t\0]*\0[ \t\0]*(\\[ \t]*)?\r?$/

/** The same as a person would write it: without the lines of which nothing is left. */
export const tidied = (text: string, edits: readonly Edit[]): string => {
  const lines = replaced(text, edits).split('\n')
  const isLeft = (line: string, i: number): boolean => {
    const match = EMPTY.exec(line)
    if (match === null) return true
    const continues = match[1] !== undefined
    const isContinued = /\\[ \t]*\r?$/.test(lines[i - 1] ?? '')
    return isContinued && !continues
  }
  return lines
    .filter(isLeft)
    .map((line) => line.replace(/[ \t]?\0/g, ''))
    .join('\n')
}
