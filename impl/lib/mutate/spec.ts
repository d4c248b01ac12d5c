/**
 * Weaker properties and weaker fairness of a specification, from its modules' trees: as conditions.ts for machines, what
 * must hold is made true more often, and what a property asks about less often.
 */

import { placeAt } from '../text/place.ts'
import type { Expr, Module } from '../tla/module/ast.ts'
import { leftSide } from '../tla/module/fragment.ts'
import { parseModule } from '../tla/module/parse.ts'
import { printExpr } from '../tla/module/print.ts'
import type { Definition, Definitions } from '../tla/module/tree.ts'
import { definitionsOf, nodesOf, reachOf, usersOf } from '../tla/module/tree.ts'
import type { Direction } from './mutant.ts'
import type { Draft, Edit, MutantKind } from './mutant.ts'
import { edited, normalised } from './mutant.ts'
import { isChoice } from './temporal.ts'

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

const other = (direction: Direction): Direction => (direction === 'truer' ? 'falser' : 'truer')
const constant = (direction: Direction): string => (direction === 'truer' ? 'TRUE' : 'FALSE')

const BOUNDS: Readonly<Record<string, number>> = { '<': 1, '<=': 1, '>': -1, '>=': -1 }

/** Makes the mutants of the properties of a specification. */
class SpecWeakener {
  readonly drafts: Draft[] = []
  private readonly known: ReadonlyMap<string, Known>
  private readonly done = new Set<string>()
  /** of the definition at hand */
  private direction: Direction = 'truer'

  constructor(sources: readonly SpecSource[]) {
    this.known = new Map(
      sources.flatMap((source) =>
        definitionsOf(parseModule(source.text, source.file)).map((definition): [string, Known] => [
          definition.name,
          { source, definition },
        ]),
      ),
    )
  }

  private note({ source, definition }: Known, kind: MutantKind, e: Expr, text: string, from?: string, to = text): void {
    const { file } = source
    const { direction } = this
    this.drafts.push({
      side: 'spec',
      file,
      line: placeAt(source.text, e.start).line ?? 1,
      kind,
      within: definition.name,
      from: normalised(from ?? printExpr(e)),
      to: normalised(to),
      edit: { start: e.start, end: e.end, text },
      ...(kind === 'property' ? { direction } : {}),
    })
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
    const [first, second] = e.parts
    if (e.kind === 'junction') {
      this.junction(known, e, direction)
    } else if (e.kind === 'label' && first !== undefined) this.part(known, first, direction)
    else if (e.kind === 'prefix' && first !== undefined) {
      if (e.text === '~' || e.text === '[]' || e.text === '<>')
        this.part(known, first, e.text === '~' ? other(direction) : direction)
    } else if (e.kind === 'infix' && first !== undefined && second !== undefined) {
      this.infix(known, e, first, second, direction)
    } else if (e.kind === 'quantifier') this.quantifier(known, e, direction)
    else if (e.kind === 'if' || e.kind === 'let') {
      for (const part of e.kind === 'if' ? e.parts.slice(1) : e.parts.slice(-1)) this.answer(known, part, direction)
    } else if (e.kind === 'case') {
      for (const arm of e.parts) this.answer(known, arm.kind === 'arm' ? (arm.parts[1] ?? arm) : arm, direction)
    } else if (e.kind === 'name' || e.kind === 'apply') this.definition(e.text, direction)
  }

  private answer(known: Known, e: Expr, direction: Direction): void {
    if (printExpr(e) !== constant(direction)) this.note(known, 'property', e, constant(direction))
    this.part(known, e, direction)
  }

  private junction(known: Known, e: Expr, direction: Direction): void {
    const weakens = (e.text === '/\\') === (direction === 'truer')
    for (const part of e.parts) {
      if (weakens) this.note(known, 'property', part, constant(direction), printExpr(e), `without ${printExpr(part)}`)
      this.part(known, part, direction)
    }
  }

  private infix(known: Known, e: Expr, first: Expr, second: Expr, direction: Direction): void {
    if (e.text === '=>' || e.text === '~>') {
      this.part(known, first, other(direction))
      this.part(known, second, direction)
      return
    }
    const shift = (BOUNDS[e.text] ?? 0) * (direction === 'truer' ? 1 : -1)
    if (shift === 0 || second.kind !== 'number') return
    const n = String(Number(second.text) + shift)
    this.note(known, 'property', second, n, printExpr(e), `${printExpr(first)} ${e.text} ${n}`)
  }

  private quantifier(known: Known, e: Expr, direction: Direction): void {
    const body = e.parts[e.parts.length - 1]
    if (body === undefined) return
    if ((e.text === '\\A') === (direction === 'truer')) this.narrowed(known, 'property', e)
    this.part(known, body, direction)
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
    if (e.kind === 'label' || e.kind === 'quantifier') this.fairSteps(known, e.parts[e.parts.length - 1] ?? e)
    else if (e.kind === 'junction' && e.text === '\\/') {
      for (const step of e.parts) {
        // one reason is often that of several: they differ in what is changed alone
        this.note(known, 'fairness', step, 'FALSE', undefined, 'not among the fair steps')
        this.fairSteps(known, step)
      }
    } else if (e.kind === 'name' || e.kind === 'apply') {
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
  text: e.kind === 'name' || e.kind === 'apply' ? (names.get(e.text) ?? e.text) : e.text,
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

/** How a definition is asked; `value` where more than a yes or no of it counts. */
type Way = Direction | 'value'

const opposite = (way: Way): Way => (way === 'value' ? way : other(way))

/**
 * Copies of properties with a definition changed where it is asked in one direction, and as it is everywhere else: a property
 * that asks it both ways is weakened by no change of both, so that half of it would never be tried.
 */
class WeakerCopies {
  /** the names of the copies, by the definition's name and the way in which the copy is asked */
  private readonly named = new Map<string, string | undefined>()
  /** parameters and bodies of the copies by the definition's name, in the order in which they need each other */
  readonly made: { readonly copy: string; readonly parameters: readonly string[]; readonly body: Expr }[] = []
  private readonly byName: Definitions
  private readonly changed: Definition
  private readonly direction: Direction
  private readonly suffix: string

  constructor(byName: Definitions, changed: Definition, direction: Direction, suffix: string) {
    this.byName = byName
    this.changed = changed
    this.direction = direction
    this.suffix = suffix
  }

  /** The name of the copy of a definition that is asked this way; undefined if it stays as it is. */
  copyOf(name: string, way: Way, kept = `${name}_${way}_${this.suffix}`): string | undefined {
    const definition = this.byName.get(name)
    if (definition === undefined || way === 'value') return undefined
    const key = `${name} ${way}`
    if (this.named.has(key)) return this.named.get(key)
    // TLA+ without RECURSIVE: no definition is part of itself
    const isChanged = name === this.changed.name && way === this.direction
    const { parameters, body } = isChanged ? this.changed : definition
    const own = isChanged ? body : this.part(body, way)
    const copy = own === definition.body ? undefined : kept
    this.named.set(key, copy)
    if (copy !== undefined) this.made.push({ copy, parameters, body: own })
    return copy
  }

  /** The expression with copies in it; the same expression where nothing in it is changed. */
  private part(e: Expr, way: Way): Expr {
    if (way === 'value') return e
    const { kind, text } = e
    if (kind === 'name' || kind === 'apply') {
      const copy = this.copyOf(text, way)
      return copy === undefined ? e : { ...e, text: copy }
    }
    const ways = this.waysOf(e, way)
    const parts = e.parts.map((part, i) => this.part(part, ways(i)))
    return parts.every((part, i) => part === e.parts[i]) ? e : { ...e, parts }
  }

  /** How each part of an expression is asked that is asked this way. */
  private waysOf({ kind, text, parts }: Expr, way: Way): (part: number) => Way {
    if (kind === 'junction' || kind === 'label' || kind === 'case') return () => way
    if (kind === 'prefix' && ['~', '[]', '<>'].includes(text)) return () => (text === '~' ? opposite(way) : way)
    if (kind === 'infix' && ['=>', '~>'].includes(text)) return (part) => (part === 0 ? opposite(way) : way)
    if (kind === 'quantifier' || kind === 'let') return (part) => (part === parts.length - 1 ? way : 'value')
    if (kind === 'if' || kind === 'arm') return (part) => (part === 0 ? 'value' : way)
    return () => 'value'
  }
}

/**
 * The properties that a changed definition weakens where it is asked in `direction`, as they are with it; `suffix` tells mutants
 * apart. Properties that do not ask for it that way have no copy.
 */
export const weakerCopies = (
  byName: Definitions,
  changed: Definition,
  direction: Direction,
  properties: readonly string[],
  suffix: string,
): Copies => {
  const copies = new WeakerCopies(byName, changed, direction, suffix)
  const names = new Map<string, string>()
  for (const property of properties) {
    const copy = copies.copyOf(property, 'truer', `${property}_${suffix}`)
    if (copy !== undefined) names.set(property, copy)
  }
  const lines = copies.made.map(({ copy, parameters, body }) => definitionLine(copy, parameters, body))
  return { lines, names }
}
