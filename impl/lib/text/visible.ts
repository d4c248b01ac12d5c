/**
 * The one place that makes foreign text fit to leave us. What a file, a name, a log or another program says may hold
 * characters that a terminal obeys and lines that a CI runner takes for its commands; whatever channel it leaves by, it
 * stays text and can be seen.
 */

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** One character as an escape that says which it is. */
export const escaped = (c: string): string => {
  const code = (c.codePointAt(0) ?? 0).toString(16)
  return NAMED.get(c) ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`)
}

/** Control characters (C0, C1, those that turn the direction of writing, halves of pairs) and separators of lines. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu

/** The same, but for what gives our own texts their lines and columns. */
const UNSEEN_IN_LINES = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu

/** Those, and characters that are two units long, which a line break may not part. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u{10000}-\u{10ffff}]/gu

/** `##[` and `##vso[` are commands to CI runners anywhere in a line. */
const inertAnywhere = (text: string): string => text.replace(/##(?=(?:vso)?\[)/gi, '##\\')

/** Runners look for `::` where the text of a line begins; a line that begins so for another reason is made to begin otherwise. */
export const inert = (line: string): string => line.replace(/^(\s*)::/, '$1\\::')

/** Foreign text on one line: line breaks are escapes too, and nothing is longer than one unit. */
export const printable = (text: string): string => inertAnywhere(text.replace(UNPRINTABLE, escaped))

/** A text of ours with foreign parts, of one or more lines: what must not reach a terminal or a runner is escaped. */
export const visible = (text: string): string =>
  inertAnywhere(text.replace(UNSEEN_IN_LINES, escaped)).split('\n').map(inert).join('\n')

/** The same, with a line that is meant to be a command: only its characters are made visible. */
export const visibleCommand = (line: string): string => line.replace(UNSEEN, escaped)

const unitEscape = (c: string): string =>
  Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

/** JSON that reads back to the same document, and in which nothing is raw that a terminal or a runner would act on. */
export const jsonText = (document: unknown, indent = 2): string =>
  JSON.stringify(document, null, indent)
    .replace(UNSEEN_IN_LINES, unitEscape)
    .replace(/##(?=(?:vso)?\[)/gi, '#\\u0023')
