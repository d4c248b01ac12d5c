/** What must hold of a C program: what its file says, and what every C program has to keep to. */

import { at } from '../../kernel/at.ts'
import type { Invariant, LeadsTo, Machine, Possibility } from '../../kernel/language/machine.ts'
import { Observer, threadName } from '../../kernel/language/machine.ts'
import type { Shared } from '../../kernel/language/shared.ts'
import type { Memory } from '../../kernel/memory/memory.ts'
import type { Environment } from '../program/evaluate.ts'
import { Fault } from '../program/evaluate.ts'
import type { CProgram, CProperty, FaultKind } from '../program/ir.ts'
import { isTrue, UNSET } from '../program/value.ts'
import { Immediate } from './immediate.ts'
import type { Places } from './places.ts'
import { possibleFaults, RUNTIME_FAULTS } from './possible-faults.ts'
import type { AccessAt } from './steps.ts'
import type { RunningThread } from './thread.ts'
import type { WaitKind } from './waits.ts'
import { WAIT_KINDS } from './waits.ts'

type Properties = Required<Pick<Machine, 'invariants' | 'liveness' | 'possibilities'>>

/** Faults that a statement of the program may end in, each of which is looked at by itself. */
const STATED: readonly FaultKind[] = ['Assertion', 'BugOn', 'WarnOn']

/** Everything that a property may look at. */
class Looking {
  readonly threads: readonly RunningThread[]
  readonly observers: readonly Observer<Record<string, unknown>>[]
  private readonly shared: Shared
  private readonly memory: Memory
  private readonly places: Places
  private readonly immediate: Immediate

  constructor(program: CProgram, threads: readonly RunningThread[], places: Places, shared: Shared, memory: Memory) {
    this.threads = threads
    this.shared = shared
    this.memory = memory
    this.places = places
    this.observers = threads.map((_, i) => new Observer<Record<string, unknown>>(shared, i))
    const environment: Omit<Environment, 'get'> = {
      nameOf: (register) => at(program.registers, register).name,
      self: 0,
      count: threads.length,
      local: (object) => object,
      structAt: (place) => places.structAt(place),
      lengthAt: (place) => places.lengthAt(place),
      thread: (name) => {
        const first = threads.findIndex(({ id }) => id[0] === name)
        return first < 0 ? undefined : first
      },
      isInterruptible: false,
      isDrained: (thread) => memory.isDrained(thread),
      at: (thread, label) =>
        threads.some(
          ({ source }, i) => source.name === thread && at(this.observers, i).at(`${source.function}_${label}`),
        ),
    }
    this.immediate = new Immediate(program, places, (registers) => ({
      ...environment,
      get: (register) => registers.get(register) ?? UNSET,
    }))
  }

  /** Is what a function of the file says true of what all threads see? Where it means nothing it is not. */
  says(name: string): boolean {
    const refuse = (): never => {
      throw new TypeError('a property stores')
    }
    const direct = {
      get: (cell: number) => at(this.places.domainOf(cell).values, this.shared.store.get(cell)),
      set: refuse,
      store: refuse,
      isWaiting: () => false,
      drain: () => undefined,
    }
    try {
      return isTrue(this.immediate.valueOf(name, direct))
    } catch (error) {
      if (error instanceof Fault) return false
      throw error
    }
  }

  /** What thread `i` is about to access. */
  access(i: number): AccessAt | undefined {
    const { code } = at(this.threads, i)
    return at(this.observers, i).ask('access', (label, frame) => code.accessOf(label, frame))
  }

  fault(i: number): FaultKind | undefined {
    const { code } = at(this.threads, i)
    return at(this.observers, i).ask('fault', (label) => code.faults.get(label)?.fault)
  }

  isAtFault(i: number, kind: FaultKind, label: string): boolean {
    const { code } = at(this.threads, i)
    const name = `fault ${kind} ${label}`
    return at(this.observers, i).ask(name, (l) => code.faults.get(l)?.site.label === `${label}_${kind}`)
  }

  waits(i: number): WaitKind | undefined {
    const { code } = at(this.threads, i)
    return at(this.observers, i).ask('waits', (label) => code.waitOf(label))
  }

  /** Has every thread that ends ended, and is all that they stored visible? */
  areDone(): boolean {
    return this.threads.every(({ source, code }, i) => {
      if (source.kind !== 'thread') return true
      const ended = at(this.observers, i).ask('ended', (label) => code.isEnd(label))
      return ended && this.memory.isDrained(i)
    })
  }
}

/** What may always go wrong. Of what cannot by the program's text it is not said that it does not, unless it does. */
const faultInvariants = (program: CProgram, look: Looking): Invariant[] => {
  const possible = possibleFaults(program)
  return RUNTIME_FAULTS.map((kind) => ({
    name: kind,
    instances: [
      {
        name: '',
        occurs: () => possible.has(kind),
        holds: () => look.threads.every((_, i) => look.fault(i) !== kind),
      },
    ],
  }))
}

/** Assertions, each by itself: one that is never reached says nothing. */
const statedInvariants = (program: CProgram, look: Looking): Invariant[] =>
  STATED.flatMap((kind): Invariant[] => {
    const sites = program.instructions.flatMap((instruction) =>
      instruction.kind === 'fault' && instruction.fault === kind ? [instruction.site] : [],
    )
    if (sites.length === 0) return []
    const instances = sites.map(({ label }) => {
      const stem = label.replace(/_fails(_\d+)?$/, '$1')
      return {
        name: `[${stem}]`,
        occurs: () => look.threads.some(({ code }) => code.wasChecked(label)),
        holds: () => look.threads.every((_, i) => !look.isAtFault(i, kind, stem)),
      }
    })
    return [{ name: kind, instances }]
  })

const conflict = (a: AccessAt, b: AccessAt): boolean =>
  a.cell === b.cell && (a.isWrite || b.isWrite) && (a.isPlain || b.isPlain)

/** Two threads about to access one location, one of them to write, one of them plainly: KCSAN's and LKMM's data race. */
const raceInvariant = (program: CProgram, look: Looking): Invariant[] => {
  const isPlain = program.instructions.some((i) => (i.kind === 'load' || i.kind === 'store') && i.marking === 'plain')
  if (!isPlain || look.threads.length < 2) return []
  const pairs = look.threads.flatMap((a, i) => look.threads.slice(i + 1).map((b, j) => [a, i, b, i + 1 + j] as const))
  return [
    {
      name: 'DataRace',
      instances: pairs.map(([a, i, b, j]) => ({
        name: `[${threadName(a.id)}, ${threadName(b.id)}]`,
        occurs: () => look.access(i)?.isPlain === true || look.access(j)?.isPlain === true,
        holds: () => {
          const first = look.access(i)
          if (first === undefined) return true
          const second = look.access(j)
          return second === undefined || !conflict(first, second)
        },
      })),
    },
  ]
}

/** A thread that waits, and for which there is no way any more on which it goes on. */
const waiting = (look: Looking): Possibility[] =>
  WAIT_KINDS.flatMap((kind): Possibility[] => {
    const instances = look.threads.flatMap(({ id, source, code }, i) =>
      source.kind !== 'daemon' && code.canWait(kind)
        ? [{ name: `[${threadName(id)}]`, from: () => look.waits(i) === kind, to: () => look.waits(i) !== kind }]
        : [],
    )
    return instances.length === 0 ? [] : [{ name: kind, instances }]
  })

const own = (look: Looking, properties: readonly CProperty[]): { invariants: Invariant[]; liveness: LeadsTo[] } => {
  const invariants: Invariant[] = []
  const liveness: LeadsTo[] = []
  for (const { name, kind, functions } of properties) {
    const [first = '', second = ''] = functions
    if (kind === 'invariant')
      invariants.push({ name, instances: [{ name: '', occurs: () => true, holds: () => look.says(first) }] })
    else if (kind === 'finally')
      invariants.push({
        name,
        instances: functions.map((f, i) => ({
          name: functions.length === 1 ? '' : `[${i}]`,
          occurs: () => look.areDone(),
          holds: () => !look.areDone() || look.says(f),
        })),
      })
    else liveness.push({ name, instances: [{ name: '', from: () => look.says(first), to: () => look.says(second) }] })
  }
  return { invariants, liveness }
}

/** The properties of a program's machine. */
export const propertiesOf = (
  program: CProgram,
  threads: readonly RunningThread[],
  places: Places,
  shared: Shared,
  memory: Memory,
): Properties => {
  const look = new Looking(program, threads, places, shared, memory)
  const { invariants, liveness } = own(look, program.properties)
  return {
    invariants: [
      ...invariants,
      ...statedInvariants(program, look),
      ...faultInvariants(program, look),
      ...raceInvariant(program, look),
    ],
    liveness,
    possibilities: waiting(look),
  }
}
