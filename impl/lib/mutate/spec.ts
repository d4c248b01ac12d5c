/**
 * Weaker properties and weaker fairness of a specification, from its modules' trees: as conditions.ts for machines, what
 * must hold is made true more often, and what a property asks about less often.
 */

import { placeAt } from '../text/place.ts'
import type { Expr, Kind, Module } from '../tla/module/ast.ts'
import { leftSide } from '../tla/module/fragment.ts'
import { parseModule } from '../tla/module/parse.ts'
import { printExpr } from '../tla/module/print.ts'
import type { Definition, Definitions } from '../tla/module/tree.ts'
import { definitionsOf, nodesOf, reachOf, usersOf } from '../tla/module/tree.ts'
import type { Direction, Draft, Edit, MutantKind } from './mutant.ts'
import { edited, normalised, opposite, shiftOf } from './mutant.ts'
import { isCall, isChoice, last } from './temporal.ts'

/** A module, and the file that it is in. */
export interface SpecSource {
  readonly file: string
  readonly text: string
}

interface Known {
  readonly source: SpecSource
  readonly definition: Definition
}

const unitsOf = new WeakMap<SpecSource, Module>()

const moduleOf = (source: SpecSource): Module => {
  const found = unitsOf.get(source) ?? parseModule(source.text, source.file)
  unitsOf.set(source, found)
  return found
}

/** The definitions of some modules by name; each module is read once. */
export const definitionsIn = (sources: readonly SpecSource[]): Definitions =>
  new Map(sources.flatMap((source) => definitionsOf(moduleOf(source))).map((one) => [one.name, one]))

/** A definition of a source with an edit made in it. Only it is read again: a module is a thousand lines, and mutants are hundreds. */
export const editedDefinition = (source: SpecSource, within: string, edit: Edit): Definition => {
  const { units } = moduleOf(source)
  const at = units.findIndex((unit) => unit.kind === 'definition' && unit.name === within)
  const [start, end] = [units[at]?.start ?? 0, units[at + 1]?.start ?? source.text.length]
  const own = edited(source.text.slice(start, end), { ...edit, start: edit.start - start, end: edit.end - start })
  const module = parseModule(`---- MODULE Changed ----\n${own}\n====\n`, source.file)
  const found = definitionsOf(module).find(({ name }) => name === within)
  if (found === undefined) throw new RangeError(`${source.file} has no ${within} to change`)
  return found
}

/** A mutant of a specification: `text` in place of an expression; a report may say it in other words. */
export const specDraft = (
  { file, text: whole }: SpecSource,
  kind: MutantKind,
  within: string,
  e: Expr,
  text: string,
  from = printExpr(e),
  to = text,
): Draft => ({
  side: 'spec',
  file,
  line: placeAt(whole, e.start).line ?? 1,
  kind,
  within,
  from: normalised(from),
  to: normalised(to),
  edit: { start: e.start, end: e.end, text },
})

const constant = (direction: Direction): string => (direction === 'truer' ? 'TRUE' : 'FALSE')

/** How an expression is asked; `value` where more than a yes or no of it counts. */
type Way = Direction | 'value'

/** How a part of an expression is asked that is asked this way itself. */
const wayOf = ({ kind, text, parts }: Expr, part: number, way: Direction): Way => {
  if (kind === 'junction' || kind === 'label' || kind === 'case') return way
  if (kind === 'prefix' && ['~', '[]', '<>'].includes(text)) return text === '~' ? opposite(way) : way
  if (kind === 'infix' && ['=>', '~>'].includes(text)) return part === 0 ? opposite(way) : way
  if (kind === 'quantifier' || kind === 'let') return part === parts.length - 1 ? way : 'value'
  if (kind === 'if' || kind === 'arm') return part === 0 ? 'value' : way
  return 'value'
}

/** What gives one of several answers: each is made a constant by itself. */
const ANSWERS: ReadonlySet<Kind> = new Set(['if', 'let', 'case', 'arm'])

/** Makes the mutants of the properties of a specification. */
class SpecWeakener {
  readonly drafts: Draft[] = []
  private readonly known: ReadonlyMap<string, Known>
  private readonly done = new Set<string>()
  /** of the definition at hand */
  private direction: Direction = 'truer'

  constructor(sources: readonly SpecSource[]) {
    const known = sources.flatMap((source) =>
      [...definitionsIn([source]).values()].map((definition) => ({ source, definition })),
    )
    this.known = new Map(known.map((one) => [one.definition.name, one]))
  }

  private note(
    { source, definition }: Known,
    kind: MutantKind,
    e: Expr,
    text: string,
    from?: string,
    to?: string,
  ): void {
    const draft = specDraft(source, kind, definition.name, e, text, from, to)
    this.drafts.push(kind === 'property' ? { ...draft, direction: this.direction } : draft)
  }

  /** A definition that is asked in some direction: a property, or a helper of one. */
  definition(name: string, direction: Direction): void {
    const known = this.known.get(name)
    const key = `${name} ${direction}`
    if (known === undefined || this.done.has(key)) return
    this.done.add(key)
    const { body } = known.definition
    const outer = this.direction
    this.direction = direction
    this.note(known, 'property', body, constant(direction))
    this.part(known, body, direction)
    this.direction = outer
  }

  private part(known: Known, e: Expr, direction: Direction): void {
    if (isCall(e)) this.definition(e.text, direction)
    else if (e.kind === 'infix') this.bound(known, e, direction)
    const isNarrower = (e.text === '\\A' || e.text === '/\\') === (direction === 'truer')
    if (e.kind === 'quantifier' && isNarrower) this.narrowed(known, 'property', e)
    e.parts.forEach((part, i) => {
      const way = wayOf(e, i, direction)
      if (way === 'value') return
      if (e.kind === 'junction' && isNarrower)
        this.note(known, 'property', part, constant(way), printExpr(e), `without ${printExpr(part)}`)
      if (ANSWERS.has(e.kind) && part.kind !== 'arm' && printExpr(part) !== constant(way))
        this.note(known, 'property', part, constant(way))
      this.part(known, part, way)
    })
  }

  private bound(known: Known, e: Expr, direction: Direction): void {
    const [first, second] = e.parts
    const shift = shiftOf(e.text, direction)
    if (shift === 0 || first === undefined || second?.kind !== 'number') return
    const n = String(Number(second.text) + shift)
    this.note(known, 'property', second, n, printExpr(e), `${printExpr(first)} ${e.text} ${n}`)
  }

  /** Asked of less: of one, and of all but that one. */
  private narrowed(known: Known, kind: MutantKind, e: Expr): void {
    for (const bound of e.parts.slice(0, -1)) {
      const [set] = bound.parts
      if (set === undefined) continue
      // where the set is empty there is none to choose, and both are empty
      const which = (is: string): string =>
        `{lockstep_one \\in ${printExpr(set)} : lockstep_one ${is} (CHOOSE lockstep_other \\in ${printExpr(set)} : TRUE)}`
      const [only, rest] = [which('='), which('#')]
      this.note(known, kind, set, only, printExpr(e), `${bound.text} in one of ${printExpr(set)} only`)
      this.note(known, kind, set, rest, printExpr(e), `${bound.text} in all but one of ${printExpr(set)}`)
    }
  }

  /** Fairness: each conjunct, each instance, each step of a set of steps, weak in place of strong. */
  fairness(name: string): void {
    const known = this.known.get(name)
    if (known === undefined) return
    for (const e of nodesOf(known.definition.body)) {
      if (e.kind === 'junction' && e.text === '/\\') {
        for (const part of e.parts) this.note(known, 'fairness', part, 'TRUE', undefined, 'no such fairness')
      }
      if (e.kind === 'quantifier' && e.text === '\\A') this.narrowed(known, 'fairness', e)
      const [steps] = e.kind === 'apply' && /^[SW]F_/.test(e.text) ? e.parts : []
      if (steps === undefined) continue
      if (e.text.startsWith('SF_')) {
        const weak = `WF${e.text.slice(2)}(${e.parts.map(printExpr).join(', ')})`
        this.note(known, 'fairness', e, weak, undefined, 'weak in place of strong')
      }
      this.fairSteps(known, steps)
    }
  }

  /** One step less of those that are taken in the end. */
  private fairSteps(known: Known, e: Expr): void {
    if (e.kind === 'label' || e.kind === 'quantifier') this.fairSteps(known, last(e))
    else if (e.kind === 'junction' && e.text === '\\/') {
      for (const step of e.parts) {
        // one reason is often that of several: they differ in what is changed alone
        this.note(known, 'fairness', step, 'FALSE', undefined, 'not among the fair steps')
        this.fairSteps(known, step)
      }
    } else if (isCall(e)) {
      const called = this.known.get(e.text)
      if (called === undefined || !isChoice(called.definition.body) || this.done.has(`${e.text} fair`)) return
      this.done.add(`${e.text} fair`)
      this.fairSteps(called, called.definition.body)
    }
  }
}

/** The mutants of a specification's properties, of these names, and of its fairness. */
export const specWeakenings = (sources: readonly SpecSource[], properties: readonly string[]): readonly Draft[] => {
  const weaken = new SpecWeakener(sources)
  for (const property of properties) weaken.definition(property, 'truer')
  weaken.fairness('Fairness')
  return weaken.drafts
}

// ---------------------------------------------------------------------------------------------------------------------
// Definitions beside the original ones, so that one run of a checker decides many

const renamedIn = (e: Expr, names: ReadonlyMap<string, string>): Expr => ({
  ...e,
  text: isCall(e) ? (names.get(e.text) ?? e.text) : e.text,
  parts: e.parts.map((part) => renamedIn(part, names)),
})

/** A definition as TLA+ writes it. */
const definitionLine = (name: string, parameters: readonly string[], body: Expr): string =>
  `${leftSide(name, parameters)} == ${printExpr(body)}`

/** Copies of the properties that a mutant changes, under other names, with all that they need to be different. */
export interface Copies {
  /** definitions, one a line */
  readonly lines: readonly string[]
  /** name of the copy by the property's */
  readonly names: ReadonlyMap<string, string>
}

/**
 * The properties as they are with the changed definition, beside those of the unchanged ones; `suffix` tells mutants apart.
 * Properties that the changed definition is no part of have no copy.
 */
export const copiesOf = (
  byName: Definitions,
  within: string,
  properties: readonly string[],
  suffix: string,
): Copies => {
  const users = usersOf(within, byName)
  const touched = properties.filter((name) => users.has(name))
  const reached = new Set<string>()
  for (const name of touched) reachOf(name, byName, reached)
  const needed = [...reached].filter((name) => users.has(name))
  const names = new Map(needed.map((name) => [name, `${name}_${suffix}`]))
  const lines = [...byName.values()]
    .filter(({ name }) => names.has(name))
    .map(({ name, parameters, body }) => definitionLine(names.get(name) ?? name, parameters, renamedIn(body, names)))
  return { lines, names: new Map(touched.map((name) => [name, names.get(name) ?? name])) }
}

// ---------------------------------------------------------------------------------------------------------------------
// Weaker properties beside the original ones

/**
 * The properties that a changed definition weakens where it is asked in `direction`, as they are with it; `suffix` tells mutants
 * apart. Everywhere else it is as it was: a property that asks it both ways is weakened by no change of both, so that half of it
 * would never be tried. Properties that do not ask for it that way have no copy.
 */
export const weakerCopies = (
  byName: Definitions,
  changed: Definition,
  direction: Direction,
  properties: readonly string[],
  suffix: string,
): Copies => {
  /** the names of the copies, by the definition's name and the way in which the copy is asked */
  const named = new Map<string, string | undefined>()
  const lines: string[] = []
  const copyOf = (name: string, way: Direction, kept = `${name}_${way}_${suffix}`): string | undefined => {
    const definition = byName.get(name)
    if (definition === undefined) return undefined
    const key = `${name} ${way}`
    if (named.has(key)) return named.get(key)
    // TLA+ without RECURSIVE: no definition is part of itself
    const isChanged = name === changed.name && way === direction
    const own = isChanged ? changed.body : part(definition.body, way)
    const copy = own === definition.body ? undefined : kept
    named.set(key, copy)
    if (copy !== undefined) lines.push(definitionLine(copy, (isChanged ? changed : definition).parameters, own))
    return copy
  }
  /** the expression with copies in it; the same expression where nothing in it is changed */
  const part = (e: Expr, way: Way): Expr => {
    if (way === 'value') return e
    if (isCall(e)) {
      const text = copyOf(e.text, way)
      return text === undefined ? e : { ...e, text }
    }
    const parts = e.parts.map((one, i) => part(one, wayOf(e, i, way)))
    return parts.every((one, i) => one === e.parts[i]) ? e : { ...e, parts }
  }
  const names = new Map<string, string>()
  for (const property of properties) {
    const copy = copyOf(property, 'truer', `${property}_${suffix}`)
    if (copy !== undefined) names.set(property, copy)
  }
  return { lines, names }
}
