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
  /** names of its parameters */
  readonly parameters: readonly string[]
  /** the top-level conjuncts, in order */
  readonly conjuncts: readonly Conjunct[]
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const withoutLineComments = (text: string): string => text.replace(/\\\*.*$/gm, (comment) => ' '.repeat(comment.length))

/** Finds the definition of an action in some modules. */
export const findAction = (modules: readonly SourceText[], action: string): ActionDefinition | undefined => {
  for (const { file, text } of modules) {
    const lines = withoutLineComments(text).split('\n')
    const head = new RegExp(`^${action}(?:\\(([\\w, ]+)\\))?\\s*==`)
    const first = lines.findIndex((line) => head.test(line))
    if (first < 0) continue
    const list = head.exec(lines[first] ?? '')?.[1]
    const parameters = list === undefined ? [] : list.split(',').map((p) => p.trim())
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
      parameters,
      conjuncts: conjuncts.map(({ line, text: t }) => ({ line, text: oneLine(t) })),
    }
  }
  return undefined
}

const isGuard = ({ text }: Conjunct): boolean =>
  !text.includes("'") && !text.startsWith('UNCHANGED') && !text.startsWith('Goto(')

/** Evaluates a predicate in the state at hand; undefined where it cannot be. */
export type Evaluate = (predicate: string) => boolean | undefined

/** The text with arguments in the places of parameters. */
export const substituted = (text: string, parameters: readonly string[], args: readonly string[]): string =>
  parameters.length === 0
    ? text
    : text.replace(new RegExp(`\\b(${parameters.join('|')})\\b`, 'g'), (name) => args[parameters.indexOf(name)] ?? name)

/** Arguments of an operator, which may have commas in brackets of their own. */
export const splitArguments = (text: string): string[] => {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if ('([{<'.includes(c)) depth += 1
    else if (')]}>'.includes(c)) depth -= 1
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}

/** The operator that a conjunct applies, if it is nothing else and the modules define it by conjuncts with primes. */
const applied = (
  modules: readonly SourceText[],
  text: string,
): { definition: ActionDefinition; args: string[] } | undefined => {
  const [, name, list] = /^(\w+)\((.*)\)$/.exec(text) ?? []
  if (name === undefined || list === undefined) return undefined
  const definition = findAction(modules, name)
  const args = splitArguments(list)
  const isStep = definition?.conjuncts.some((c) => c.text.includes("'") || c.text.startsWith('UNCHANGED')) === true
  return definition !== undefined && isStep && args.length === definition.parameters.length
    ? { definition, args }
    : undefined
}

/**
 * The guards of an action that are false for some arguments in the state at hand. Where a conjunct is a step of a library
 * (`mutex_lock(th, v, holder)`), its own guards are looked at.
 */
export const falseGuards = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  args: readonly string[],
  evaluate: Evaluate,
): Blame[] =>
  definition.conjuncts.flatMap((conjunct): Blame[] => {
    const bound = substituted(conjunct.text, definition.parameters, args)
    const step = applied(modules, bound)
    if (step !== undefined) return falseGuards(modules, step.definition, step.args, evaluate)
    if (!isGuard(conjunct) || evaluate(bound) !== false) return []
    return [{ side: 'spec', file: definition.file, line: conjunct.line, text: conjunct.text }]
  })

/** The conjuncts of an action that say what becomes of some variables, those of a library's steps too. */
export const updatesOf = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  variables: readonly string[],
): Blame[] =>
  definition.conjuncts.flatMap(({ line, text }): Blame[] => {
    const step = applied(modules, text)
    if (step !== undefined) return updatesOf(modules, step.definition, variables)
    const updates = variables.some(
      (name) =>
        text.includes(`${name}'`) ||
        (name === 'pc' && text.includes('Goto(')) ||
        (text.startsWith('UNCHANGED') && new RegExp(`\\b${name}\\b`).test(text)),
    )
    return updates ? [{ side: 'spec', file: definition.file, line, text }] : []
  })

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
