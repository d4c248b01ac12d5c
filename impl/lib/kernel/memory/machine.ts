/** Puts a machine together from its shared state and its programs: what must be there is there without being said. */

import { badInput } from '../error.ts'
import { given } from '../given.ts'
import type { Key } from '../language/domain.ts'
import type {
  EnvironmentAction,
  Fairness,
  FrameSchema,
  Invariant,
  LeadsTo,
  LeadsToInstance,
  Machine,
  Possibility,
  PossibilityInstance,
  Thread,
  ThreadId,
} from '../language/machine.ts'
import { thread } from '../language/machine.ts'
import type { Program } from '../language/op.ts'
import type { MemoryConstants, SharedState } from './memory.ts'
import { COMMIT } from './memory.ts'

/** The program of a kind of threads whose locals live across accesses; `id` is the thread's own. */
export interface FramedProgram<F extends object> {
  readonly frame: FrameSchema<F>
  readonly initial: Readonly<F>
  readonly program: (frame: F, id: Key) => Program
}

/** What a thread runs: all threads of a kind run the same. */
export type AnyProgram = ((id: Key) => Program) | FramedProgram<object>

/** A program with locals: gives the frame its type. */
export const framed = <F extends object>(program: FramedProgram<F>): FramedProgram<object> =>
  program as unknown as FramedProgram<object>

/** What must be true in every reachable state. */
export interface Claim {
  /** true in the states that have what it speaks of: where none is reachable, the claim says nothing, and does not pass */
  readonly occurs: () => boolean
  readonly holds: () => boolean
}

/** `from` is followed by `to`, in every fair behaviour; if it is given, only in those where `eventuallyAlways` holds for good in the end. */
export type LeadsToClaim = Omit<LeadsToInstance, 'name'>

/** Wherever `from` holds, `to` can still happen. */
export type PossibilityClaim = Omit<PossibilityInstance, 'name'>

/** One claim, or one of each vCPU, event, ... by the name of the instance: `[3]`, `.poller`. */
export type Claims<C> = C | Readonly<Record<string, C>>

/** What a machine is made of. */
export interface MachineDefinition {
  /** by the kind of the threads that run it */
  readonly programs: Readonly<Record<string, AnyProgram>>
  /** what happens by itself; that stores become visible is added */
  readonly environment?: readonly EnvironmentAction[]
  /** by name; the specification's, if there is one, which end in Inv */
  readonly invariants?: Readonly<Record<string, Claims<Claim>>>
  /** by name; the specification's, if there is one, which end in Prop */
  readonly liveness?: Readonly<Record<string, Claims<LeadsToClaim>>>
  /** by name: what must stay possible, whatever happens */
  readonly possibilities?: Readonly<Record<string, Claims<PossibilityClaim>>>
  /** if not given: each thread goes on as long as it can (weak fairness of all its steps), and its stores become visible */
  readonly fairness?: readonly Fairness[]
}

/** All labels but some: the steps of a program, whatever they are called. */
class AllBut extends Set<string> {
  override has(label: string): boolean {
    return !super.has(label)
  }
}

/** Each thread goes on as long as it can, and its stores become visible; of what else happens by itself nothing is promised. */
export const weakFairness = (threads: readonly ThreadId[], environment: readonly EnvironmentAction[]): Fairness[] => {
  const events = new AllBut(environment.map(({ label }) => label))
  return threads.flatMap((id) => [
    { thread: id, labels: events },
    ...(environment.some(({ label }) => label === COMMIT) ? [{ thread: id, labels: new Set([COMMIT]) }] : []),
  ])
}

const instancesOf = <C extends object>(
  claims: Claims<C>,
  isOne: (claim: object) => boolean,
): (C & { name: string })[] =>
  isOne(claims)
    ? [{ name: '', ...(claims as C) }]
    : Object.entries(claims as Readonly<Record<string, C>>).map(([name, claim]) => ({ name, ...claim }))

const programFor = (programs: MachineDefinition['programs'], [kind]: ThreadId): AnyProgram => {
  const program = Object.hasOwn(programs, kind) ? programs[kind] : undefined
  if (program !== undefined) return program
  throw badInput({
    code: 'no-program',
    message: `there is no program for threads of the kind ${kind}`,
    hint: `there are programs for ${Object.keys(programs).join(', ') || 'none'}`,
  })
}

const threadOf = (id: ThreadId, program: AnyProgram): Thread => {
  const [, key] = id
  if (typeof program === 'function') return thread({ id, frame: {}, initial: {}, program: () => program(key) })
  return thread({ id, frame: program.frame, initial: program.initial, program: (frame) => program.program(frame, key) })
}

/**
 * The machine of a shared state: a thread for each that its memory was made for, in that order, with the program of its kind.
 *
 * ```ts
 * machine(w, {
 *   programs: { sleeper: () => sleeper(w), waker: () => waker(w) },
 *   invariants: { NoLostWakeupInv: { occurs: () => s.at('schedule'), holds: () => !lost() } },
 * })
 * ```
 *
 * @throws LockstepError (exit 2) `no-program` for threads without a program, `unused-program` for a program without threads
 */
export const machine = (state: SharedState<MemoryConstants>, definition: MachineDefinition): Machine => {
  const { shared, memory } = state
  const { programs, environment = [], invariants = {}, liveness = {}, possibilities, fairness } = definition
  const unused = Object.keys(programs).find((kind) => !memory.threads.some((id) => id[0] === kind))
  if (unused !== undefined)
    throw badInput({
      code: 'unused-program',
      message: `there is a program for threads of the kind ${unused}, and no thread of it`,
      hint: 'give the shared state all threads, e.g. super(c, [["waker", 1]])',
    })
  const events = [...environment, ...memory.commits()]
  return {
    shared,
    threads: memory.threads.map((id) => threadOf(id, programFor(programs, id))),
    environment: events,
    invariants: Object.entries(invariants).map(([name, claims]): Invariant => ({
      name,
      instances: instancesOf(claims, (claim) => 'holds' in claim),
    })),
    liveness: Object.entries(liveness).map(([name, claims]): LeadsTo => ({
      name,
      instances: instancesOf(claims, (claim) => 'to' in claim).map(({ eventuallyAlways, ...rest }) => ({
        ...rest,
        ...given({ eventuallyAlways }),
      })),
    })),
    ...given({
      possibilities:
        possibilities &&
        Object.entries(possibilities).map(([name, claims]): Possibility => ({
          name,
          instances: instancesOf(claims, (claim) => 'to' in claim),
        })),
    }),
    fairness: fairness ?? weakFairness(memory.threads, events),
  }
}
