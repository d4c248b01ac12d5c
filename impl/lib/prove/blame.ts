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

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The text without comments, every character else at its place. */
const withoutComments = (text: string): string =>
  text.replace(/\(\*[\s\S]*?\*\)|\\\*.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '))

/** Conjuncts that are written in one line: not those below a quantifier, a condition or a disjunction. */
const inLine = (line: number, text: string): Conjunct[] => {
  const whole = [{ line, text: oneLine(text), rows: text.split('\n') }]
  if (/^\s*(?:LET|IF|CASE|CHOOSE|\\[AE])\b/.test(text)) return whole
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if ('([{'.includes(c)) depth += 1
    else if (')]}'.includes(c)) depth -= 1
    const pair = depth === 0 ? text.slice(i, i + 2) : ''
    if (pair === '\\/' || pair === '=>' || (pair === '\\E' && i > 0) || pair === '\\A' || pair === 'IF') return whole
    if (pair !== '/\\') continue
    parts.push(text.slice(start, i))
    start = i + 2
  }
  return [...parts, text.slice(start)].flatMap((part) =>
    part.trim() === '' ? [] : [{ line, text: oneLine(part), rows: [part] }],
  )
}

/** Conjuncts of a bulleted list, each with what is below it. */
const bulleted = (first: number, body: readonly string[]): Conjunct[] => {
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
  return conjuncts.map(({ line, text }) => ({ line, text: oneLine(text), rows: text.split('\n') }))
}

const HEAD = /^(\w+)(?:\(([\w, ]+)\))?\s*==(.*)$/

const definitionAt = (file: string, lines: readonly string[], first: number): [string, ActionDefinition][] => {
  const [, name, list, rest = ''] = HEAD.exec(lines[first] ?? '') ?? []
  if (name === undefined) return []
  const after = lines.findIndex((line, i) => i > first && /^\S/.test(line))
  const below = lines.slice(first + 1, after < 0 ? undefined : after)
  const body = [rest, ...below].join('\n')
  const listed = rest.trim() === '' ? bulleted(first, below) : []
  const definition = {
    file,
    line: first + 1,
    parameters: list === undefined ? [] : list.split(',').map((p) => p.trim()),
    conjuncts: listed.length > 0 ? listed : inLine(first + 1, body),
    body: oneLine(body),
  }
  return [[name, definition]]
}

/** A module is read once, however often it is asked. */
const read = new WeakMap<SourceText, ReadonlyMap<string, ActionDefinition>>()

const definitionsOf = (module: SourceText): ReadonlyMap<string, ActionDefinition> => {
  const known = read.get(module)
  if (known !== undefined) return known
  const lines = withoutComments(module.text).split('\n')
  const all = new Map(lines.flatMap((_, first) => definitionAt(module.file, lines, first)).reverse())
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

/** Where the bracket that opens at `at` closes. */
const closing = (text: string, at: number): number => {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if ('([{'.includes(text.charAt(i))) depth += 1
    else if (')]}'.includes(text.charAt(i)) && --depth === 0) return i
  }
  return -1
}

/** Operators of the modules that a text applies, from left to right; strings are no names. */
const callsIn = (modules: readonly SourceText[], text: string): Call[] => {
  const bare = text.replace(/"[^"]*"/g, (quoted) => '"'.repeat(quoted.length))
  return [...bare.matchAll(/\b[A-Za-z_]\w*\b(?!')/g)].flatMap((found): Call[] => {
    const [name] = found
    const definition = findAction(modules, name)
    if (definition === undefined) return []
    const open = found.index + name.length
    const end = text[open] === '(' ? closing(text, open) : -1
    const args = end < 0 ? [] : splitArguments(text.slice(open + 1, end))
    return args.length === definition.parameters.length ? [{ name, args, definition }] : []
  })
}

const headOf = ({ name, definition }: Call): Blame => ({
  side: 'spec',
  file: definition.file,
  line: definition.line,
  text: `${name}${definition.parameters.length === 0 ? '' : `(${definition.parameters.join(', ')})`} == ${definition.body}`.slice(
    0,
    MOST_TEXT,
  ),
})

const MOST_TEXT = 120

/** A step, in part or as a whole: it says what becomes of something. */
const isStepBody = (body: string): boolean => /'|\bUNCHANGED\b/.test(body)

/** Only says where a thread is, which the label says already. */
const isPlace = ({ definition }: Call): boolean => /^pc\b/.test(definition.body) || /\bpc'/.test(definition.body)

const unique = (all: readonly Blame[]): Blame[] =>
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

/** Steps of a library, or of the module's own, that a conjunct takes part in; none in one that is a guard. */
const stepsIn = (modules: readonly SourceText[], text: string): Call[] =>
  callsIn(modules, text).filter((call) => isStepBody(call.definition.body) && !isPlace(call))

const conjunctLine = ({ file }: ActionDefinition, { line, rows: [row = ''] }: Conjunct): Blame => ({
  side: 'spec',
  file,
  line,
  text: oneLine(row),
})

/** The first line of a conjunct, and those of its lines that are wanted. */
const rowsOf = (definition: ActionDefinition, conjunct: Conjunct, wanted: (row: string) => boolean): Blame[] => [
  conjunctLine(definition, conjunct),
  ...conjunct.rows.flatMap((row, i): Blame[] =>
    i > 0 && wanted(row)
      ? [{ side: 'spec', file: definition.file, line: conjunct.line + i, text: oneLine(row).replace(/^\/\\ /, '') }]
      : [],
  ),
]

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
export const wholeAction = (definition: ActionDefinition, action: string): Blame => ({
  side: 'spec',
  file: definition.file,
  line: definition.line,
  text: action,
})
