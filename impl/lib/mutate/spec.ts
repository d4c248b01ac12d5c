/**
 * Weaker properties and weaker fairness of a specification, from its modules' trees: as conditions.ts for machines, what
 * must hold is made true more often, and what a property asks about less often.
 */

import { placeAt } from '../trace/place.ts'
import type { Expr, Module, Unit } from '../tla/ast.ts'
import { parseModule } from '../tla/parse.ts'
import { printExpr } from '../tla/print.ts'
import type { Direction } from './conditions.ts'
import type { Draft, MutantKind } from './mutant.ts'
import { normalised } from './mutant.ts'

/** A module, and the file that it is in. */
export interface SpecSource {
  readonly file: string
  readonly text: string
}

type Definition = Extract<Unit, { kind: 'definition' }>

interface Known {
  readonly source: SpecSource
  readonly definition: Definition
}

const other = (direction: Direction): Direction => (direction === 'truer' ? 'falser' : 'truer')
const constant = (direction: Direction): string => (direction === 'truer' ? 'TRUE' : 'FALSE')

const BOUNDS: Readonly<Record<string, number>> = { '<': 1, '<=': 1, '>': -1, '>=': -1 }

/** Every node below, the node itself first. */
export const nodesOf = (e: Expr): Expr[] => [e, ...e.parts.flatMap(nodesOf)]

const definitionsOf = ({ units }: Module): Definition[] => units.flatMap((u) => (u.kind === 'definition' ? [u] : []))

/** Makes the mutants of the properties of a specification. */
class SpecWeakener {
  readonly drafts: Draft[] = []
  private readonly known: ReadonlyMap<string, Known>
  private readonly done = new Set<string>()

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
    this.drafts.push({
      side: 'spec',
      file,
      line: placeAt(source.text, e.start).line ?? 1,
      kind,
      within: definition.name,
      from: normalised(from ?? printExpr(e)),
      to: normalised(to),
      edit: { start: e.start, end: e.end, text },
    })
  }

  /** A definition that is asked in some direction: a property, or a helper of one. */
  definition(name: string, direction: Direction): void {
    const known = this.known.get(name)
    const key = `${name} ${direction}`
    if (known === undefined || this.done.has(key)) return
    this.done.add(key)
    const { body } = known.definition
    this.note(known, 'property', body, constant(direction))
    this.part(known, body, direction)
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
    if ((e.text === '\\A') === (direction === 'truer')) {
      for (const bound of e.parts.slice(0, -1)) {
        const [set] = bound.parts
        if (set === undefined) continue
        const one = `CHOOSE lockstep_x \\in ${printExpr(set)} : TRUE`
        const [only, rest] = [`{${one}}`, `(${printExpr(set)} \\ {${one}})`]
        this.note(known, 'property', set, only, printExpr(e), `${bound.text} in one of ${printExpr(set)} only`)
        this.note(known, 'property', set, rest, printExpr(e), `${bound.text} in all but one of ${printExpr(set)}`)
      }
    }
    this.part(known, body, direction)
  }

  /** Fairness: each conjunct, each step of a set of steps, weak in place of strong. */
  fairness(name: string): void {
    const known = this.known.get(name)
    if (known === undefined) return
    for (const e of nodesOf(known.definition.body)) {
      if (e.kind === 'junction' && e.text === '/\\') {
        for (const part of e.parts) this.note(known, 'fairness', part, 'TRUE', undefined, 'no such fairness')
      }
      if (e.kind === 'apply' && e.text.startsWith('SF_')) {
        const weak = `WF${e.text.slice(2)}(${e.parts.map(printExpr).join(', ')})`
        this.note(known, 'fairness', e, weak, undefined, 'weak in place of strong')
      }
      const [steps] = e.kind === 'apply' && /^[SW]F_/.test(e.text) ? e.parts : []
      if (steps?.kind !== 'junction') continue
      for (const step of steps.parts)
        this.note(known, 'fairness', step, 'FALSE', printExpr(e), `without ${printExpr(step)}`)
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

/** Which definitions a definition is made of, itself among them. */
const reachOf = (name: string, byName: ReadonlyMap<string, Definition>, seen = new Set<string>()): Set<string> => {
  const definition = byName.get(name)
  if (definition === undefined || seen.has(name)) return seen
  seen.add(name)
  for (const { kind, text } of nodesOf(definition.body))
    if (kind === 'name' || kind === 'apply') reachOf(text, byName, seen)
  return seen
}

/** Copies of the properties that a mutant changes, under other names, with all that they need to be different. */
export interface Copies {
  /** definitions, one a line */
  readonly lines: readonly string[]
  /** name of the copy by the property's */
  readonly names: ReadonlyMap<string, string>
}

/**
 * The properties as they are in the changed modules, beside those of the unchanged ones; `suffix` tells mutants apart.
 * Properties that the changed definition is no part of have no copy.
 */
export const copiesOf = (
  changed: readonly SpecSource[],
  within: string,
  properties: readonly string[],
  suffix: string,
): Copies => {
  const all = changed.flatMap((source) => definitionsOf(parseModule(source.text, source.file)))
  const byName = new Map(all.map((definition) => [definition.name, definition]))
  const touched = properties.filter((name) => reachOf(name, byName).has(within))
  const needed = new Set(
    touched.flatMap((name) => [...reachOf(name, byName)]).filter((name) => reachOf(name, byName).has(within)),
  )
  const names = new Map([...needed].map((name) => [name, `${name}_${suffix}`]))
  const lines = all
    .filter(({ name }) => needed.has(name))
    .map(({ name, parameters, body }) => {
      const left = parameters.length === 0 ? '' : `(${parameters.join(', ')})`
      return `${names.get(name) ?? name}${left} == ${printExpr(renamedIn(body, names))}`
    })
  return { lines, names: new Map(touched.map((name) => [name, names.get(name) ?? name])) }
}
