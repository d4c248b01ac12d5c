/** A C program as a machine: its threads, its memory, interrupt handlers, and what must hold. */

import { at } from '../../kernel/at.ts'
import type { Discovery, DiscoveryLimits } from '../../kernel/explore/discover.ts'
import { discover } from '../../kernel/explore/discover.ts'
import type { Machine, Thread, ThreadId } from '../../kernel/language/machine.ts'
import { thread } from '../../kernel/language/machine.ts'
import { Shared } from '../../kernel/language/shared.ts'
import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import { buffersStores } from '../../kernel/memory/buffer.ts'
import { Memory } from '../../kernel/memory/memory.ts'
import type { CProgram, CThread, Register } from '../program/ir.ts'
import { Liveness } from '../program/liveness.ts'
import { refused } from '../program/refused.ts'
import { UNSET } from '../program/value.ts'
import { fairnessOf } from './fairness.ts'
import { identifiersFor } from './identifiers.ts'
import { Interrupts } from './interrupts.ts'
import { keptRegisters } from './kept-registers.ts'
import { OwnStores } from './own-stores.ts'
import { Places } from './places.ts'
import { propertiesOf } from './properties.ts'
import { slotsFor } from './slots.ts'
import type { ThreadParts } from './steps.ts'
import type { RunningThread } from './thread.ts'
import { CThreadCode } from './thread.ts'

/** How a program is run. */
export interface CMachineOptions {
  readonly memory: MemoryModel
  /** stores that a thread can have waiting; unless told as many as it can make, where no thread has a loop: see slots.ts */
  readonly slots?: number
  readonly limits?: DiscoveryLimits
  /** registers that are looked at when a thread has ended */
  readonly observed?: ReadonlySet<Register>
}

/** A C program as a machine, and what is known of it. */
export interface CMachine {
  readonly program: CProgram
  readonly machine: Machine
  readonly threads: readonly RunningThread[]
  readonly places: Places
  readonly memory: MemoryModel
  readonly slots: number
  /** registers that can be part of a state, by what they are called there */
  readonly kept: ReadonlyMap<Register, string>
  /** what is reachable; found when it is first asked for */
  readonly discovery: () => Discovery
}

/** Values of one location or local, above which it is taken to grow for ever, unless told. A counter of 8 bits has 256. */
const VALUES = 512

/** Handlers are behind the threads that they interrupt, so that threads are numbered as they stand in the file. */
const instancesOf = (program: CProgram): readonly (readonly [ThreadId, CThread])[] => {
  const inOrder = [
    ...program.threads.filter(({ kind }) => kind !== 'interrupt'),
    ...program.threads.filter(({ kind }) => kind === 'interrupt'),
  ]
  return inOrder.flatMap((source) =>
    Array.from({ length: source.count ?? 1 }, (_, i): readonly [ThreadId, CThread] => [[source.name, i], source]),
  )
}

/** The threads of a machine, each with its code. */
const threadsOf = (
  ids: ReturnType<typeof instancesOf>,
  interrupts: Interrupts,
  common: Pick<ThreadParts, 'program' | 'places' | 'memory' | 'ownStores' | 'liveness' | 'kept'>,
): readonly RunningThread[] =>
  ids.map(([id, source], index): RunningThread => ({
    id,
    source,
    code: new CThreadCode({
      ...common,
      index,
      number: interrupts.hostOf(index) ?? index,
      names: ids.map(([[kind]]) => kind),
      isInterruptible: interrupts.guardOf(index) !== undefined,
      function: source.function,
      given: source.count === undefined ? [] : [id[1]],
      guard: interrupts.guardOf(index),
      interruption: interrupts.of(index),
    }),
  }))

/** A thread as whoever runs generators has it. */
const asProgram = ({ id, code }: RunningThread): Thread =>
  thread({
    id,
    frame: Object.fromEntries(code.fields.map((field, i) => [field, at(code.domains, i)])),
    initial: Object.fromEntries(code.fields.map((field) => [field, UNSET])),
    program: (frame: Record<string, unknown>) => code.run(frame),
  })

/**
 * The machine of a program under a memory model.
 * @throws LockstepError (exit 2) for a program without threads, or a handler of a thread that is not there
 */
export const machineOf = (program: CProgram, options: CMachineOptions): CMachine => {
  const ids = instancesOf(program)
  if (ids.length === 0)
    throw refused(
      'c-nothing',
      { file: program.file, line: 1, column: 1 },
      'the file has no thread',
      'write LOCKSTEP_THREAD(name) { ... } for each, with #include <lockstep.h>',
    )
  const shared = new Shared()
  const slots = buffersStores(options.memory) ? (options.slots ?? slotsFor(program)) : 0
  const memory = new Memory(
    shared,
    options.memory,
    slots,
    ids.map(([id]) => id),
  )
  const names = ids.map(([id, { count }]) => (count === undefined ? id[0] : `${id[0]}${id[1]}`))
  const identifiers = identifiersFor(program)
  const places = new Places(program, ids.length, names, identifiers)
  places.declare(shared)
  const liveness = new Liveness(program, options.observed)
  const kept = keptRegisters(program, liveness, identifiers)
  const interrupts = new Interrupts(shared, memory, places, ids)
  const threads = threadsOf(ids, interrupts, {
    program,
    places,
    memory,
    ownStores: new OwnStores(shared),
    liveness,
    kept,
  })
  const lazy = threads.map(({ code }) => code)
  const environment = memory.commits()
  let found: Discovery | undefined
  const discovery = (): Discovery => (found ??= discover(machine, lazy, { values: VALUES, ...options.limits }))
  const machine: Machine = {
    shared,
    threads: threads.map(asProgram),
    environment,
    ...propertiesOf(program, threads, places, shared, memory),
    fairness: fairnessOf(threads, environment),
    compiled: () => discovery().compiled,
  }
  return { program, machine, threads, places, memory: options.memory, slots, kept, discovery }
}
