/** What a search finds: the first violation of each invariant, and the first deadlock. */

import { at } from '../at.ts'
import type { Predicate } from '../machine/predicate.ts'
import { compilePredicate, evaluate } from '../machine/predicate.ts'
import type { Kernel } from '../machine/tables.ts'
import type { Finding } from './graph.ts'

/** An instance of an invariant. */
interface Check {
  readonly name: string
  readonly predicate: Predicate
}

/** Is what was found all that is wanted? */
export type Enough = (violations: ReadonlyMap<string, Finding>, deadlock: Finding | undefined) => boolean

/** Can a step change anything that a predicate looks at? */
const touches = ({ and, layout: { words } }: Kernel, step: number, { support }: Predicate): boolean => {
  for (let w = 0; w < words; w++) if ((~at(and, step * words + w) & at(support, w)) !== 0) return true
  return false
}

/** The checks that are still to be made, by the steps that can falsify them, and what was found so far. */
export class Findings {
  readonly violations = new Map<string, Finding>()
  deadlock: Finding | undefined
  private readonly kernel: Kernel
  private readonly enough: Enough
  private checks: readonly Check[]
  /**
   * For each step the checks that it can falsify. A check that looks at no field that a step writes has the same answer
   * before and after it, and before it the answer was yes: a check is dropped at its first violation.
   */
  private byStep: readonly (readonly Check[])[] = []
  private hasNews = false

  /** @param invariants are the machine's invariants checked? */
  constructor(kernel: Kernel, invariants: boolean, enough: Enough) {
    this.kernel = kernel
    this.enough = enough
    const { machine } = kernel.compiled
    this.checks = (invariants ? machine.invariants : []).flatMap(({ name, instances }) =>
      instances.map(({ holds }) => ({ name, predicate: compilePredicate(kernel, holds) })),
    )
    this.sort()
  }

  private sort(): void {
    this.byStep = this.kernel.steps.map((_, step) =>
      this.checks.filter(({ predicate }) => touches(this.kernel, step, predicate)),
    )
  }

  /** Looks at the initial state, which no step leads to. */
  begin(states: Int32Array): void {
    for (const check of this.checks) this.judge(check, states, 0, 1)
  }

  /** Looks at a new state, the step that led to it and how many states there are on the way to it. */
  check(step: number, states: Int32Array, state: number, depth: number): void {
    // asked for every state: the step is one of the machine's
    const checks = this.byStep[step] as readonly Check[]
    for (const check of checks) this.judge(check, states, state, depth)
  }

  private judge({ name, predicate }: Check, states: Int32Array, state: number, depth: number): void {
    if (evaluate(predicate, states, state * this.kernel.layout.words) || this.violations.has(name)) return
    this.violations.set(name, { state, depth })
    this.hasNews = true
    this.checks = this.checks.filter((check) => check.name !== name)
    this.sort()
  }

  /** A state has no step. */
  stuck(state: number, depth: number): void {
    if (this.deadlock !== undefined) return
    this.deadlock = { state, depth }
    this.hasNews = true
  }

  /** Was something found since this was asked last, and is it enough? */
  isEnough(): boolean {
    if (!this.hasNews) return false
    this.hasNews = false
    return this.enough(this.violations, this.deadlock)
  }
}
