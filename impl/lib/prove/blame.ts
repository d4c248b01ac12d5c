/** Which conjunct of which guard, and which line of which program, is to blame for a difference. */

import {
  bulletsIn,
  closingOf,
  isClosing,
  isOpening,
  leftSide,
  oneLine,
  splitArguments,
  substituted,
} from '../tla/module/fragment.ts'
import { tokensIn } from '../tla/module/lex.ts'
import type { ModuleDefinition } from '../tla/module/read.ts'
import { readModule } from '../tla/module/read.ts'

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
  /** its lines as they are written, the first one first */
  readonly rows: readonly string[]
}

/** An action as its module defines it. */
export interface ActionDefinition {
  readonly file: string
  readonly line: number
  /** names of its parameters */
  readonly parameters: readonly string[]
  /** the top-level conjuncts, in order; of a definition that is none, the whole of it */
  readonly conjuncts: readonly Conjunct[]
  /** everything after `==`, in one line */
  readonly body: string
}

/** Begins what has its own conjuncts, if any: they are none of the definition's. */
const WHOLE = new Set(['LET', 'IF', 'CASE', 'CHOOSE', '\\A', '\\E'])

/** Binds less than a conjunction, or reaches to the end. */
const LOOSER = new Set(['\\/', '=>', '<=>', '\\E', '\\A', 'IF'])

/** Conjuncts that are written in one line: not those below a quantifier, a condition or a disjunction. */
const inLine = (line: number, text: string): Conjunct[] => {
  const whole = [{ line, text: oneLine(text), rows: text.split('\n') }]
  const tokens = tokensIn(text)
  if (WHOLE.has(tokens[0]?.text ?? '')) return whole
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (const { text: token, start, end } of tokens) {
    if (isOpening(token)) depth += 1
    else if (isClosing(token)) depth -= 1
    if (depth > 0) continue
    if (LOOSER.has(token)) return whole
    if (token !== '/\\') continue
    parts.push(text.slice(from, start))
    from = end
  }
  return [...parts, text.slice(from)].flatMap((part) =>
    part.trim() === '' ? [] : [{ line, text: oneLine(part), rows: [part] }],
  )
}

/** Conjuncts of a bulleted list, each with what is below it. */
const bulleted = (first: number, body: string): Conjunct[] =>
  bulletsIn(body, '/\\').map(({ at, text }) => ({
    line: first + linesIn(body.slice(0, at)),
    text: oneLine(text),
    rows: text.split('\n'),
  }))

/** Line breaks of a text. */
const linesIn = (text: string): number => text.split('\n').length - 1

const actionOf = ({ file, text }: SourceText, definition: ModuleDefinition): ActionDefinition => {
  const { line, parameters, body, start, end } = definition
  const bodyLine = line + linesIn(text.slice(start, end - body.length))
  const listed = /^[^\S\n]*\n/.test(body) ? bulleted(bodyLine, body) : []
  const conjuncts = listed.length > 0 ? listed : inLine(bodyLine, body)
  return { file, line, parameters, conjuncts, body: oneLine(body) }
}

/** A module is read once, however often it is asked. */
const read = new WeakMap<SourceText, ReadonlyMap<string, ActionDefinition>>()

const definitionsOf = (module: SourceText): ReadonlyMap<string, ActionDefinition> => {
  const known = read.get(module)
  if (known !== undefined) return known
  const operators = readModule(module.text).definitions.filter(({ kind, isLocal }) => kind === 'operator' && !isLocal)
  // the first of a name counts
  const all = new Map(operators.reverse().map((definition) => [definition.name, actionOf(module, definition)]))
  read.set(module, all)
  return all
}

/** Finds the definition of an action, or of any other operator, in some modules. */
export const findAction = (modules: readonly SourceText[], action: string): ActionDefinition | undefined => {
  for (const module of modules) {
    const found = definitionsOf(module).get(action)
    if (found !== undefined) return found
  }
  return undefined
}

/** An operator that a text applies. */
interface Call {
  readonly name: string
  readonly args: readonly string[]
  readonly definition: ActionDefinition
}

/** Operators of the modules that a text applies, from left to right. */
const callsIn = (modules: readonly SourceText[], text: string): Call[] => {
  const tokens = tokensIn(text)
  return tokens.flatMap(({ kind, text: name, end }, i): Call[] => {
    const definition = kind === 'name' && tokens[i + 1]?.text !== "'" ? findAction(modules, name) : undefined
    if (definition === undefined) return []
    const close = text.charAt(end) === '(' ? closingOf(tokens, i + 1) : undefined
    const args = close === undefined ? [] : splitArguments(text.slice(end + 1, close.start))
    return args.length === definition.parameters.length ? [{ name, args, definition }] : []
  })
}

const MOST_TEXT = 120

const headOf = ({ name, definition }: Call): Blame =>
  wholeAction(definition, `${leftSide(name, definition.parameters)} == ${definition.body}`.slice(0, MOST_TEXT))

/** A step, in part or as a whole: it says what becomes of something. */
const isStepBody = (body: string): boolean => /'|\bUNCHANGED\b/.test(body)

/** Only says where a thread is, which the label says already. */
const isPlace = ({ definition }: Call): boolean => /^pc\b/.test(definition.body) || /\bpc'/.test(definition.body)

/** One of each line. */
export const unique = (all: readonly Blame[]): Blame[] =>
  all.filter((b, i) => all.findIndex((o) => o.file === b.file && o.line === b.line) === i)

/** The predicates and functions that a text is put together from, with those that they are put together from. */
export const helpersOf = (
  modules: readonly SourceText[],
  text: string,
  seen: ReadonlySet<string> = new Set(),
): Blame[] => {
  const calls = callsIn(modules, text).filter((call) => !seen.has(call.name) && !isPlace(call))
  const known = new Set([...seen, ...calls.map(({ name }) => name)])
  return unique(
    calls
      // a definition without what it is given to work on is a tuple of variables or a set of values
      .filter(({ definition }) => definition.parameters.length > 0 || /[=~<>\\]/.test(definition.body))
      .flatMap((call) => [headOf(call), ...helpersOf(modules, call.definition.body, known)]),
  )
}

/** Does a text speak of a variable, itself or through what it applies? */
const speaksOf = (
  modules: readonly SourceText[],
  text: string,
  variables: readonly string[],
  seen = new Set<string>(),
): boolean => {
  if (variables.some((name) => new RegExp(`\\b${name}\\b`).test(text))) return true
  return callsIn(modules, text).some(({ name, definition }) => {
    if (seen.has(name)) return false
    seen.add(name)
    return speaksOf(modules, definition.body, variables, seen)
  })
}

const isGuard = ({ text }: Conjunct): boolean =>
  !text.includes("'") && !text.startsWith('UNCHANGED') && !text.startsWith('Goto(')

/** Evaluates a predicate in the state at hand; undefined where it cannot be. */
export type Evaluate = (predicate: string) => boolean | undefined

/** Steps of a library, or of the module's own, that a conjunct takes part in; none in one that is a guard. */
const stepsIn = (modules: readonly SourceText[], text: string): Call[] =>
  callsIn(modules, text).filter((call) => isStepBody(call.definition.body) && !isPlace(call))

/** The n-th line of a conjunct; its first one unless told. */
const conjunctLine = ({ file }: ActionDefinition, { line, rows }: Conjunct, n = 0): Blame => ({
  side: 'spec',
  file,
  line: line + n,
  text: oneLine(rows[n] ?? '').replace(n === 0 ? '' : /^\/\\ /, ''),
})

/** The first line of a conjunct, and those of its lines that are wanted. */
const rowsOf = (definition: ActionDefinition, conjunct: Conjunct, wanted: (row: string) => boolean): Blame[] =>
  conjunct.rows.flatMap((row, n) => (n === 0 || wanted(row) ? [conjunctLine(definition, conjunct, n)] : []))

/**
 * The guards of an action that are false for some arguments in the state at hand, and the predicates that they are made
 * of. Where a conjunct is a step of a library (`mutex_lock(th, v, holder)`), its own guards are looked at.
 */
export const falseGuards = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  args: readonly string[],
  evaluate: Evaluate,
): Blame[] =>
  unique(
    definition.conjuncts.flatMap((conjunct): Blame[] => {
      const bound = substituted(conjunct.text, definition.parameters, args)
      const steps = stepsIn(modules, bound)
      const within = steps.flatMap((call) => falseGuards(modules, call.definition, call.args, evaluate))
      if (within.length > 0) return [conjunctLine(definition, conjunct), ...within]
      if (steps.length > 0 || !isGuard(conjunct) || evaluate(bound) !== false) return []
      return [conjunctLine(definition, conjunct), ...helpersOf(modules, bound)]
    }),
  )

/** Does a conjunct itself say what becomes of some variables? */
const updatesItself = (modules: readonly SourceText[], text: string, variables: readonly string[]): boolean =>
  variables.some((name) => new RegExp(`\\b${name}'`).test(text) || (name === 'pc' && /\bGoto\(/.test(text))) ||
  [...text.matchAll(/\bUNCHANGED\s+(?:<<(.*?)>>|(\w+))/g)].some(([, list, name]) =>
    speaksOf(modules, list ?? name ?? '', variables),
  )

/**
 * The conjuncts of an action that say what becomes of some variables, those of a library's steps too, and what they are
 * worked out with.
 */
export const updatesOf = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  variables: readonly string[],
): Blame[] => unique(updateLines(modules, definition, variables, 6))

const updateLines = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  variables: readonly string[],
  depth: number,
): Blame[] => {
  if (depth === 0) return []
  const updates = (step: ActionDefinition): boolean => updateLines(modules, step, variables, depth - 1).length > 0
  return definition.conjuncts.flatMap((conjunct): Blame[] => {
    const within = stepsIn(modules, conjunct.text).flatMap((call) =>
      updateLines(modules, call.definition, variables, depth - 1),
    )
    const itself = updatesItself(modules, conjunct.text, variables)
    if (!itself && within.length === 0) return []
    const isUnchanged = /^\s*UNCHANGED\b/.test(conjunct.text)
    const helpers = itself && !isUnchanged ? helpersOf(modules, conjunct.text).filter((b) => !b.text.includes("'")) : []
    const wanted = (row: string): boolean =>
      updatesItself(modules, row, variables) || stepsIn(modules, row).some(({ definition: d }) => updates(d))
    return [...rowsOf(definition, conjunct, wanted), ...within, ...helpers]
  })
}

/** The conjuncts that have something to do with some variables, and what they are made of: what lets a step be taken. */
export const aboutOf = (
  modules: readonly SourceText[],
  definition: ActionDefinition,
  variables: readonly string[],
): Blame[] =>
  unique(
    definition.conjuncts.flatMap((conjunct): Blame[] => {
      const steps = stepsIn(modules, conjunct.text)
      const relevant = steps.some(({ definition: { body } }) => speaksOf(modules, guardText(body), variables))
      if (relevant) {
        const within = steps.flatMap((call) => aboutOf(modules, call.definition, variables))
        return [conjunctLine(definition, conjunct), ...within]
      }
      if (!isGuard(conjunct) || !speaksOf(modules, conjunct.text, variables)) return []
      return [conjunctLine(definition, conjunct), ...helpersOf(modules, conjunct.text)]
    }),
  )

/** What a step says besides which variables stay as they are. */
const guardText = (body: string): string => body.replace(/\bUNCHANGED\s+(?:<<.*?>>|\w+)/g, '')

/** The definition's own line, for want of something more precise. */
export const wholeAction = ({ file, line }: ActionDefinition, text: string): Blame => ({
  side: 'spec',
  file,
  line,
  text,
})
