/** Whole-graph equality of a specification's graph, as TLC dumps it, and a machine's. */

import { at } from '../kernel/at.ts'
import type { Hash128 } from './lts-digest.ts'
import { hash128, LtsDigest } from './lts-digest.ts'
import { Growing } from '../kernel/int-list.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { edgesOf, pathTo } from '../kernel/explore/graph.ts'
import { parseValue } from '../tla/parse-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import type { Mismatch, Piece, View } from '../tla/state-codec.ts'
import { detach, splitConjunct, splitConjuncts, splitState, unescapeLabel } from '../tla/dot.ts'

/** A number on each side. */
export interface Sides<T> {
  readonly spec: T
  readonly impl: T
}

/** Where the two graphs part. */
export interface Difference {
  /** the side that has something that the other lacks */
  readonly side: 'spec' | 'impl'
  readonly what: 'initial state' | 'edge'
  /** action of the edge; undefined for an initial state */
  readonly action: string | undefined
  /** common path to the edge's source, as states of the machine with their steps; empty for an initial state */
  readonly path: readonly { readonly state: number; readonly step: number }[]
  /** the targets that each side has by this action from that source; the initial states where those differ */
  readonly targets: Sides<readonly ReadonlyMap<string, TlaValue>[]>
  /** if a target is no state of the machine at all: why */
  readonly mismatch: Mismatch | undefined
}

/** What a comparison found. */
export interface Comparison {
  readonly equal: boolean
  readonly initial: Sides<number>
  readonly states: Sides<number>
  readonly edges: Sides<number>
  readonly actions: Readonly<Record<string, Sides<number>>>
  readonly digest: Sides<string>
  /** edges as TLC wrote them, parallel ones with the same action and target counted each time */
  readonly dumpedEdges: number
  /** the difference nearest to the initial state, shortest path first; undefined if equal */
  readonly difference: Difference | undefined
}

const UNKNOWN = -1

const parsePiece = (text: string): TlaValue => parseValue(unescapeLabel(text))

/** Edges of one graph by source: targets and actions of source s are at `start[s] .. start[s + 1]`. */
interface BySource {
  readonly start: Int32Array
  readonly target: Int32Array
  readonly action: Int32Array
}

/** Sorts edges by source (counting sort) and drops repeated ones. */
const bySource = (count: number, from: Int32Array, to: Int32Array, action: Int32Array): BySource => {
  const start = new Int32Array(count + 1)
  for (const f of from) start[f + 1] = at(start, f + 1) + 1
  for (let i = 0; i < count; i++) start[i + 1] = at(start, i + 1) + at(start, i)
  const cursor = start.slice(0, count)
  const target = new Int32Array(from.length)
  const label = new Int32Array(from.length)
  from.forEach((f, e) => {
    const place = at(cursor, f)
    cursor[f] = place + 1
    target[place] = at(to, e)
    label[place] = at(action, e)
  })
  const outStart = new Int32Array(count + 1)
  let length = 0
  for (let s = 0; s < count; s++) {
    outStart[s] = length
    const first = length
    const end = at(start, s + 1)
    for (let e = at(start, s); e < end; e++) {
      let seen = first
      while (seen < length && (target[seen] !== target[e] || label[seen] !== label[e])) seen++
      if (seen < length) continue
      target[length] = at(target, e)
      label[length] = at(label, e)
      length++
    }
  }
  outStart[count] = length
  return { start: outStart, target: target.subarray(0, length), action: label.subarray(0, length) }
}

const range = (edges: BySource, source: number): number[] => {
  const out: number[] = []
  for (let e = at(edges.start, source); e < at(edges.start, source + 1); e++) out.push(e)
  return out
}

const countActions = (names: readonly string[], action: Int32Array): number[] => {
  const counts = names.map(() => 0)
  for (const a of action) counts[a] = at(counts, a) + 1
  return counts
}

/**
 * Takes the specification's graph state by state and edge by edge, in any order, and compares it with the machine's.
 * Holds numbers only: the text of a state is kept only if the machine has no such state.
 */
export class GraphComparison {
  private readonly graph: Graph
  private readonly view: View
  /** TLC's fingerprints to numbers of our own, in order of appearance */
  private readonly ids = new Map<string, number>()
  private readonly pieces = new Map<string, Piece | Mismatch>()
  /** state of the machine for each of them, or UNKNOWN */
  private readonly machineState: number[] = []
  private readonly described: boolean[] = []
  private readonly initialIds: number[] = []
  private readonly foreign = new Map<number, { text: string; mismatch: Mismatch | undefined }>()
  private readonly actionIds: Map<string, number>
  private readonly from = new Growing()
  private readonly to = new Growing()
  private readonly action = new Growing()

  constructor(graph: Graph, view: View) {
    this.graph = graph
    this.view = view
    this.actionIds = new Map(graph.kernel.actions.map((name, i) => [name, i]))
  }

  private idOf(fingerprint: string): number {
    const known = this.ids.get(fingerprint)
    if (known !== undefined) return known
    const id = this.machineState.length
    this.ids.set(fingerprint, id)
    this.machineState.push(UNKNOWN)
    this.described.push(false)
    return id
  }

  /** States share most of their conjuncts: each is parsed once only. */
  private pieceOf(conjunct: string): Piece | Mismatch {
    const known = this.pieces.get(conjunct)
    if (known !== undefined) return known
    const [name, text] = splitConjunct(conjunct)
    const piece = this.view.piece(detach(name), parsePiece(text))
    this.pieces.set(detach(conjunct), piece)
    return piece
  }

  /** A state of the specification, as a label of TLC's dump. */
  state(fingerprint: string, label: string, initial: boolean): void {
    const id = this.idOf(fingerprint)
    if (this.described[id] === true) return
    this.described[id] = true
    if (initial) this.initialIds.push(id)
    const encoded = this.view.assemble(splitConjuncts(label).map((conjunct) => this.pieceOf(conjunct)))
    const found = 'words' in encoded ? this.graph.find(encoded.words) : UNKNOWN
    this.machineState[id] = found
    if (found === UNKNOWN)
      this.foreign.set(id, { text: detach(label), mismatch: 'mismatch' in encoded ? encoded.mismatch : undefined })
  }

  /** An edge of the specification. */
  edge(source: string, target: string, action: string): void {
    let a = this.actionIds.get(action)
    if (a === undefined) {
      a = this.actionIds.size
      this.actionIds.set(action, a)
    }
    this.from.push(this.idOf(source))
    this.to.push(this.idOf(target))
    this.action.push(a)
  }

  /** States that edges name but no line of the dump describes. */
  undescribed(): number {
    return this.described.filter((d) => !d).length
  }

  /** Compares; call once, after everything has come in. */
  finish(): Comparison {
    const names = [...this.actionIds.keys()]
    const specEdges = bySource(this.machineState.length, this.from.done(), this.to.done(), this.action.done())
    if (!this.graph.complete) throw new TypeError('a proof needs a complete graph')
    const implEdges = machineEdges(this.graph, 'a proof')
    const specCounts = countActions(names, specEdges.action)
    const implCounts = countActions(names, implEdges.action)
    const difference = this.firstDifference(specEdges, implEdges, names)
    return {
      equal: difference === undefined,
      initial: { spec: this.initialIds.length, impl: 1 },
      states: { spec: this.machineState.length, impl: this.graph.count },
      edges: { spec: specEdges.target.length, impl: implEdges.target.length },
      actions: Object.fromEntries(names.map((name, i) => [name, { spec: at(specCounts, i), impl: at(implCounts, i) }])),
      digest: this.digests(specEdges, implEdges, names),
      dumpedEdges: this.from.done().length,
      difference,
    }
  }

  private specState(id: number): ReadonlyMap<string, TlaValue> {
    const state = at(this.machineState, id)
    if (state !== UNKNOWN) return this.implState(state)
    const label = this.foreign.get(id)?.text ?? ''
    return new Map(splitState(label).map(([name, piece]) => [name, parsePiece(piece)]))
  }

  private implState(state: number): ReadonlyMap<string, TlaValue> {
    return this.view.decode(this.graph.states, state * this.graph.kernel.layout.words)
  }

  private firstDifference(spec: BySource, impl: BySource, names: readonly string[]): Difference | undefined {
    const initialDifference = this.initialDifference()
    if (initialDifference !== undefined) return initialDifference
    const specOf = new Int32Array(this.graph.count).fill(UNKNOWN)
    this.machineState.forEach((state, id) => {
      if (state !== UNKNOWN) specOf[state] = id
    })
    // breadth-first order: no state before the first difference differs, so the path to it is common to both
    for (let state = 0; state < this.graph.count; state++) {
      const id = at(specOf, state)
      const specRow = id === UNKNOWN ? [] : range(spec, id)
      const implRow = range(impl, state)
      const isSame = (s: number, e: number): boolean =>
        at(this.machineState, at(spec.target, s)) === at(impl.target, e) && at(spec.action, s) === at(impl.action, e)
      const specOnly = specRow.find((s) => !implRow.some((e) => isSame(s, e)))
      const implOnly = implRow.find((e) => !specRow.some((s) => isSame(s, e)))
      const action =
        specOnly === undefined ? (implOnly === undefined ? undefined : impl.action[implOnly]) : spec.action[specOnly]
      if (action === undefined) continue
      const specTargets = specRow.filter((s) => spec.action[s] === action)
      const foreign = specTargets.map((s) => this.foreign.get(at(spec.target, s))).find((f) => f !== undefined)
      return {
        side: specOnly === undefined ? 'impl' : 'spec',
        what: 'edge',
        action: names[action],
        path: pathTo(this.graph, state),
        targets: {
          spec: specTargets.map((s) => this.specState(at(spec.target, s))),
          impl: implRow.filter((e) => impl.action[e] === action).map((e) => this.implState(at(impl.target, e))),
        },
        mismatch: foreign?.mismatch,
      }
    }
    return undefined
  }

  private initialDifference(): Difference | undefined {
    const nowhere = { what: 'initial state', action: undefined, path: [] } as const
    const foreign = this.initialIds.find((id) => this.machineState[id] !== 0)
    if (foreign !== undefined) {
      const { mismatch } = this.foreign.get(foreign) ?? { mismatch: undefined }
      return {
        ...nowhere,
        side: 'spec',
        targets: { spec: [this.specState(foreign)], impl: [this.implState(0)] },
        mismatch,
      }
    }
    if (this.initialIds.length === 0) {
      return { ...nowhere, side: 'impl', targets: { spec: [], impl: [this.implState(0)] }, mismatch: undefined }
    }
    return undefined
  }

  private digests(spec: BySource, impl: BySource, names: readonly string[]): Sides<string> {
    const known = stateHashes(this.graph, this.view)
    const hashes = this.machineState.map((state, id) => known[state] ?? hash128(this.foreign.get(id)?.text ?? ''))
    return {
      spec: digestOf(hashes, new Set(this.initialIds), spec, names),
      impl: digestOf(known, INITIAL, impl, names),
    }
  }
}

/** The machine's initial states. */
const INITIAL: ReadonlySet<number> = new Set([0])

/** Edges of the machine; several steps by one action to one state are one edge. */
const machineEdges = (graph: Graph, what: string): BySource => {
  const { start, target, step } = edgesOf(graph, what)
  const { count, kernel } = graph
  const from = new Int32Array(target.length)
  for (let s = 0; s < count; s++) from.fill(s, at(start, s), at(start, s + 1))
  const action = step.map((s) => at(kernel.steps, s).action)
  return bySource(count, from, target, action)
}

const stateHashes = (graph: Graph, view: View): Hash128[] => {
  const { words } = graph.kernel.layout
  return Array.from({ length: graph.count }, (_, s) => hash128(view.text(graph.states, s * words)))
}

const digestOf = (
  hashes: readonly Hash128[],
  initial: ReadonlySet<number>,
  edges: BySource,
  names: readonly string[],
): string => {
  const digest = new LtsDigest()
  const actions = names.map(hash128)
  hashes.forEach((source, state) => {
    digest.state(source, initial.has(state))
    for (const e of range(edges, state)) {
      digest.edge(source, at(actions, at(edges.action, e)), at(hashes, at(edges.target, e)))
    }
  })
  return digest.value()
}

/** Digest of a machine's graph. */
export const graphDigest = (graph: Graph, view: View): string =>
  digestOf(stateHashes(graph, view), INITIAL, machineEdges(graph, 'a digest'), graph.kernel.actions)

/** What a comparison says of the machine's graph, which both sides of equal ones have. */
export const machineSide = (graph: Graph, view: View) => {
  // held against nothing, as only the machine's side is looked at
  const { initial, states, edges, actions, digest } = new GraphComparison(graph, view).finish()
  return {
    initial: initial.impl,
    states: states.impl,
    edges: edges.impl,
    actions: Object.fromEntries(Object.entries(actions).map(([name, { impl }]) => [name, impl])),
    digest: digest.impl,
  }
}
