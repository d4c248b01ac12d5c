/**
 * Compiles the programs of a machine to finite automata, and its steps to decision trees. A program is replayed with every
 * possible result of each access; its nodes are interned by (label, frame). A program whose continuation depends on
 * anything else is refused, by thread and label.
 */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Machine, Thread } from '../language/machine.ts'
import { withoutAmbient } from './ambient.ts'
import type { Automaton, Compiled, ProgramNode } from './automaton.ts'
import type { CompileLimits } from './replay.ts'
import { DEFAULT_LIMITS, placeOf, Replayer } from './replay.ts'
import type { StepTree } from './step-tree.ts'
import { requireWellFormed } from './well-formed.ts'
import { outcomesOf, resultKey, traceStep } from './step-tree.ts'

const nodeKey = (label: string, frame: readonly number[]): string => `${label}|${frame.join(',')}`

/** A node, and one way that leads to it. */
interface Draft extends ProgramNode {
  /** the step and its tree as text: two histories that lead here must agree on it */
  readonly signature: string
  readonly history: readonly unknown[]
  readonly next: Map<string, number>
}

/** Another way to a node that is there already. */
interface Arrival {
  readonly node: number
  readonly history: readonly unknown[]
}

/** The results that a step can have, by their keys. */
const resultsOf = (tree: StepTree): Map<string, unknown> =>
  new Map(outcomesOf(tree).map(({ result }) => [resultKey(result), result]))

/** Makes the automaton of one thread's program, and takes the second look at it. */
class ProgramCompiler {
  private readonly machine: Machine
  private readonly thread: Thread
  private readonly limits: CompileLimits
  private readonly replayer: Replayer
  private readonly drafts: Draft[] = []
  private readonly byKey = new Map<string, number>()
  private readonly arrivals: Arrival[] = []

  constructor(machine: Machine, thread: Thread, index: number, limits: CompileLimits) {
    this.machine = machine
    this.thread = thread
    this.limits = limits
    this.replayer = new Replayer(thread, index, limits)
  }

  private dependent(label: string): Error {
    return badInput({
      code: 'program-not-a-function-of-its-node',
      message: `${placeOf(this.thread, label)}: what the program does next depends on more than its label and frame`,
      hint: 'keep what lives across an access in the frame, and give each call site labels of its own',
    })
  }

  private look(history: readonly unknown[]) {
    const { op, frame } = this.replayer.replay(history)
    const tree = this.replayer.trace(this.machine, op)
    return { op, frame, tree, signature: resultKey([op.kind, op.what, op.choices, tree]) }
  }

  /** The node that a history leads to; a known node must look the same whichever way it is reached. */
  private intern(history: readonly unknown[]): number {
    const { op, frame, tree, signature } = this.look(history)
    const { label } = op
    const key = nodeKey(label, frame)
    const known = this.byKey.get(key)
    if (known !== undefined) {
      if (at(this.drafts, known).signature !== signature) throw this.dependent(label)
      this.arrivals.push({ node: known, history })
      return known
    }
    const id = this.drafts.push({ label, op, frame, tree, signature, history, next: new Map() }) - 1
    this.byKey.set(key, id)
    if (this.drafts.length > this.limits.nodes) {
      throw badInput({
        code: 'endless-program',
        message: `${placeOf(this.thread, label)}: the program has more than ${this.limits.nodes} nodes (label, frame)`,
        hint: 'its frame never repeats: reset locals that are no longer needed',
      })
    }
    return id
  }

  compile(): Automaton {
    this.intern([])
    // grows while it is gone through
    for (const { tree, history, next } of this.drafts) {
      for (const [key, result] of resultsOf(tree)) next.set(key, this.intern([...history, result]))
    }
    return { fields: this.replayer.fields, domains: this.replayer.domains, nodes: this.drafts }
  }

  /**
   * Refuses a program whose continuation depends on more than its node: the second way to reach a node must continue
   * like the first; and so must the first when it is tried again, which is where a variable outside the frame shows.
   */
  verify(): void {
    const first = this.drafts.map(({ history }, node) => ({ node, history }))
    for (const { node, history } of [...this.arrivals, ...first]) {
      const { label, signature, tree, next } = at(this.drafts, node)
      if (this.look(history).signature !== signature) throw this.dependent(label)
      for (const [key, result] of resultsOf(tree)) {
        const { op, frame } = this.replayer.replay([...history, result])
        if (this.byKey.get(nodeKey(op.label, frame)) !== next.get(key)) throw this.dependent(label)
      }
    }
  }
}

/** A thread's program, and the second look at it. */
interface CompiledProgram {
  readonly automaton: Automaton
  readonly verify: () => void
}

const compileProgram = (machine: Machine, thread: Thread, index: number, limits: CompileLimits): CompiledProgram => {
  const compiler = new ProgramCompiler(machine, thread, index, limits)
  return {
    automaton: compiler.compile(),
    verify: () => {
      compiler.verify()
    },
  }
}

/** Programs that were compiled for another machine and are the same in this one. */
export interface Reuse {
  /** the thread's program, if it is known; what its domain had grown to is then put back */
  readonly find: (thread: number) => Automaton | undefined
  /** does something for a thread that is not: constants that are read in it are the thread's */
  readonly within: <R>(thread: number, body: () => R) => R
  readonly add: (thread: number, automaton: Automaton) => void
}

const NO_REUSE: Reuse = { find: () => undefined, within: (_, body) => body(), add: () => undefined }

interface Attempted {
  readonly threads: readonly CompiledProgram[]
  readonly environment: readonly StepTree[]
}

const compileOnce = (
  machine: Machine,
  limits: CompileLimits,
  known: readonly (Automaton | undefined)[],
  reuse: Reuse,
): Attempted => ({
  threads: machine.threads.map((thread, i) => {
    const automaton = known[i]
    if (automaton !== undefined) return { automaton, verify: () => undefined }
    return reuse.within(i, () => compileProgram(machine, thread, i, limits))
  }),
  environment: machine.environment.map(({ exec }) => traceStep(machine, -1, exec, [undefined], limits.leaves)),
})

const attempt = <R>(body: () => R): { readonly value: R } | { readonly error: unknown } => {
  try {
    return { value: body() }
  } catch (error) {
    return { error }
  }
}

const compilePrograms = (machine: Machine, limits: CompileLimits, reuse: Reuse): Compiled =>
  withoutAmbient(() => {
    const known = machine.threads.map((_, i) => reuse.find(i))
    // A domain that grew may have been branched on before it did, and what was found then means nothing, an error
    // neither. It grows by what steps bring about from what it has, so in the end it has everything.
    for (;;) {
      const outcome = attempt(() => compileOnce(machine, limits, known, reuse))
      if (machine.shared.growing.map((domain) => domain.grew()).includes(true)) continue
      if ('error' in outcome) throw outcome.error
      const { threads, environment } = outcome.value
      threads.forEach(({ automaton, verify }, i) => {
        if (known[i] !== undefined) return
        reuse.within(i, verify)
        reuse.add(i, automaton)
      })
      return { machine, automata: threads.map(({ automaton }) => automaton), environment }
    }
  })

/**
 * Compiles a machine.
 * @throws LockstepError (exit 2) that names thread and label for a program that cheats; for parts that do not fit together
 *   see {@link requireWellFormed}
 */
export const compile = (
  machine: Machine,
  limits: CompileLimits = DEFAULT_LIMITS,
  reuse: Reuse = NO_REUSE,
): Compiled => {
  requireWellFormed(machine)
  // with the properties of this machine, which may be fewer than those of the one that it was made for
  if (machine.compiled !== undefined) return { ...machine.compiled(), machine }
  return compilePrograms(machine, limits, reuse)
}
