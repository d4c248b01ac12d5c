/** Counterexamples for the reports' tests: real ones from the flush-inhibit machine, and small ones made by hand. */

import type { FlushInhibitConstants } from '../../../impl/flush-inhibit/FlushInhibit.ts'
import { flushInhibit } from '../../../impl/flush-inhibit/FlushInhibit.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Behaviour, BehaviourStep, Counterexample } from '../../../impl/lib/behaviour/counterexample.ts'
import { lassoBehaviour, shortestTo } from '../../../impl/lib/behaviour/counterexample.ts'
import { explore } from '../../../impl/lib/kernel/explore/explore.ts'
import { checkLeadsTo } from '../../../impl/lib/kernel/explore/liveness.ts'
import type { ActionDocs } from '../../../impl/lib/protocol/docs.ts'
import type { ThreadId } from '../../../impl/lib/kernel/language/machine.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'
import type { TlaValue } from '../../../impl/lib/kernel/language/value.ts'
import { View } from '../../../impl/lib/tla/state-codec.ts'

export const POSTED: FlushInhibitConstants = {
  Flushers: [0, 1],
  Targets: [2],
  Rounds: 1,
  SyncOnSet: true,
  SyncOnClear: true,
  CheckBeforeRequest: true,
  IoctlMb: false,
  WaitingOnBeforeSuspended: true,
  ClearWaitingOnBeforeSuspended: true,
  SeparateSuspended: true,
  Memory: 'SC',
  StoreBufferSlots: 0,
  SuspendWmb: false,
  UnsuspendWmb: false,
  MutexUnlockIsMb: true,
  MaskZeroed: true,
  PendingEvents: false,
  EventsMasked: false,
  ArgsChecked: 'never',
  BadCalls: false,
}

const TWO_TARGETS = { Flushers: [0], Targets: [2, 3] }

/** Designs that between them violate everything that can be violated. */
export const DESIGNS: Readonly<Record<string, Partial<FlushInhibitConstants>>> = {
  'no-srcu': { SyncOnSet: false, SyncOnClear: false },
  'request-then-check': { CheckBeforeRequest: false, SyncOnSet: false, SyncOnClear: false },
  'suspended-first': { ...TWO_TARGETS, WaitingOnBeforeSuspended: false },
  'reversed-clear': { ...TWO_TARGETS, ClearWaitingOnBeforeSuspended: false },
  'merged-field': { ...TWO_TARGETS, SeparateSuspended: false },
  'pending-event': { PendingEvents: true },
  'garbage-mask': { MaskZeroed: false },
}

const known = new Map<string, readonly Counterexample[]>()

/** All counterexamples of a design. */
export const counterexamplesOf = (design: string): readonly Counterexample[] => {
  const found = known.get(design) ?? search(design)
  known.set(design, found)
  return found
}

const search = (design: string): Counterexample[] => {
  const machine = flushInhibit({ ...POSTED, ...DESIGNS[design] })
  const graph = explore(assemble(compile(machine)), { edges: true })
  const view = new View(graph.kernel)
  const of = (property: string, kind: Counterexample['kind'], behaviour: Behaviour): Counterexample => ({
    model: `flush-inhibit/${design}.sc`,
    property,
    kind,
    behaviour,
    preventedBy: [],
  })
  return [
    ...[...graph.violations].map(([name, { state }]) => of(name, 'invariant', shortestTo(graph, view, state))),
    ...machine.liveness.flatMap((property) => {
      const lasso = checkLeadsTo(graph, property)
      return lasso === undefined ? [] : [of(property.name, 'liveness', lassoBehaviour(graph, view, lasso))]
    }),
  ]
}

/** The counterexample of a design to one property. */
export const counterexampleTo = (design: string, property: string): Counterexample => {
  const found = counterexamplesOf(design).find((cx) => cx.property === property)
  if (found === undefined) throw new Error(`${design} does not violate ${property}`)
  return found
}

// ---- by hand: threads t0, t1, ... that store to x[0]

export const stateOf = (x: number, labels: readonly (readonly [ThreadId, string])[]): Map<string, TlaValue> =>
  new Map([
    ['pc', tla.fun(labels.map(([[kind, id], label]) => [tla.seq([tla.str(kind), tla.int(id)]), tla.str(label)]))],
    ['x', tla.fun([[tla.int(0), tla.int(x)]])],
  ])

/** A behaviour in which each of the threads stores once, to the given labels in the end. */
export const stores = (
  threads: readonly number[],
  more: Partial<Counterexample> & { readonly loop?: number; readonly action?: string; readonly what?: string } = {},
): Counterexample => {
  const ids = [...new Set(threads)].map((id): ThreadId => ['t', id])
  const labels = ids.map((id) => [id, 'store_x'] as const)
  const steps = threads.map((id, i): BehaviourStep => ({
    action: more.action ?? 'store_x',
    thread: ['t', id],
    environment: false,
    kind: 'store',
    what: more.what ?? 'x0',
    words: undefined,
    access: 'store',
    location: { variable: 'x', argument: tla.int(0) },
    stored: tla.int(i + 1),
    compared: undefined,
    result: undefined,
    state: stateOf(i + 1, labels),
  }))
  return {
    model: more.model ?? 'test/stores',
    property: more.property ?? 'QuietInv',
    kind: more.kind ?? 'invariant',
    behaviour: { initial: stateOf(0, labels), steps, loop: more.loop, names: new Map([['x', new Map([['0', 'x0']])]]) },
    preventedBy: more.preventedBy ?? [],
  }
}

export const storeDocs: ActionDocs = {
  actions: { store_x: { function: 'store', waits: () => 'for the other' } },
  lane: ([, id]) => `thread ${id}`,
  properties: { QuietInv: 'Nobody stores anything.' },
  toggles: { Quiet: { on: 'threads are quiet', off: 'threads store' } },
  values: {},
  notes: [],
}
