/**
 * Faults in the actions of a specification, from its syntax: a guard dropped or turned round, an effect that does not happen,
 * another value stored, branches exchanged, a step that is never taken. Whoever proves the specification has to notice each.
 */

import type { Expr } from '../tla/module/ast.ts'
import { printExpr } from '../tla/module/print.ts'
import { readModule } from '../tla/module/read.ts'
import type { Definition, Definitions } from '../tla/module/tree.ts'
import { nodesOf, reachOf } from '../tla/module/tree.ts'
import type { Draft } from './mutant.ts'
import type { SpecSource } from './spec.ts'
import { definitionsIn, specDraft } from './spec.ts'
import type { Step } from './temporal.ts'
import { isCall, isChoice, last, printStep, stepsOf } from './temporal.ts'

const isUnchanged = ({ kind, text }: Expr): boolean => kind === 'prefix' && text === 'UNCHANGED'

const variablesIn = (sources: readonly SpecSource[]): string[] =>
  sources.flatMap(({ text }) => readModule(text).variables)

/** Makes the faults of one module's actions; the modules that it extends are looked into, and not changed. */
class ActionFaults {
  readonly drafts: Draft[] = []
  private readonly source: SpecSource
  private readonly own: Definitions
  private readonly all: Definitions
  /** variables, and the names of tuples of them */
  private readonly stateful: ReadonlySet<string>
  private readonly done = new Set<string>()

  constructor(sources: readonly SpecSource[], source: SpecSource) {
    this.source = source
    this.own = definitionsIn([source])
    this.all = definitionsIn(sources)
    this.stateful = new Set([...this.all.keys(), ...variablesIn(sources)])
  }

  private note(within: string, e: Expr, text: string, from?: string, to?: string): void {
    this.drafts.push(specDraft(this.source, 'fault', within, e, text, from, to))
  }

  /** The variables that an expression says the next value of, as they are written: all that it is a step for. */
  private assigned(e: Expr, seen = new Set<string>()): Set<string> {
    const found = new Set<string>()
    for (const node of nodesOf(e)) {
      const [inner] = node.parts
      if ((node.kind === 'prime' || isUnchanged(node)) && inner !== undefined) {
        for (const part of inner.kind === 'tuple' ? inner.parts : [inner]) found.add(printExpr(part))
      }
      const called = isCall(node) ? this.all.get(node.text) : undefined
      if (called === undefined || seen.has(called.name)) continue
      seen.add(called.name)
      for (const name of this.assigned(called.body, seen)) found.add(name)
    }
    return found
  }

  private isStep(e: Expr): boolean {
    return this.assigned(e).size > 0
  }

  /** A definition of the module, once. */
  definition(name: string): void {
    const definition = this.own.get(name)
    if (definition === undefined || this.done.has(name)) return
    this.done.add(name)
    const { body } = definition
    if (name === 'Init') this.initial(name, body)
    else if (isChoice(body) && this.isStep(body)) this.choice(name, body)
    else if (this.isStep(body)) this.step(name, body)
    else this.condition(name, body)
  }

  /** What the variables are at first: something else. A conjunct less would leave a variable without a value. */
  private initial(within: string, e: Expr): void {
    for (const part of e.kind === 'junction' ? e.parts : [e]) {
      if (part.kind === 'infix' && part.text === '=' && part.parts[1] !== undefined) this.values(within, part.parts[1])
    }
  }

  /** Steps of which one is taken: each left out. */
  private choice(within: string, e: Expr): void {
    if (e.kind === 'label' || e.kind === 'quantifier') this.choice(within, last(e))
    else if (e.kind === 'junction' && e.text === '\\/') {
      for (const part of e.parts) {
        if (!this.isGroup(part)) this.note(within, part, 'FALSE', printExpr(part), 'never taken')
        this.choice(within, part)
      }
    } else if (isCall(e)) this.definition(e.text)
    else this.step(within, e)
  }

  /** A part of a choice that is a choice itself: it is taken apart, not left out as a whole. */
  private isGroup(e: Expr): boolean {
    return isChoice((isCall(e) ? this.own.get(e.text)?.body : undefined) ?? e)
  }

  private step(within: string, e: Expr): void {
    const { kind, parts } = e
    if (kind === 'junction' && e.text === '/\\') for (const part of parts) this.conjunct(within, part)
    else if (kind === 'junction') {
      for (const part of parts) {
        this.note(within, part, 'FALSE', printExpr(e), `without ${printExpr(part)}`)
        this.step(within, part)
      }
    } else if (kind === 'if') this.branches(within, e)
    else if (kind === 'case') for (const arm of parts) this.step(within, arm)
    else if (kind === 'let') {
      for (const local of parts.slice(0, -1)) this.condition(within, last(local))
      this.step(within, last(e))
    } else if (kind === 'quantifier' || kind === 'label' || kind === 'arm') this.step(within, last(e))
    else this.effect(within, e)
  }

  private conjunct(within: string, e: Expr): void {
    if (this.isStep(e)) this.step(within, e)
    else {
      this.note(within, e, 'TRUE', printExpr(e), 'no such guard')
      this.note(within, e, `~(${printExpr(e)})`)
      this.condition(within, e)
    }
  }

  /** An assignment, or a call that makes some: it does not happen, or something else is stored. */
  private effect(within: string, e: Expr): void {
    if (isUnchanged(e)) return
    const names = [...this.assigned(e)]
    if (names.length > 0 && names.every((name) => this.stateful.has(name))) {
      this.note(within, e, `UNCHANGED <<${names.join(', ')}>>`, printExpr(e), 'no such effect')
    }
    this.values(within, e)
    for (const node of nodesOf(e)) if (isCall(node)) this.definition(node.text)
  }

  private branches(within: string, e: Expr): void {
    const [condition, then, otherwise] = e.parts
    if (condition === undefined || then === undefined || otherwise === undefined) return
    const text = `IF ${printExpr(condition)} THEN ${printExpr(otherwise)} ELSE ${printExpr(then)}`
    this.note(within, e, text, printExpr(e), 'the branches exchanged')
    this.condition(within, condition)
    for (const part of [then, otherwise]) {
      if (this.isStep(part)) this.step(within, part)
      else this.condition(within, part)
    }
  }

  /** What steps ask, or are told. */
  private condition(within: string, e: Expr): void {
    if (e.kind === 'if') {
      this.branches(within, e)
      return
    }
    if (e.kind === 'junction') {
      const neutral = e.text === '/\\' ? 'TRUE' : 'FALSE'
      for (const part of e.parts) this.note(within, part, neutral, printExpr(e), `without ${printExpr(part)}`)
    }
    if (isCall(e)) this.definition(e.text)
    for (const part of e.parts) this.condition(within, part)
  }

  /** The values that are written out, each exchanged with another of its kind. */
  private values(within: string, e: Expr): void {
    const shown = (value: Expr, by: string): void => {
      this.note(within, value, by, printExpr(e), `${by} in place of ${value.text}`)
    }
    const visit = (node: Expr): void => {
      if (node.kind === 'if' && node !== e) this.branches(within, node)
      // what is written to, and not what is written
      const skipped = node.kind === 'index' ? node.parts.slice(1) : node.parts.filter(({ kind }) => kind === 'selector')
      for (const part of node.parts) if (!skipped.includes(part)) visit(part)
      if (node.kind === 'name' && (node.text === 'TRUE' || node.text === 'FALSE'))
        shown(node, node.text === 'TRUE' ? 'FALSE' : 'TRUE')
      if (node.kind === 'number') shown(node, String(Number(node.text) + 1))
      if (node.kind === 'string') {
        const other = this.neighbour(node.text)
        if (other !== undefined) shown(node, other)
      }
    }
    visit(e)
  }

  /** The string after this one in a set that is written out. */
  private neighbour(text: string): string | undefined {
    for (const { body } of this.own.values()) {
      for (const { kind, parts } of nodesOf(body)) {
        if (kind !== 'set' || parts.length < 2 || !parts.every((part) => part.kind === 'string')) continue
        const at = parts.findIndex((part) => part.text === text)
        if (at >= 0) return parts[(at + 1) % parts.length]?.text
      }
    }
    return undefined
  }
}

/** The faults of the actions and the initial states of one module, by what `Next` and `Init` reach. */
export const actionFaults = (sources: readonly SpecSource[], source: SpecSource): readonly Draft[] => {
  const faults = new ActionFaults(sources, source)
  faults.definition('Init')
  faults.definition('Next')
  return faults.drafts
}

// ---------------------------------------------------------------------------------------------------------------------
// What tells a changed action from the original, as a condition of one state

const stepsIn = (byName: Definitions): readonly Step[] => {
  const next = byName.get('Next')
  return next === undefined ? [] : stepsOf(next.body, byName)
}

const together = (steps: readonly Step[], as?: (action: string) => string): string =>
  steps.map((step) => `(${printStep(step, as?.(step.action))})`).join(' \\/ ')

/** A condition of a state, and the actions that it speaks of. */
export interface Difference {
  readonly formula: string
  readonly actions: readonly string[]
}

const enabled = (step: string, unless: string): string => `(ENABLED ((${step}) /\\ ~(${unless}) /\\ LockstepMoves))`

/** Steps of `Next` that a changed one has no more. */
const leftOut = (own: readonly Step[], changed: readonly Step[]): Difference => {
  const kept = new Set(changed.map((step) => printStep(step)))
  const gone = own.filter((step) => !kept.has(printStep(step)))
  const formula = gone.map((step) => enabled(printStep(step), 'FALSE')).join(' \\/ ')
  return { formula: formula === '' ? 'FALSE' : formula, actions: [...new Set(gone.map(({ action }) => action))] }
}

/**
 * True in a state where an action that a mutant changes has another successor than the original, or lacks one, by the name that
 * the graph's edges have. `names` are the mutant's copies by the originals' names.
 */
export const differenceOf = (
  within: string,
  own: Definitions,
  changed: Definitions,
  names: ReadonlyMap<string, string>,
): Difference => {
  const steps = stepsIn(own)
  if (within === 'Init') return { formula: `Init /\\ ~${names.get('Init') ?? 'Init'}`, actions: ['Init'] }
  const definition: Definition | undefined = own.get(within)
  if (definition !== undefined && !steps.some(({ action }) => reachOf(action, own).has(within))) {
    return leftOut(steps, stepsIn(changed))
  }
  const actions = [...new Set(steps.map(({ action }) => action))].filter((action) => reachOf(action, own).has(within))
  const formulas = actions.map((action) => {
    const calls = steps.filter((step) => step.action === action)
    const [before, after] = [together(calls), together(calls, (name) => names.get(name) ?? name)]
    return `${enabled(after, before)} \\/ ${enabled(before, after)}`
  })
  return { formula: formulas.length === 0 ? 'FALSE' : formulas.join(' \\/ '), actions }
}
