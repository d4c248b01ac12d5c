/**
 * The specialised interpreter: JavaScript for one thread of one machine, generated from its program's automaton. An
 * access is one typed-array access; which step comes next is in the code's shape, so nothing is looked up between two
 * accesses. That matters: a store stays in the store buffer for some tens of nanoseconds, and an interpreter that needs
 * longer for a step never sees it there.
 *
 * What the C code's accesses become, on x86:
 *
 * | access | here | instruction |
 * | --- | --- | --- |
 * | load, store, release, update (plain, ONCE, smp_store_release) | `m[i]` | mov |
 * | smp_wmb() | nothing: stores stay in order | |
 * | smp_mb() | Atomics.exchange on a cell of the thread's own | xchg |
 * | xchg, smp_store_mb | Atomics.exchange | xchg |
 * | cmpxchg, spin_lock, waits | Atomics.compareExchange | lock cmpxchg |
 * | a step of one's own that writes | Atomics.load, Atomics.store | mov, xchg |
 */

import { badInput } from '../kernel/error.ts'
import type { ProgramNode } from '../kernel/machine/automaton.ts'
import type { StepOutcome, StepTree } from '../kernel/machine/step-tree.ts'
import type { Access, Op } from '../kernel/language/op.ts'
import { leavesOf, resultKey } from '../kernel/machine/step-tree.ts'
import type { LiveThread } from './program.ts'
import { alternatives } from './program.ts'

/**
 * Runs one thread from its start to a stop. `m`: shared memory; `g`: the log, written from `p` on, at most to `e`; `w`:
 * seed of the world's decisions; `b`: memory of the thread's own, of `BALLAST_SIZE` elements, to which it stores `k`
 * times before each plain store. Returns the node where it stopped, or one of `STUCK` and `TOO_LONG`.
 */
export type Runner = (m: Int32Array, g: Uint8Array, p: number, e: number, w: number, b: Int32Array, k: number) => number

/** 2 ** 22 integers are 16 MiB, more than a core's own caches hold. */
const BALLAST_BITS = 22
/** Elements of a thread's own memory, which its stores push its caches out with. */
export const BALLAST_SIZE = 2 ** BALLAST_BITS

/**
 * Stores of the thread's own, to places that are in no cache: the program's next store waits in the store buffer behind
 * them. vcpu_enter_guest() has hundreds of stores of its own, which no other thread sees and which no model has; without
 * any, a store is visible within some tens of nanoseconds.
 */
const BALLAST = `for (let i = 0; i < k; i++) b[(w = (Math.imul(w, 1664525) + 1013904223) | 0) >>> ${32 - BALLAST_BITS}] = i`

/** The same for an interpreter; returns the next seed. */
export const ballast = (b: Int32Array, k: number, w: number): number => {
  let seed = w
  for (let i = 0; i < k; i++) b[(seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >>> (32 - BALLAST_BITS)] = i
  return seed
}

/** A wait did not end. */
export const STUCK = -1
/** The log is full. */
export const TOO_LONG = -2

/** Each location has two cache lines to itself: adjacent lines are fetched in pairs. */
export const STRIDE = 32

/** Turns of a wait before it is given up. */
const PATIENCE = 2 ** 30

type Lines = readonly string[]

const indent = (lines: Lines): string[] => lines.map((line) => `  ${line}`)

/** Outcomes of an access where `cell` holds `index`. */
const outcomesAt = (tree: StepTree, cell: number, index: number): readonly StepOutcome[] => {
  if (!('cell' in tree)) return tree.outcomes
  const [only] = tree.cell === cell ? [tree.children[index]] : [undefined]
  return (only === undefined ? tree.children : [only]).flatMap((child) => outcomesAt(child, cell, index))
}

/** Values of a cell that lead to the same node, each with its entry in the log. */
interface Way {
  readonly next: number
  readonly values: (readonly [index: number, entry: number])[]
}

class Generator {
  private readonly thread: LiveThread
  private readonly fence: number
  /** nodes that are reached from more than one place; the code jumps to them */
  private readonly joins = new Set<number>()

  constructor(thread: LiveThread, cells: number) {
    this.thread = thread
    this.fence = (cells + thread.thread) * STRIDE
    this.findJoins()
  }

  private node(id: number): ProgramNode {
    const node = this.thread.automaton.nodes[id]
    if (node === undefined) throw new RangeError(`no node ${id}`)
    return node
  }

  private stopsAt(id: number): boolean {
    return this.thread.stops.has(this.node(id).label)
  }

  private findJoins(): void {
    const seen = new Set([0])
    for (const id of seen) {
      if (this.mayRefuse(id)) this.joins.add(id)
      for (const next of new Set(this.node(id).next.values())) {
        if (this.stopsAt(next)) continue
        if (seen.has(next)) this.joins.add(next)
        seen.add(next)
      }
    }
  }

  /** A step of one's own that has to wait; an access that waits does so by itself. */
  private mayRefuse(id: number): boolean {
    const { op, tree } = this.node(id)
    return op.access === undefined && leavesOf(tree).some((leaf) => 'outcomes' in leaf && leaf.outcomes.length === 0)
  }

  program(): Lines {
    const start = this.step(0)
    if (this.joins.size === 0) return start
    const targets = [...new Set([0, ...this.joins])].sort((a, b) => a - b)
    return [
      'let n = 0, s = 0',
      'for (;;) {',
      '  if (p > e) return ' + String(TOO_LONG),
      '  switch (n) {',
      ...targets.flatMap((id) => [
        `    case ${id}: {`,
        ...indent(indent(indent(id === 0 ? start : this.step(id)))),
        '    }',
      ]),
      '  }',
      '}',
    ]
  }

  private goTo(id: number): Lines {
    if (this.stopsAt(id)) return [`return ${id} // ${this.node(id).label}`]
    return this.joins.has(id) ? [`n = ${id}; continue`] : this.step(id)
  }

  /** The next node after a result, and the result's entry in the log. */
  private following(id: number, key: string): { readonly next: number; readonly entry: number } {
    const node = this.node(id)
    const next = node.next.get(key)
    if (next === undefined) throw new RangeError(`${node.label} has no result ${key}`)
    return { next, entry: alternatives(this.thread, id).indexOf(key) + 1 }
  }

  /** What follows a result: a log entry where there are several, and the next node. */
  private after(id: number, key: string): Lines {
    const { next, entry } = this.following(id, key)
    return [...(this.node(id).next.size > 1 ? [`g[p++] = ${entry}`] : []), ...this.goTo(next)]
  }

  private step(id: number): Lines {
    const { label, op, tree } = this.node(id)
    const code = op.access === undefined ? this.own(id, op, tree) : this.access(id, op.access, tree)
    return [`// ${label}`, ...code]
  }

  private ways(id: number, cell: number, tree: StepTree): readonly Way[] {
    const ways: Way[] = []
    for (let index = 0; index < sizeOf(tree, cell); index++) {
      const keys = new Set(outcomesAt(tree, cell, index).map(({ result }) => resultKey(result)))
      if (keys.size > 1) throw new Error('the result of an access depends on another location')
      const [key] = keys
      // a value at which an access waits
      if (key === undefined) continue
      const { next, entry } = this.following(id, key)
      const way = ways.find((w) => w.next === next)
      if (way === undefined) ways.push({ next, values: [[index, entry]] })
      else way.values.push([index, entry])
    }
    return ways
  }

  /** The access that yields `read`, its entry in the log, and each way on. */
  private branch(id: number, read: string, ways: readonly Way[]): Lines {
    const [first] = ways
    if (first === undefined) throw new Error('an access without a result')
    if (this.node(id).next.size === 1) return [read, ...this.goTo(first.next)]
    const name = `r${id}`
    const lines = ways.map(({ next, values }) => [`g[p++] = ${entryText(name, values)}`, ...this.goTo(next)])
    if (ways.length === 1) return [`const ${name} = ${read}`, ...lines.flat()]
    const tests = ways.map(({ values }) => values.map(([index]) => `${name} === ${index}`).join(' || '))
    return [`const ${name} = ${read}`, ...branches(tests, lines)]
  }

  private access(id: number, access: Access, tree: StepTree): Lines {
    if (!('cell' in access)) {
      const code = access.op === 'mb' ? [`Atomics.exchange(m, ${this.fence}, 0)`] : []
      return [...code, ...this.after(id, 'undefined')]
    }
    const at = access.cell * STRIDE
    const ways = this.ways(id, access.cell, tree)
    switch (access.op) {
      case 'load':
        return this.branch(id, `m[${at}]`, ways)
      case 'store':
      case 'release':
        return [BALLAST, ...this.branch(id, `m[${at}] = ${access.value}`, ways)]
      case 'update': {
        const store = this.branch(id, `m[${at}] = ${mapped(`u${id}`, access.map)}`, ways)
        return [BALLAST, `const u${id} = m[${at}]`, ...store]
      }
      case 'xchg':
        return this.branch(id, `Atomics.exchange(m, ${at}, ${access.value})`, ways)
      case 'cmpxchg':
        return this.branch(id, `Atomics.compareExchange(m, ${at}, ${access.old}, ${access.value})`, ways)
      case 'await': {
        const ready = access.ready.map((i) => `a${id} === ${i}`).join(' || ')
        return [
          `for (let i = 0; ; i++) {`,
          `  const a${id} = Atomics.load(m, ${at})`,
          `  if ((${ready}) && Atomics.compareExchange(m, ${at}, a${id}, ${access.value}) === a${id}) break`,
          `  if (i > ${PATIENCE}) return ${STUCK}`,
          `}`,
          ...this.after(id, 'undefined'),
        ]
      }
    }
  }

  /** A step of one's own, from its decision tree; history is left out. */
  private own(id: number, op: Op, tree: StepTree): Lines {
    if ('cell' in tree) {
      const children = tree.children.map((child) => this.own(id, op, child))
      if (this.thread.history.has(tree.cell)) {
        if (new Set(children.map((lines) => lines.join('\n'))).size === 1) return children[0] ?? []
        throw new Error(`what ${op.label} does to memory depends on history`)
      }
      const name = `c${id}_${tree.cell}`
      const tests = children.map((_, i) => `${name} === ${i}`)
      return [`const ${name} = Atomics.load(m, ${tree.cell * STRIDE})`, ...branches(tests, children)]
    }
    if (tree.outcomes.length === 0) return [`if (++s > ${PATIENCE}) return ${STUCK}`, `n = ${id}; continue`]
    return this.decided(id, op.label, tree.outcomes)
  }

  /** One outcome: the one that the scenario wants, or a toss of the coin. */
  private decided(id: number, label: string, outcomes: readonly StepOutcome[]): Lines {
    const [first] = outcomes
    if (first === undefined) throw new RangeError('no outcome')
    const decision = this.thread.decide[label] ?? 'random'
    if (outcomes.length === 1 || decision !== 'random') {
      const wanted = decision === 'random' ? undefined : resultKey(decision.always)
      return this.outcome(id, outcomes.find((o) => resultKey(o.result) === wanted) ?? first)
    }
    return [
      `w = (Math.imul(w, 1664525) + 1013904223) | 0`,
      `switch ((w >>> 16) % ${outcomes.length}) {`,
      ...outcomes.flatMap((outcome, i) => [
        i === outcomes.length - 1 ? '  default: {' : `  case ${i}: {`,
        ...indent(indent(this.outcome(id, outcome))),
        '  }',
      ]),
      '}',
    ]
  }

  private outcome(id: number, outcome: StepOutcome): Lines {
    const writes = outcome.writes.filter(([cell]) => !this.thread.history.has(cell))
    return [
      ...writes.map(([cell, index]) => `Atomics.store(m, ${cell * STRIDE}, ${index})`),
      ...this.after(id, resultKey(outcome.result)),
    ]
  }
}

/** if, else if, else; the last test is not needed. */
const branches = (tests: readonly string[], bodies: readonly Lines[]): string[] => [
  ...bodies.flatMap((body, i) => {
    const test = tests[i] ?? ''
    const head = i === 0 ? `if (${test}) {` : i === bodies.length - 1 ? '} else {' : `} else if (${test}) {`
    return [head, ...indent(body)]
  }),
  '}',
]

/** What each value of a name stands for, as an expression without a table; the last test is not needed. */
const chosen = (name: string, meanings: readonly (readonly [value: number, meaning: number])[]): string =>
  meanings
    .map(([value, meaning], i) => (i === meanings.length - 1 ? `${meaning}` : `${name} === ${value} ? ${meaning} : `))
    .join('')

/** The log entry of a result, as an expression. */
const entryText = (name: string, values: Way['values']): string =>
  values.length > 1 && values.every(([index, entry]) => entry === index + 1) ? `${name} + 1` : chosen(name, values)

/** How many values of a cell a tree tells apart; 1 if it does not look at it. */
const sizeOf = (tree: StepTree, cell: number): number => {
  if (!('cell' in tree)) return 1
  return tree.cell === cell ? tree.children.length : Math.max(...tree.children.map((child) => sizeOf(child, cell)))
}

/** `map[name]` without a table. */
const mapped = (name: string, map: readonly number[]): string =>
  new Set(map).size === 1 ? String(map[0]) : chosen(name, [...map.entries()])

/** The body of a `Runner(m, g, p, e, w, b, k)` for a thread of a machine with `cells` cells. Deterministic. */
export const generate = (thread: LiveThread, cells: number): string => {
  if (thread.automaton.nodes.length > 5000) {
    throw badInput({ code: 'program-too-large', message: `${thread.name} has too many nodes to generate code for` })
  }
  return `'use strict'\n${new Generator(thread, cells).program().join('\n')}\n`
}

/** Makes a function of what `generate` has written. */
export const runnerOf = (body: string): Runner =>
  // The text is never input: `generate` has made it of one of our own programs, from labels, numbers and fixed words.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('m', 'g', 'p', 'e', 'w', 'b', 'k', body) as Runner
