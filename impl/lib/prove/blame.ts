/** Which conjunct of which guard, and which line of which program, is to blame for a difference. */

/** A source text with the name that errors use. */
export interface SourceText {
  readonly file: string
  readonly text: string
}

/** A place to look at. */
export interface Blame {
  readonly side: 'spec' | 'impl'
  readonly file: string
  readonly line: number
  readonly text: string
}

/** One conjunct of an action, at its first line. */
export interface Conjunct {
  readonly line: number
  readonly text: string
}

/** An action as its module defines it. */
export interface ActionDefinition {
  readonly file: string
  readonly line: number
  /** name of its parameter, if it has one */
  readonly parameter: string | undefined
  /** the top-level conjuncts, in order */
  readonly conjuncts: readonly Conjunct[]
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const withoutLineComments = (text: string): string => text.replace(/\\\*.*$/gm, (comment) => ' '.repeat(comment.length))

/** Finds the definition of an action in some modules. */
export const findAction = (modules: readonly SourceText[], action: string): ActionDefinition | undefined => {
  for (const { file, text } of modules) {
    const lines = withoutLineComments(text).split('\n')
    const head = new RegExp(`^${action}(?:\\((\\w+)\\))?\\s*==`)
    const first = lines.findIndex((line) => head.test(line))
    if (first < 0) continue
    const parameter = head.exec(lines[first] ?? '')?.[1]
    const after = lines.findIndex((line, i) => i > first && /^\S/.test(line))
    const body = lines.slice(first + 1, after < 0 ? undefined : after)
    const column = body.map((line) => line.indexOf('/\\')).find((at) => at >= 0) ?? -1
    const conjuncts: { line: number; text: string }[] = []
    body.forEach((line, i) => {
      if (column >= 0 && line.indexOf('/\\') === column && line.slice(0, column).trim() === '') {
        conjuncts.push({ line: first + 2 + i, text: line.slice(column + 2) })
      } else {
        const last = conjuncts.at(-1)
        if (last !== undefined) last.text += `\n${line}`
      }
    })
    return {
      file,
      line: first + 1,
      parameter,
      conjuncts: conjuncts.map(({ line, text: t }) => ({ line, text: oneLine(t) })),
    }
  }
  return undefined
}

const isGuard = ({ text }: Conjunct): boolean =>
  !text.includes("'") && !text.startsWith('UNCHANGED') && !text.startsWith('Goto(')

/** Evaluates a predicate in the state at hand; undefined where it cannot be. */
export type Evaluate = (predicate: string) => boolean | undefined

/** The guards of an action that are false for a vCPU in the state at hand. */
export const falseGuards = (definition: ActionDefinition, argument: number, evaluate: Evaluate): Blame[] =>
  definition.conjuncts
    .filter(isGuard)
    .filter(({ text }) => {
      const bound = definition.parameter === undefined ? text : `LET ${definition.parameter} == ${argument} IN ${text}`
      return evaluate(bound) === false
    })
    .map(({ line, text }) => ({ side: 'spec', file: definition.file, line, text }))

/** The conjuncts of an action that say what becomes of some variables. */
export const updatesOf = (definition: ActionDefinition, variables: readonly string[]): Blame[] =>
  definition.conjuncts
    .filter(({ text }) =>
      variables.some(
        (name) =>
          text.includes(`${name}'`) ||
          (name === 'pc' && text.includes('Goto(')) ||
          (text.startsWith('UNCHANGED') && new RegExp(`\\b${name}\\b`).test(text)),
      ),
    )
    .map(({ line, text }) => ({ side: 'spec', file: definition.file, line, text }))

/** The definition's own line, for want of something more precise. */
export const wholeAction = (definition: ActionDefinition, action: string): Blame => ({
  side: 'spec',
  file: definition.file,
  line: definition.line,
  text: action,
})

const lineWith = (
  sources: readonly SourceText[],
  needle: string,
): { file: string; line: number; text: string } | undefined => {
  for (const { file, text } of sources) {
    const lines = text.split('\n')
    const at = lines.findIndex((line) => line.includes(needle))
    if (at >= 0) return { file, line: at + 1, text: (lines[at] ?? '').trim() }
  }
  return undefined
}

/**
 * The line of a program that has a label. Labels may be put together from a caller's name and a suffix
 * (`${caller}_running`), so suffixes are tried too.
 */
export const programLine = (sources: readonly SourceText[], label: string): Blame | undefined => {
  const suffixes = [...label.matchAll(/_/g)].map(({ index }) => label.slice(index))
  const needles = [`'${label}'`, ...suffixes.map((s) => `}${s}\``)]
  for (const needle of needles) {
    const found = lineWith(sources, needle)
    if (found !== undefined) return { side: 'impl', ...found }
  }
  return undefined
}

/** The line of a program whose `require` refuses with these words. */
export const refusalLine = (sources: readonly SourceText[], why: string): Blame | undefined => {
  const found = lineWith(sources, `'${why}'`)
  return found === undefined ? undefined : { side: 'impl', ...found }
}
