/** Runs a litmus test: all final states that it has under a memory model, and what they say of its condition. */

import type { Ending, StuckThread } from '../c/run/endings.ts'
import { Endings } from '../c/run/endings.ts'
import type { CMachine } from '../c/run/machine.ts'
import { machineOf } from '../c/run/machine.ts'
import type { CProgram } from '../c/index.ts'
import { environmentFailure } from '../kernel/error.ts'
import type { FinalStep } from '../kernel/explore/final-states.ts'
import { TooManyStates } from '../kernel/explore/final-states.ts'
import { given } from '../kernel/given.ts'
import type { MemoryModel } from '../kernel/memory/buffer.ts'
import type { Literal, Prop, Subject } from './condition.ts'
import { faultError } from './fault.ts'
import { stepsAtOnce, visibleAtOnce } from './grace-periods.ts'
import type { AnsweredTest, LitmusTest } from './test.ts'

/** A search of more states than this is given up. */
const MAX_STATES = 1_000_000

/** And so are more final states. */
const MAX_OUTCOMES = 1_000_000

/** How a search is bounded. */
export interface Limits {
  /** the search is given up where there are more; 1,000,000 unless told */
  readonly states?: number
  /** called now and then; what it throws ends the search */
  readonly tick?: () => void
  /** all interleavings, for whoever wants to see that those that are left out make no difference */
  readonly isWhole?: boolean
}

/** An integer, or the address of the location of that name. */
export type Value = number | string

/** One final state, as far as the test looks at it. */
export interface FinalState {
  readonly values: readonly Value[]
  /** does the condition's proposition hold in it? */
  readonly satisfies: boolean
}

/** A run to a final state. */
export interface Witness {
  readonly machine: CMachine
  readonly steps: readonly FinalStep[]
  /** does the condition's proposition hold at its end? */
  readonly isSo: boolean
}

/** A thread that waits for ever in some execution. */
export interface Stuck {
  readonly thread: number
  /** the call it waits in */
  readonly operation: string
  readonly line: number
  readonly column: number
}

/** What a test comes to. */
export interface Answer {
  readonly test: AnsweredTest
  readonly model: MemoryModel
  readonly outcomes: readonly FinalState[]
  readonly verdict: 'Ok' | 'No'
  /** of the proposition, as herd's last two numbers are */
  readonly observation: 'Sometimes' | 'Never' | 'Always'
  readonly satisfying: number
  readonly others: number
  readonly stuck: readonly Stuck[]
  readonly explored: number
}

/** As the condition writes it: an address by the name of its location, an integer of more than 53 bits by its digits. */
const shownValue = (value: Value): Value => (typeof value === 'string' ? value.slice(1) : value)

/** Values of a final state by the place of each subject; a register that nothing was ever assigned to is 0, as in herd. */
type Final = readonly Value[]

const comparand = (test: LitmusTest, final: Final, value: Literal | Subject): Value => {
  if (value.kind === 'int') return value.value
  return value.kind === 'address' ? value.name : valueOf(test, final, value)
}

const valueOf = (test: LitmusTest, final: Final, subject: Subject): Value => final[test.placeOf(subject)] ?? 0

const holds = (test: LitmusTest, prop: Prop, final: Final): boolean => {
  switch (prop.kind) {
    case 'constant':
      return prop.value
    case 'equals':
      return valueOf(test, final, prop.subject) === comparand(test, final, prop.value)
    case 'not':
      return !holds(test, prop.operand, final)
    case 'and':
      return holds(test, prop.left, final) && holds(test, prop.right, final)
    case 'or':
      return holds(test, prop.left, final) || holds(test, prop.right, final)
    case 'implies':
      return !holds(test, prop.left, final) || holds(test, prop.right, final)
  }
}

/** Integers by size, then addresses by name: the order in which herd lists states. */
const compareValues = (a: Value, b: Value): number => {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  return typeof b === 'number' ? 1 : a < b ? -1 : a > b ? 1 : 0
}

const compareOutcomes = (a: FinalState, b: FinalState): number => {
  const differing = a.values.findIndex((value, i) => value !== b.values[i])
  return differing < 0 ? 0 : compareValues(a.values[differing] ?? 0, b.values[differing] ?? 0)
}

/** How many stores can wait in a thread's buffer: as many as it makes, with the barriers between them. */
const slotsOf = ({ functions, instructions }: CProgram): number => {
  let slots = 1
  for (const { entry, end } of functions.values()) {
    let own = 0
    for (const instruction of instructions.slice(entry, end))
      if (instruction.kind === 'store') own += instruction.marking === 'release' ? 2 : 1
      else if (instruction.kind === 'fence' && instruction.fence === 'wmb') own += 1
    slots = Math.max(slots, own)
  }
  return slots
}

const tooMany = ({ source, name }: LitmusTest, model: MemoryModel, what: string): Error =>
  environmentFailure({
    code: 'litmus-too-many-states',
    message: `${name} has more than ${what} under ${model}: no answer`,
    hint: 'make the test smaller: fewer threads, fewer stores without barriers between them',
    ...given({ file: source.file }),
  })

const stuckAt = ({ thread, node }: StuckThread): Stuck => {
  const { text, line, column } = node.site
  const [, call] = /^(\w+)\s*\(/.exec(text) ?? []
  return { thread, operation: call === undefined ? text : `${call}()`, line, column }
}

/** A test under a memory model: its answer, and runs to its final states. */
export class LitmusRun {
  private readonly test: LitmusTest
  private readonly model: MemoryModel
  private readonly endings: Endings
  private readonly limits: Limits

  constructor(test: LitmusTest, model: MemoryModel, limits: Limits = {}) {
    this.test = test
    this.model = model
    this.limits = limits
    const { program } = test.program
    const machine = machineOf(program, { memory: model, ...(model === 'SC' ? {} : { slots: slotsOf(program) }) })
    const { states: maxStates = MAX_STATES } = limits
    this.endings = new Endings(machine, test.subjects, faultError, {
      maxStates,
      atOnce: stepsAtOnce(program),
      visibleAtOnce: visibleAtOnce(machine),
      ...given({ tick: limits.tick, isWhole: limits.isWhole }),
    })
  }

  /** All endings; their values by the place of each subject. */
  private *finals(): Generator<{ readonly ending: Ending; readonly values: Final }> {
    const { test } = this
    try {
      for (const ending of this.endings.all())
        yield { ending, values: test.subjects.map((_, i) => shownValue(ending.get(i) ?? 0)) }
    } catch (error) {
      if (error instanceof TooManyStates)
        throw tooMany(test, this.model, `${(this.limits.states ?? MAX_STATES).toLocaleString('en-US')} states`)
      throw error
    }
  }

  /** Distinct outcomes, in herd's order. */
  private outcomes(): readonly FinalState[] {
    const { test } = this
    const all = new Map<string, FinalState>()
    let n = 0
    for (const { values: final } of this.finals()) {
      n += 1
      if (n % 512 === 0) this.limits.tick?.()
      if (n > MAX_OUTCOMES) throw tooMany(test, this.model, `${MAX_OUTCOMES.toLocaleString('en-US')} final states`)
      if (test.filter !== undefined && !holds(test, test.filter, final)) continue
      const values = final.slice(0, test.observed.length)
      // what the proposition looks at is observed, so equal outcomes satisfy it alike
      all.set(JSON.stringify(values), { values, satisfies: holds(test, test.condition.prop, final) })
    }
    return [...all.values()].sort(compareOutcomes)
  }

  /** One run to a final state in which the condition's proposition is `wanted`; undefined if there is none. */
  witness(wanted: boolean): Witness | undefined {
    const { test } = this
    for (const { ending, values } of this.finals()) {
      if (test.filter !== undefined && !holds(test, test.filter, values)) continue
      if (holds(test, test.condition.prop, values) === wanted)
        return { steps: this.endings.runTo(ending), machine: this.endings.machine, isSo: wanted }
    }
    return undefined
  }

  /** @throws LockstepError (exit 2) `litmus-undefined`; (exit 3) `litmus-too-many-states` */
  answer(): Answer {
    const { test, model } = this
    const outcomes = this.outcomes()
    const satisfying = outcomes.filter((o) => o.satisfies).length
    const others = outcomes.length - satisfying
    const isSo = { exists: satisfying > 0, '~exists': satisfying === 0, forall: others === 0 }
    return {
      test,
      model,
      outcomes,
      verdict: isSo[test.condition.quantifier] ? 'Ok' : 'No',
      observation: satisfying === 0 ? 'Never' : others === 0 ? 'Always' : 'Sometimes',
      satisfying,
      others,
      stuck: this.endings.stuck
        .map(stuckAt)
        .sort((a, b) => a.thread - b.thread || a.line - b.line || a.column - b.column),
      explored: this.endings.explored,
    }
  }
}
