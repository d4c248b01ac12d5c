/** A thread of a C program as the kernel of this project runs it: where it is, what its next step is, where that leads. */

import { at } from '../../kernel/at.ts'
import type { LazyNode, LazyThread } from '../../kernel/explore/lazy-thread.ts'
import type { ThreadId } from '../../kernel/language/machine.ts'
import type { Op, Program } from '../../kernel/language/op.ts'
import { Fault } from '../program/evaluate.ts'
import type { CThread, FaultKind, Register, Site, Target } from '../program/ir.ts'
import { reachedFrom } from '../program/liveness.ts'
import type { Value } from '../program/value.ts'
import { UNSET } from '../program/value.ts'
import { ValueDomain } from './domain.ts'
import type { Registers } from './immediate.ts'
import type { Interruption } from './interrupts.ts'
import type { AccessAt, BlockResult, Faulty, Step, ThreadParts } from './steps.ts'
import { arrivalOf } from './arrival.ts'
import { CSteps, endOf, isFaulty, wordsOf } from './steps.ts'
import type { WaitKind } from './waits.ts'
import { waitAt } from './waits.ts'

/** What went wrong where, of a thread that does not go on. */
export interface FaultAt {
  readonly fault: FaultKind
  readonly message: string
  readonly site: Site
}

/** Where a thread is. */
export interface ThreadNode extends LazyNode {
  /** undefined where it does not go on */
  readonly target: Target | undefined
  readonly registers: ReadonlyMap<Register, Value>
  /** all registers as they were on the way that led here, those that nobody looks at any more among them */
  readonly reached: ReadonlyMap<Register, Value>
  readonly access: AccessAt | undefined
  readonly fault: FaultAt | undefined
  /** of what it waits: an await of the program is in the step */
  readonly site: Site
}

/** A thread of the machine. */
export interface RunningThread {
  readonly id: ThreadId
  readonly source: CThread
  readonly code: CThreadCode
}

export class CThreadCode implements LazyThread {
  readonly fields: readonly string[]
  readonly domains: readonly ValueDomain[]
  readonly first: ThreadNode
  /** faults that a label stands for */
  readonly faults = new Map<string, FaultAt>()
  private readonly parts: ThreadParts
  /** instructions that labels stand for, and what they wait for */
  private readonly targets = new Map<string, Target>()
  private readonly waits = new Map<string, WaitKind>()
  private readonly registers: readonly Register[]
  /** of a handler whose interrupt comes when something is there: the step that it begins with */
  readonly arrival: Target | undefined
  private readonly steps: CSteps

  constructor(parts: ThreadParts) {
    this.parts = parts
    const { program, function: name } = parts
    const source = program.threads.find((t) => t.function === name)
    this.arrival = source === undefined ? undefined : arrivalOf(program, source)
    const reached = reachedFrom(program, name)
    this.registers = [...parts.kept.keys()].filter((register) => reached.has(at(program.registers, register).function))
    this.fields = this.registers.map((register) => parts.kept.get(register) ?? '')
    this.domains = this.fields.map((field) => new ValueDomain(`the values of ${field}`, UNSET))
    this.steps = new CSteps(parts)
    program.instructions.forEach((instruction, target) => {
      if (!('site' in instruction) || !reached.has(this.functionAt(target))) return
      this.targets.set(instruction.site.label, target)
      // that an interrupt does not come is nobody's fault
      const wait = instruction.kind === 'block' && target !== this.arrival ? waitAt(program, target) : undefined
      if (wait !== undefined) this.waits.set(instruction.site.label, wait)
    })
    this.first = this.begin()
  }

  private functionAt(target: Target): string {
    for (const { name, entry, end } of this.parts.program.functions.values())
      if (entry <= target && target < end) return name
    return this.parts.function
  }

  private begin(): ThreadNode {
    const { program, function: name, given } = this.parts
    const f = program.functions.get(name)
    if (f === undefined) throw new RangeError(`no function ${name}`)
    const { interruption } = this.parts
    if (interruption !== undefined)
      return this.arrival === undefined ? this.idle(name, interruption) : this.arriving(f.entry, interruption)
    const registers: Registers = new Map(f.parameters.map((register, i) => [register, given[i] ?? UNSET]))
    return this.settle(f.entry, registers)
  }

  /** A handler whose interrupt comes with its first step. */
  private arriving(entry: Target, { enter }: Interruption): ThreadNode {
    const node = this.settle(entry, new Map())
    const exec = (choice: unknown): unknown => {
      enter()
      return node.op.exec(choice)
    }
    return { ...node, op: { ...node.op, exec } }
  }

  /** A handler that waits for its interrupt. */
  private idle(name: string, { enter }: Interruption): ThreadNode {
    const label = `${name}_enter`
    const { at: place } = at(
      this.parts.program.threads,
      this.parts.program.threads.findIndex((t) => t.function === name),
    )
    const site: Site = { ...place, label, function: name, text: 'interrupt', within: [] }
    const op: Op = { label, words: wordsOf(site), kind: 'atomic', what: 'interrupt', choices: [undefined], exec: enter }
    return {
      label,
      frame: this.frameOf(new Map()),
      op,
      target: -1,
      registers: new Map(),
      reached: new Map(),
      access: undefined,
      fault: undefined,
      site,
    }
  }

  /** The node that a thread is at when it has done what it can by itself. */
  private settle(from: Target, registers: Registers): ThreadNode {
    let target = from
    try {
      target = this.steps.immediate.local(from, registers)
      const instruction = at(this.parts.program.instructions, target)
      if (!('site' in instruction)) throw new TypeError(`${instruction.kind} is no step`)
      if (instruction.kind === 'fault') throw new Fault(instruction.fault, instruction.message)
      return this.node(target, instruction, registers)
    } catch (error) {
      if (error instanceof Fault) return this.faulty(error, error.target ?? target)
      throw error
    }
  }

  /** Only what is still needed is part of a state. */
  private needed(target: Target, registers: Registers): Map<Register, Value> {
    const { program, liveness } = this.parts
    const kept = new Map<Register, Value>()
    const keep = (live: ReadonlySet<Register>): void => {
      for (const register of live) {
        const value = registers.get(register)
        if (value !== undefined && value !== UNSET) kept.set(register, value)
      }
    }
    keep(liveness.at(target))
    let name = this.functionAt(target)
    for (;;) {
      const link = program.functions.get(name)?.link
      const site = link === undefined ? undefined : registers.get(link)
      if (link === undefined || typeof site !== 'number') return kept
      kept.set(link, site)
      keep(liveness.across(site))
      name = this.functionAt(site)
    }
  }

  private frameOf(registers: ReadonlyMap<Register, Value>): number[] {
    return this.registers.map((register, i) => at(this.domains, i).indexOf(registers.get(register) ?? UNSET))
  }

  private node(target: Target, instruction: Step, registers: Registers): ThreadNode {
    const kept = this.needed(target, registers)
    const { op, access } = this.steps.of(instruction, target, kept)
    return {
      label: instruction.site.label,
      frame: this.frameOf(kept),
      op,
      target,
      registers: kept,
      reached: registers,
      access,
      fault: undefined,
      site: instruction.site,
    }
  }

  // ------------------------------------------------------------------------------------------------------- faults

  private siteNear(target: Target): Site {
    const instruction = at(this.parts.program.instructions, target)
    if ('site' in instruction) return instruction.site
    const place = 'at' in instruction ? instruction.at : { file: '', line: 0, column: 0 }
    const name = this.functionAt(target)
    return { ...place, label: `${name}_L${place.line}`, function: name, text: '', within: [] }
  }

  private faulty({ fault, message }: Faulty, target: Target): ThreadNode {
    const near = this.siteNear(target)
    const label = `${near.label.replace(/_fails(_\d+)?$/, '$1')}_${fault}`
    const site = { ...near, label }
    const found: FaultAt = { fault, message, site }
    // one node for all that go wrong there in the same way: what the first of them has found stands for it
    if (!this.faults.has(label)) this.faults.set(label, found)
    return { ...this.stopped(label, message, site), fault: found }
  }

  /** A node that has no next one. */
  private stopped(label: string, what: string, site: Site, registers = new Map<Register, Value>()): ThreadNode {
    return {
      label,
      frame: this.frameOf(registers),
      op: endOf(site, what),
      target: undefined,
      registers,
      reached: registers,
      access: undefined,
      fault: undefined,
      site,
    }
  }

  // ------------------------------------------------------------------------------------------------------- going on

  next(node: LazyNode, result: unknown): ThreadNode {
    const { target, registers } = node as ThreadNode
    if (target === undefined) throw new RangeError('a thread goes on that has ended')
    const { program, function: name } = this.parts
    if (target < 0) return this.settle(program.functions.get(name)?.entry ?? -1, new Map())
    const instruction = at(program.instructions, target)
    if (instruction.kind === 'end') return this.first
    const after: Registers = new Map(registers)
    switch (instruction.kind) {
      case 'load':
      case 'choose':
        after.set(instruction.register, result as Value)
        return this.settle(target + 1, after)
      case 'rmw':
        if (isFaulty(result)) return this.faulty(result, target)
        if (instruction.register !== undefined) after.set(instruction.register, result as Value)
        return this.settle(target + 1, after)
      case 'block': {
        const done = result as BlockResult
        if (isFaulty(done)) return this.faulty(done, target)
        for (const [register, value] of done.set) after.set(register, value)
        return this.settle(done.to, after)
      }
      default:
        return this.settle(target + 1, after)
    }
  }

  // ------------------------------------------------------------------------------------------------------- looking

  /** What the thread is about to access at a node. */
  accessOf(label: string, frame: Readonly<Record<string, unknown>>): AccessAt | undefined {
    const target = this.targets.get(label)
    const instruction = target === undefined ? undefined : this.parts.program.instructions[target]
    if (instruction?.kind !== 'load' && instruction?.kind !== 'store' && instruction?.kind !== 'rmw') return undefined
    const registers: Registers = new Map(
      this.registers.map((register, i) => [register, frame[at(this.fields, i)] as Value]),
    )
    return this.steps.of(instruction, target ?? -1, registers).access
  }

  /** What the thread waits for at a label, if its step can have to wait. */
  waitOf(label: string): WaitKind | undefined {
    return this.waits.get(label)
  }

  /** Labels of the steps that wait for it. */
  waitsFor(kind: WaitKind): readonly string[] {
    return [...this.waits].flatMap(([label, wait]) => (wait === kind ? [label] : []))
  }

  canWait(kind: WaitKind): boolean {
    return [...this.waits.values()].includes(kind)
  }

  isEnd(label: string): boolean {
    const target = this.targets.get(label)
    return target !== undefined && this.parts.program.instructions[target]?.kind === 'end'
  }

  /** Was the condition looked at that ends in a fault with that label? */
  wasChecked(label: string): boolean {
    return this.steps.immediate.checked.has(label)
  }

  /** The thread as a program. */
  *run(frame: Record<string, unknown>): Program {
    for (let node = this.first; ;) {
      this.registers.forEach((register, i) => {
        frame[at(this.fields, i)] = node.registers.get(register) ?? UNSET
      })
      const result: unknown = yield node.op
      node = this.next(node, result)
    }
  }
}
