/** What a thread can still touch from an instruction on, by its text: for whoever asks which steps have to do with each other. */

import { at } from '../../kernel/at.ts'
import type { CellBits, Footprint } from '../../kernel/explore/final-states.ts'
import type { Environment } from '../program/evaluate.ts'
import { evaluate, Fault } from '../program/evaluate.ts'
import { partsOf } from '../program/pure.ts'
import type { CFunction, CProgram, Instruction, Pure, Target } from '../program/ir.ts'
import { reachedFrom, successorsOf, usesOf } from '../program/liveness.ts'
import { isOwnStore } from './immediate.ts'
import type { Places } from './places.ts'

const NOTHING: Footprint = { reads: 0, writes: 0 }

/** Every location: where a pointer leads that is in a register. */
const ALL = -1

const both = (a: Footprint, b: Footprint): Footprint =>
  a === b || b === NOTHING ? a : { reads: a.reads | b.reads, writes: a.writes | b.writes }

/** Thrown where an address is only known when the thread runs. */
class Unknown extends Error {}

/** An environment that has what is known before a thread runs. */
const beforeRunning = (self: number, count: number, places: Places): Environment => {
  const unknown = (): never => {
    throw new Unknown()
  }
  return {
    get: unknown,
    nameOf: () => '',
    self,
    count,
    local: unknown,
    structAt: (place) => places.structAt(place),
    lengthAt: (place) => places.lengthAt(place),
    thread: unknown,
    isInterruptible: false,
    isDrained: unknown,
    at: unknown,
  }
}

/** Does an expression ask whether stores are visible? */
const asksForBuffer = (pure: Pure): boolean => pure.kind === 'drained' || partsOf(pure).some(asksForBuffer)

/** The footprints of one thread's code. */
export class Footprints {
  private readonly program: CProgram
  private readonly places: Places
  private readonly env: Environment
  private readonly bits: CellBits
  private readonly from = new Map<Target, Footprint>()
  /** locations to which stores of the thread's own can be on their way */
  private readonly ownStores: number
  /** of calls: of all functions that the thread reaches, since a function goes on in its callers */
  private readonly whole: Footprint
  private readonly entry: CFunction | undefined

  constructor(program: CProgram, places: Places, name: string, self: number, count: number, bits: CellBits) {
    this.bits = bits
    this.program = program
    this.places = places
    this.env = beforeRunning(self, count, places)
    this.entry = program.functions.get(name)
    const reached = [...reachedFrom(program, name)].flatMap((one) => program.functions.get(one) ?? [])
    let whole = NOTHING
    if (reached.length > 1)
      for (const { entry, end } of reached) for (let i = entry; i < end; i++) whole = both(whole, this.own(i))
    this.whole = whole
    this.ownStores = this.ownStoresOf(reached)
    if (this.entry !== undefined) this.solve(this.entry)
  }

  /** What can be touched from an instruction on. */
  at(target: Target | undefined): Footprint {
    if (target === undefined) return NOTHING
    return this.from.get(target) ?? this.whole
  }

  /** What the step at an instruction reads. */
  readBy(target: Target | undefined): number {
    const { instructions } = this.program
    if (target === undefined) return 0
    if (instructions[target]?.kind !== 'block') return this.own(target).reads
    let reads = 0
    for (const i of this.blockAt(target)) reads |= at(instructions, i).kind === 'call' ? ALL : this.own(i).reads
    return reads
  }

  /** Does the step at an instruction ask whether the thread's own stores are visible: all of them, or those to a location that it stores to? */
  asksForBuffer(target: Target | undefined): boolean {
    const { instructions } = this.program
    const step = target === undefined ? undefined : instructions[target]
    if (target === undefined || step?.kind !== 'block') return false
    // where the step waits for all of them, none is on its way
    const ownStores = step.drained ? 0 : this.ownStores
    return this.blockAt(target).some((i) => {
      const instruction = at(instructions, i)
      if (instruction.kind === 'call' || usesOf(instruction).some(asksForBuffer)) return true
      return !isOwnStore(instruction) && (this.own(i).writes & ownStores) !== 0
    })
  }

  private ownStoresOf(functions: readonly CFunction[]): number {
    let found = 0
    for (const { entry, end } of functions)
      for (let i = entry, depth = 0; i < end; i++) {
        const instruction = at(this.program.instructions, i)
        depth += instruction.kind === 'block' ? 1 : instruction.kind === 'leave' ? -1 : 0
        if (instruction.kind === 'store' && (depth === 0 || isOwnStore(instruction))) found |= this.own(i).writes
      }
    return found
  }

  /** The instructions of a block, with its first and its last. */
  private blockAt(target: Target): readonly Target[] {
    const { instructions } = this.program
    const own: Target[] = []
    for (let i = target, depth = 0; i < instructions.length; i++) {
      const { kind } = at(instructions, i)
      own.push(i)
      depth += kind === 'block' ? 1 : kind === 'leave' ? -1 : 0
      if (depth === 0) break
    }
    return own
  }

  private solve({ entry, end }: CFunction): void {
    for (let changed = true; changed;) {
      changed = false
      for (let i = end - 1; i >= entry; i--) {
        const instruction = at(this.program.instructions, i)
        let all = instruction.kind === 'call' ? this.whole : this.own(i)
        for (const next of successorsOf(instruction, i)) all = both(all, this.from.get(next) ?? NOTHING)
        const before = this.from.get(i)
        if (before?.reads === all.reads && before.writes === all.writes) continue
        this.from.set(i, all)
        changed = true
      }
    }
  }

  private own(i: Target): Footprint {
    const instruction = at(this.program.instructions, i)
    if (instruction.kind !== 'load' && instruction.kind !== 'store' && instruction.kind !== 'rmw') return NOTHING
    const bits = this.bitsOf(instruction)
    return { reads: instruction.kind === 'store' ? 0 : bits, writes: instruction.kind === 'load' ? 0 : bits }
  }

  private bitsOf({ address, type }: Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>): number {
    try {
      return this.bits.of(this.places.resolve(evaluate(address, this.env), type).cell)
    } catch (error) {
      if (error instanceof Unknown || error instanceof Fault) return ALL
      throw error
    }
  }
}
