/**
 * Compiles the programs of a machine to finite automata, and steps and properties to decision trees over a packed
 * state. A program is replayed with every possible result of each access; its nodes are interned by (label, frame).
 * A program whose continuation depends on anything else is refused, by thread and label.
 */

import { badInput } from '../error.ts'
import type { Machine, Op, Program, Store, Thread } from '../language/program.ts'
import { Refusal, threadName } from '../language/program.ts'
import type { Domain } from '../language/domain.ts'
import { bitsFor, indexIn, valueAt } from '../language/domain.ts'
import type { TlaValue } from '../language/value.ts'

/** What one choice of a step does: the cells that it writes, by index, and what the program sees. */
export interface Outcome {
  readonly writes: readonly (readonly [cell: number, index: number])[]
  readonly result: unknown
}

/** A step as a function of the state: branches on the cells that it reads, leaves with what it does there. */
export type StepTree =
  | { readonly cell: number; readonly children: readonly StepTree[] }
  | { readonly outcomes: readonly Outcome[]; readonly refusals: readonly string[] }

/** A node of a program's automaton: the thread's next step and its frame. */
export interface ProgramNode {
  readonly label: string
  readonly kind: Op['kind']
  readonly what: string
  readonly stored: TlaValue | undefined
  /** index of each frame field's value in its domain, in the order of the schema */
  readonly frame: readonly number[]
  readonly tree: StepTree
  /** next node for each result, by the result's JSON */
  readonly next: ReadonlyMap<string, number>
}

/** The automaton of one thread; node 0 is the initial one. */
export interface Automaton {
  readonly fields: readonly string[]
  readonly domains: readonly Domain<unknown>[]
  readonly nodes: readonly ProgramNode[]
}

/** A machine with its programs compiled. */
export interface Compiled {
  readonly machine: Machine
  readonly automata: readonly Automaton[]
  /** one tree per environment action, in the machine's order */
  readonly environment: readonly StepTree[]
}

/** How far the compiler goes before it says that a program has no end. */
export interface CompileLimits {
  /** nodes of one program */
  readonly nodes: number
  /** leaves of one step's decision tree */
  readonly leaves: number
  /** reads and writes of the frame between two accesses */
  readonly frameUses: number
}

export const DEFAULT_LIMITS: CompileLimits = { nodes: 50_000, leaves: 100_000, frameUses: 1_000_000 }

/** Thrown by a tracing store where a value decides that is not known on the branch at hand. */
class Unknown extends Error {
  readonly cell: number
  constructor(cell: number) {
    super('value not known on this branch')
    this.cell = cell
  }
}

/** A store of which only some cells are known. */
class Tracer implements Store {
  private readonly known: ReadonlyMap<number, number>
  private readonly machine: Machine
  readonly thread: number
  readonly writes = new Map<number, number>()

  constructor(machine: Machine, thread: number, known: ReadonlyMap<number, number>) {
    this.machine = machine
    this.thread = thread
    this.known = known
  }

  get(cell: number): number {
    const index = this.writes.get(cell) ?? this.known.get(cell)
    if (index !== undefined) return index
    // a domain of one value decides nothing: the store buffers under sequential consistency, for example
    if (this.machine.shared.cells[cell]?.domain.values.length === 1) return 0
    throw new Unknown(cell)
  }

  set(cell: number, index: number): void {
    this.writes.set(cell, index)
  }

  local(): never {
    throw badInput({
      code: 'step-reads-local',
      message: 'a step reads a local of a thread; only properties may',
      hint: 'keep what other threads need in a shared (history) variable',
    })
  }
}

/** JSON text of a result: results are told apart by it. */
export const resultKey = (result: unknown): string => (result === undefined ? 'undefined' : JSON.stringify(result))

const ambient = (what: string) => (): never => {
  throw badInput({
    code: 'program-not-deterministic',
    message: `the program uses ${what}`,
    hint: 'let the world decide with `choices`, or keep it in the frame',
  })
}

/**
 * Runs `body` with clocks and randomness replaced by errors: a program must not depend on them. Refusals are thrown by the
 * hundred thousand and what is wrong with a program is told by thread and label, so nobody pays for stack traces.
 */
const withoutAmbient = <R>(body: () => R): R => {
  const { Date: RealDate, performance: realPerformance } = globalThis
  const random = Math.random
  const { stackTraceLimit } = Error
  const NoDate = Object.assign(ambient('the clock (Date)'), { now: ambient('the clock (Date.now)') })
  try {
    globalThis.Date = NoDate as unknown as DateConstructor
    globalThis.performance = { now: ambient('the clock (performance.now)') } as unknown as typeof performance
    Math.random = ambient('Math.random')
    Error.stackTraceLimit = 0
    return body()
  } finally {
    globalThis.Date = RealDate
    globalThis.performance = realPerformance
    Math.random = random
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Takes a step on every state that it can tell apart. */
const traceStep = (
  machine: Machine,
  thread: number,
  exec: (choice: unknown) => unknown,
  choices: readonly unknown[],
  limit: number,
) => {
  let leaves = 0
  const leaf = (known: ReadonlyMap<number, number>): StepTree => {
    const outcomes: Outcome[] = []
    const refusals: string[] = []
    for (const choice of choices) {
      const tracer = new Tracer(machine, thread, known)
      try {
        const result = machine.shared.with(tracer, () => exec(choice))
        const writes = [...tracer.writes].sort(([a], [b]) => a - b).filter(([cell, index]) => known.get(cell) !== index)
        outcomes.push({ writes, result })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refusals.push(error.message)
      }
    }
    leaves += 1
    if (leaves > limit) {
      throw badInput({
        code: 'step-too-large',
        message: `a step depends on more than ${limit} combinations of shared values`,
        hint: 'one step is one access: split it',
      })
    }
    return { outcomes, refusals }
  }
  const branch = (known: ReadonlyMap<number, number>): StepTree => {
    try {
      return leaf(known)
    } catch (error) {
      if (!(error instanceof Unknown)) throw error
      const { cell } = error
      const size = machine.shared.cells[cell]?.domain.values.length ?? 0
      const children = Array.from({ length: size }, (_, index) => branch(new Map(known).set(cell, index)))
      return { cell, children }
    }
  }
  return branch(new Map())
}

const leavesOf = (tree: StepTree): readonly { outcomes: readonly Outcome[] }[] =>
  'cell' in tree ? tree.children.flatMap(leavesOf) : [tree]

const at = (thread: Thread, label: string | undefined): string =>
  `${threadName(thread.id)}${label === undefined ? ' before its first step' : ` at ${label}`}`

/** One thread's program, replayed from its start. */
class Replayer {
  private readonly thread: Thread
  private readonly index: number
  private readonly limits: CompileLimits
  readonly fields: readonly string[]
  readonly domains: readonly Domain<unknown>[]

  constructor(thread: Thread, index: number, limits: CompileLimits) {
    this.thread = thread
    this.index = index
    this.limits = limits
    const schema = thread.frame as Record<string, Domain<unknown>>
    this.fields = Object.keys(schema)
    this.domains = Object.values(schema)
  }

  /** Runs the program from its start with these results, up to its next step. */
  replay(history: readonly unknown[]): { op: Op; frame: readonly number[] } {
    let label: string | undefined
    let uses = 0
    const values: Record<string, unknown> = { ...(this.thread.initial as Record<string, unknown>) }
    const used = (): void => {
      uses += 1
      if (uses > this.limits.frameUses) {
        throw badInput({
          code: 'endless-program',
          message: `${at(this.thread, label)}: the program goes on without another access`,
          hint: 'every turn of a loop needs a `yield*`',
        })
      }
    }
    const frame = new Proxy(values, {
      get: (target, field) => {
        used()
        return Reflect.get(target, field) as unknown
      },
      set: (target, field, value) => {
        used()
        return Reflect.set(target, field, value)
      },
    })
    try {
      const program: Program = this.thread.program(frame)
      let turn = program.next()
      for (const result of history) {
        label = turn.done === true ? label : turn.value.label
        uses = 0
        turn = program.next(result)
      }
      if (turn.done === true) {
        throw badInput({
          code: 'program-ends',
          message: `${at(this.thread, label)}: the program ends after this step`,
          hint: 'a thread runs for ever: loop, or wait for something that never comes',
        })
      }
      const op = turn.value
      return { op, frame: this.indices(values, op.label) }
    } catch (error) {
      throw this.placed(error, label)
    }
  }

  private indices(values: Record<string, unknown>, label: string): readonly number[] {
    const undeclared = Object.keys(values).find((field) => !this.fields.includes(field))
    if (undeclared !== undefined) {
      throw badInput({
        code: 'undeclared-local',
        message: `${at(this.thread, label)}: the frame has no field ${undeclared}`,
        hint: 'declare it with its domain in the frame schema',
      })
    }
    return this.domains.map((domain, i) =>
      indexIn(domain, values[this.fields[i] ?? ''], `${at(this.thread, label)}: ${this.fields[i] ?? ''}`),
    )
  }

  /** Adds thread and label to an error that a program or step has thrown. */
  private placed(error: unknown, label: string | undefined): unknown {
    if (!(error instanceof Error) || error.message.includes(threadName(this.thread.id))) return error
    const problem = 'problem' in error ? (error as { problem: { code: string; hint?: string } }).problem : undefined
    return badInput({
      code: problem?.code ?? 'program-throws',
      message: `${at(this.thread, label)}: ${error.message}`,
      ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
    })
  }

  /** The decision tree of the step that the program is at. */
  trace(machine: Machine, op: Op): StepTree {
    try {
      return traceStep(machine, this.index, op.exec, op.choices, this.limits.leaves)
    } catch (error) {
      throw this.placed(error, op.label)
    }
  }
}

const nodeKey = (label: string, frame: readonly number[]): string => `${label}|${frame.join(',')}`

interface Draft {
  readonly label: string
  readonly kind: Op['kind']
  readonly what: string
  readonly stored: TlaValue | undefined
  readonly frame: readonly number[]
  readonly tree: StepTree
  /** the step and its tree as text: two histories that lead here must agree on it */
  readonly signature: string
  readonly history: readonly unknown[]
  readonly next: Map<string, number>
}

/** A thread's program, and the second look at it. */
interface Drafted {
  readonly automaton: Automaton
  /** refuses a program whose continuation depends on more than its node */
  readonly verify: () => void
}

const compileThread = (machine: Machine, thread: Thread, index: number, limits: CompileLimits): Drafted => {
  const replayer = new Replayer(thread, index, limits)
  const drafts: Draft[] = []
  const byKey = new Map<string, number>()

  const dependent = (label: string): Error =>
    badInput({
      code: 'program-not-a-function-of-its-node',
      message: `${at(thread, label)}: what the program does next depends on more than its label and frame`,
      hint: 'keep what lives across an access in the frame, and give each call site labels of its own',
    })

  const look = (history: readonly unknown[]) => {
    const { op, frame } = replayer.replay(history)
    const tree = replayer.trace(machine, op)
    return { op, frame, tree, signature: resultKey([op.kind, op.what, op.choices, tree]) }
  }

  /** The node that a history leads to; a known node must look the same whichever way it is reached. */
  const intern = (history: readonly unknown[]): { id: number; fresh: boolean } => {
    const seen = look(history)
    const key = nodeKey(seen.op.label, seen.frame)
    const known = byKey.get(key)
    if (known !== undefined) {
      if (drafts[known]?.signature !== seen.signature) throw dependent(seen.op.label)
      return { id: known, fresh: false }
    }
    const { op, frame, tree, signature } = seen
    const { label, kind, what, stored } = op
    drafts.push({ label, kind, what, stored, frame, tree, signature, history, next: new Map() })
    byKey.set(key, drafts.length - 1)
    if (drafts.length > limits.nodes) {
      throw badInput({
        code: 'endless-program',
        message: `${at(thread, op.label)}: the program has more than ${limits.nodes} nodes (label, frame)`,
        hint: 'its frame never repeats: reset locals that are no longer needed',
      })
    }
    return { id: drafts.length - 1, fresh: true }
  }

  const resultsOf = (tree: StepTree): Map<string, unknown> =>
    new Map(
      leavesOf(tree)
        .flatMap((l) => l.outcomes)
        .map(({ result }) => [resultKey(result), result]),
    )

  const arrivals: { readonly node: number; readonly history: readonly unknown[] }[] = []
  intern([])
  // grows while it is gone through
  for (const draft of drafts) {
    for (const [key, result] of resultsOf(draft.tree)) {
      const history = [...draft.history, result]
      const { id: next, fresh } = intern(history)
      draft.next.set(key, next)
      if (!fresh) arrivals.push({ node: next, history })
    }
  }
  // The second way to reach a node must continue like the first; and so must the first when it is tried again, which
  // is where a variable outside the frame shows.
  drafts.forEach(({ history }, node) => arrivals.push({ node, history }))
  const verify = (): void => {
    for (const { node, history } of arrivals) {
      const draft = drafts[node]
      if (draft === undefined) continue
      if (look(history).signature !== draft.signature) throw dependent(draft.label)
      for (const [key, result] of resultsOf(draft.tree)) {
        const { op, frame } = replayer.replay([...history, result])
        if (byKey.get(nodeKey(op.label, frame)) !== draft.next.get(key)) throw dependent(draft.label)
      }
    }
  }
  return { automaton: { fields: replayer.fields, domains: replayer.domains, nodes: drafts }, verify }
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
  readonly threads: readonly Drafted[]
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
    return reuse.within(i, () => compileThread(machine, thread, i, limits))
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

/** Compiles a machine. Throws a `LockstepError` (exit 2) that names thread and label for a program that cheats. */
export const compile = (machine: Machine, limits: CompileLimits = DEFAULT_LIMITS, reuse: Reuse = NO_REUSE): Compiled =>
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

// ---------------------------------------------------------------------------------------------------------------------
// Packing

/** Where a field is in a packed state. */
export interface Slot {
  readonly word: number
  readonly shift: number
  readonly mask: number
}

/** Places of all the cells and of each thread's node in a state of `words` 32-bit words. */
export interface Layout {
  readonly words: number
  readonly cells: readonly Slot[]
  readonly threads: readonly Slot[]
}

/** Places fields one after the other; none straddles a word. */
export const layOut = (compiled: Compiled): Layout => {
  let word = 0
  let used = 0
  const place = (size: number): Slot => {
    const bits = bitsFor(size)
    if (used + bits > 32) {
      word += 1
      used = 0
    }
    const slot = { word, shift: used, mask: bits === 32 ? -1 : (1 << bits) - 1 }
    used += bits
    return slot
  }
  const cells = compiled.machine.shared.cells.map(({ domain }) => place(domain.values.length))
  const threads = compiled.automata.map(({ nodes }) => place(nodes.length))
  return { words: word + 1, cells, threads }
}

/** Reads one field of the packed state that starts at `base`. */
export const readSlot = (states: Int32Array, base: number, { word, shift, mask }: Slot): number =>
  ((states[base + word] ?? 0) >>> shift) & mask

/** One possible step out of a node: who takes it and what it is called. */
export interface StepInfo {
  /** index into the machine's threads; for an environment action the thread that it happens to */
  readonly thread: number
  /** index into `actions` */
  readonly action: number
  /** the environment action's index, or -1 */
  readonly environment: number
  readonly kind: Op['kind']
  readonly what: string
  readonly stored: TlaValue | undefined
  readonly result: unknown
}

/**
 * All steps of a machine as flat tables. A branch of a tree is `[word, shift, mask, child...]` at its position in
 * `tree`; a child is the position of a branch, or `~leaf`. Leaf l has outcomes `leafStart[l] .. leafStart[l + 1]`;
 * outcome o turns word w of the state into `(s[w] & and[o * words + w]) | or[o * words + w]`.
 */
export interface Kernel {
  readonly compiled: Compiled
  readonly layout: Layout
  readonly actions: readonly string[]
  readonly tree: Int32Array
  readonly leafStart: Int32Array
  readonly and: Int32Array
  readonly or: Int32Array
  /** per thread, root of each node's tree */
  readonly roots: readonly Int32Array[]
  /** roots of the environment actions */
  readonly environmentRoots: Int32Array
  readonly steps: readonly StepInfo[]
  readonly refusals: readonly (readonly string[])[]
  readonly initial: Int32Array
}

/** Collects the flat tables. */
class Assembler {
  readonly layout: Layout
  readonly tree: number[] = []
  readonly leafStart: number[] = [0]
  readonly and: number[] = []
  readonly or: number[] = []
  readonly steps: StepInfo[] = []
  readonly refusals: (readonly string[])[] = []

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** Adds a tree and returns its root. */
  add(
    tree: StepTree,
    info: (outcome: Outcome) => StepInfo,
    next: (outcome: Outcome) => readonly [Slot, number] | undefined,
  ): number {
    if ('cell' in tree) {
      const slot = this.layout.cells[tree.cell]
      if (slot === undefined) throw new RangeError('cell without a place')
      const position = this.tree.length
      this.tree.push(slot.word, slot.shift, slot.mask, ...tree.children.map(() => 0))
      tree.children.forEach((child, i) => {
        const target = this.add(child, info, next)
        this.tree[position + 3 + i] = target
      })
      return position
    }
    for (const outcome of tree.outcomes) {
      const and = new Int32Array(this.layout.words).fill(-1)
      const or = new Int32Array(this.layout.words)
      const put = ({ word, shift, mask }: Slot, value: number): void => {
        and[word] = (and[word] ?? 0) & ~(mask << shift)
        or[word] = (or[word] ?? 0) | (value << shift)
      }
      for (const [cell, index] of outcome.writes) {
        const slot = this.layout.cells[cell]
        if (slot !== undefined) put(slot, index)
      }
      const moved = next(outcome)
      if (moved !== undefined) put(...moved)
      this.and.push(...and)
      this.or.push(...or)
      this.steps.push(info(outcome))
    }
    this.leafStart.push(this.steps.length)
    this.refusals.push(tree.refusals)
    return ~(this.leafStart.length - 2)
  }
}

const sameThread = (a: readonly [string, number], b: readonly [string, number]): boolean =>
  a[0] === b[0] && a[1] === b[1]

/** Lays a compiled machine out for exploration. */
export const assemble = (compiled: Compiled): Kernel => {
  const { machine, automata, environment } = compiled
  const layout = layOut(compiled)
  const labels = automata.flatMap(({ nodes }) => nodes.map(({ label }) => label))
  const actions = [...new Set([...labels, ...machine.environment.map(({ label }) => label)])].sort()
  const actionOf = new Map(actions.map((name, i) => [name, i]))
  const out = new Assembler(layout)
  const roots = automata.map(({ nodes }, thread) => {
    const slot = layout.threads[thread]
    if (slot === undefined) throw new RangeError('thread without a place')
    return Int32Array.from(nodes, (node) =>
      out.add(
        node.tree,
        ({ result }) => ({
          thread,
          action: actionOf.get(node.label) ?? -1,
          environment: -1,
          kind: node.kind,
          what: node.what,
          stored: node.stored,
          result,
        }),
        ({ result }) => [slot, node.next.get(resultKey(result)) ?? 0],
      ),
    )
  })
  const environmentRoots = Int32Array.from(environment, (tree, i) => {
    const action = machine.environment[i]
    if (action === undefined) throw new RangeError('environment action without a definition')
    const info: StepInfo = {
      thread: machine.threads.findIndex(({ id }) => sameThread(id, action.thread)),
      action: actionOf.get(action.label) ?? -1,
      environment: i,
      kind: 'atomic',
      what: action.what,
      stored: undefined,
      result: undefined,
    }
    return out.add(
      tree,
      () => info,
      () => undefined,
    )
  })
  const initial = new Int32Array(layout.words)
  machine.shared.cells.forEach((cell, i) => {
    const slot = layout.cells[i]
    if (slot !== undefined) initial[slot.word] = (initial[slot.word] ?? 0) | (cell.initial << slot.shift)
  })
  return {
    compiled,
    layout,
    actions,
    tree: Int32Array.from(out.tree),
    leafStart: Int32Array.from(out.leafStart),
    and: Int32Array.from(out.and),
    or: Int32Array.from(out.or),
    roots,
    environmentRoots,
    steps: out.steps,
    refusals: out.refusals,
    initial,
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Properties

/** A predicate over packed states, flat: a branch is `[word, shift, mask, table, child...]`; see `evaluate`. */
export interface Predicate {
  readonly code: Int32Array
  readonly root: number
  /** bits of each word of the state that it looks at */
  readonly support: Int32Array
}

const FALSE = -1
const TRUE = -2

/** Thrown by an observing store where a property looks at a local that is not decided on the branch at hand. */
class UnknownLocal extends Error {
  readonly thread: number
  readonly field: string
  constructor(thread: number, field: string) {
    super('local not known on this branch')
    this.thread = thread
    this.field = field
  }
}

/** Value of a local at a node; `at:label` asks whether label is the next step. */
const localAt = (automaton: Automaton, node: ProgramNode, field: string): unknown => {
  if (field.startsWith('at:')) return node.label === field.slice(3)
  const i = automaton.fields.indexOf(field)
  const domain = automaton.domains[i]
  const index = node.frame[i]
  if (domain === undefined || index === undefined) throw new RangeError(`no local ${field}`)
  return valueAt(domain, index)
}

/** Which nodes each thread may be at on the branch at hand. */
type Candidates = ReadonlyMap<number, readonly number[]>

class Observing implements Store {
  readonly thread = -1
  private readonly compiled: Compiled
  private readonly known: ReadonlyMap<number, number>
  private readonly candidates: Candidates

  constructor(compiled: Compiled, known: ReadonlyMap<number, number>, candidates: Candidates) {
    this.compiled = compiled
    this.known = known
    this.candidates = candidates
  }

  get(cell: number): number {
    const index = this.known.get(cell)
    if (index !== undefined) return index
    if (this.compiled.machine.shared.cells[cell]?.domain.values.length === 1) return 0
    throw new Unknown(cell)
  }

  set(): never {
    throw badInput({ code: 'property-writes', message: 'a property writes a shared variable' })
  }

  local(thread: number, field: string): unknown {
    const values = localValues(this.compiled, this.candidates, thread, field)
    if (values.size > 1) throw new UnknownLocal(thread, field)
    const [only] = values.values()
    return only?.value
  }
}

/** The values that a local can still have, each with its nodes. */
const localValues = (compiled: Compiled, candidates: Candidates, thread: number, field: string) => {
  const automaton = compiled.automata[thread]
  if (automaton === undefined) throw new RangeError(`no thread ${thread}`)
  const groups = new Map<string, { value: unknown; nodes: number[] }>()
  const ids = candidates.get(thread) ?? automaton.nodes.map((_, id) => id)
  for (const id of ids) {
    const node = automaton.nodes[id]
    if (node === undefined) continue
    const value = localAt(automaton, node, field)
    const key = resultKey(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { value, nodes: [id] })
    else group.nodes.push(id)
  }
  return groups
}

/** Compiles a predicate to a decision tree over the fields that it looks at. */
export const compilePredicate = (kernel: Pick<Kernel, 'compiled' | 'layout'>, holds: () => boolean): Predicate => {
  const { compiled, layout } = kernel
  const { shared } = compiled.machine
  const code: number[] = []
  const support = new Int32Array(layout.words)
  const emit = (slot: Slot, table: number, children: number): number => {
    const position = code.length
    support[slot.word] = (support[slot.word] ?? 0) | (slot.mask << slot.shift)
    code.push(slot.word, slot.shift, slot.mask, table)
    for (let i = 0; i < children; i++) code.push(0)
    return position
  }
  const build = (known: ReadonlyMap<number, number>, candidates: Candidates): number => {
    try {
      return shared.with(new Observing(compiled, known, candidates), holds) ? TRUE : FALSE
    } catch (error) {
      if (error instanceof Unknown) return onCell(error.cell, known, candidates)
      if (error instanceof UnknownLocal) return onLocal(error, known, candidates)
      throw error
    }
  }
  const onCell = (cell: number, known: ReadonlyMap<number, number>, candidates: Candidates): number => {
    const slot = layout.cells[cell]
    const size = shared.cells[cell]?.domain.values.length ?? 0
    if (slot === undefined) throw new RangeError('cell without a place')
    const position = emit(slot, -1, size)
    for (let i = 0; i < size; i++) code[position + 4 + i] = build(new Map(known).set(cell, i), candidates)
    return position
  }
  const onLocal = (
    { thread, field }: UnknownLocal,
    known: ReadonlyMap<number, number>,
    candidates: Candidates,
  ): number => {
    const slot = layout.threads[thread]
    const nodes = compiled.automata[thread]?.nodes.length ?? 0
    if (slot === undefined) throw new RangeError('thread without a place')
    const groups = [...localValues(compiled, candidates, thread, field).values()]
    const table = code.length
    for (let i = 0; i < nodes; i++) code.push(0)
    groups.forEach((group, i) => {
      for (const id of group.nodes) code[table + id] = i
    })
    const position = emit(slot, table, groups.length)
    groups.forEach((group, i) => {
      code[position + 4 + i] = build(known, new Map(candidates).set(thread, group.nodes))
    })
    return position
  }
  const root = build(new Map(), new Map())
  return { code: Int32Array.from(code), root, support }
}

/** Does the predicate hold in the packed state that starts at `base`? */
export const evaluate = ({ code, root }: Predicate, states: Int32Array, base: number): boolean => {
  let position = root
  while (position >= 0) {
    // positions are in range by construction
    const raw =
      ((states[base + (code[position] as number)] as number) >>> (code[position + 1] as number)) &
      (code[position + 2] as number)
    const table = code[position + 3] as number
    position = code[position + 4 + (table < 0 ? raw : (code[table + raw] as number))] as number
  }
  return position === TRUE
}
