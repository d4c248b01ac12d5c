/** A program as its specification sees it: variables, threads, and what of them the module has to define. */

import { at } from '../../kernel/at.ts'
import { quote } from '../../kernel/language/value.ts'
import { sharedFields } from '../../kernel/machine/state-schema.ts'
import type {
  CFunction,
  CProgram,
  CThread,
  FaultKind,
  Instruction,
  Register,
  RegisterInfo,
  Site,
  Target,
} from '../program/ir.ts'
import { Liveness, reachedFrom } from '../program/liveness.ts'
import { Fault } from '../program/evaluate.ts'
import { OF_MODULE, OF_TLA } from '../run/identifiers.ts'
import { isOwnStore } from '../run/immediate.ts'
import { Reached } from '../run/kept-registers.ts'
import type { CMachine } from '../run/machine.ts'
import type { Place } from '../syntax/source.ts'
import type { Leaf } from '../run/places.ts'
import { PointsTo } from '../run/points-to.ts'
import { MaybeUnset } from './maybe-unset.ts'

/** A thread as TLA+ has it. */
export const threadText = (kind: string, id: number | string): string => `<<"${kind}", ${id}>>`

/** A register that is part of a state. */
export interface RegisterVariable {
  readonly register: Register
  readonly name: string
  /** of a thread `th` */
  readonly index: string
  /** threads that have it, as TLA+ has them */
  readonly domain: readonly string[]
  readonly function: string
}

/** A variable that threads share. */
export interface SharedVariable {
  readonly name: string
  /** keys of its elements; undefined for one that has none */
  readonly keys: readonly number[] | undefined
  readonly leaves: readonly Leaf[]
}

/** A label at which a thread has come to grief. */
export interface FaultLabel {
  readonly label: string
  readonly fault: FaultKind
}

/** The locals of a function that are part of states. */
export interface Group {
  readonly function: string
  /** the tuple of them */
  readonly name: string
  /** the operator by which a thread loses them */
  readonly forgets: string
  readonly variables: readonly string[]
}

/** Everything that is known before anything is written. */
export class SpecContext {
  readonly machine: CMachine
  readonly program: CProgram
  readonly pointsTo: PointsTo
  readonly liveness: Liveness
  readonly maybeUnset: MaybeUnset
  readonly registers: ReadonlyMap<Register, RegisterVariable>
  readonly shared: readonly SharedVariable[]
  /** of handlers: `handler_running` */
  readonly running: readonly string[]
  /** labels of faults that something goes to, in the order in which they were met */
  readonly faults = new Map<string, FaultLabel>()
  /** locals of a function together */
  readonly groups: readonly Group[]
  /** sets of pointers, and their names */
  readonly placeSets = new Map<string, string>()
  readonly usedGroups = new Set<string>()
  /** is memory a function in some block? */
  usesVisible = false
  /** is memory looked at by a pointer? */
  usesValueAt = false
  usesPut = false
  /** are there stores of a thread's own in blocks? */
  usesOwn = false
  /** variables to which stores of threads' own go, that others may see later */
  readonly ownStored: ReadonlySet<string>
  /** places that pointers lead to which are not known, with their locations */
  readonly located = new Map<string, Leaf>()
  readonly nowhere: Place
  private readonly functionOf: string[] = []
  private readonly taken: Set<string>

  constructor(machine: CMachine) {
    this.machine = machine
    this.program = machine.program
    const { program, places, threads } = machine
    this.pointsTo = new PointsTo(program, places, threads.length)
    this.liveness = new Liveness(program)
    this.maybeUnset = new MaybeUnset(program)
    for (const { name, entry, end } of program.functions.values())
      for (let i = entry; i < end; i++) this.functionOf[i] = name
    this.registers = this.registerVariables()
    const variables = new Map<string, Leaf[]>()
    for (const leaf of places.leaves) variables.set(leaf.variable, [...(variables.get(leaf.variable) ?? []), leaf])
    this.shared = [...variables].map(([name, leaves]) => ({
      name,
      keys: at(leaves, 0).key === undefined ? undefined : leaves.map(({ key }) => key ?? 0),
      leaves,
    }))
    this.ownStored = this.ownStoredVariables()
    this.nowhere = { file: program.file, line: 1, column: 1 }
    this.taken = new Set([...this.registers.values(), ...this.shared].map(({ name }) => name))
    for (const instruction of program.instructions) if ('site' in instruction) this.taken.add(instruction.site.label)
    for (const name of [...OF_TLA, ...OF_MODULE, ...program.functions.keys()]) this.taken.add(name)
    for (const { name } of program.properties) this.taken.add(name)
    this.groups = this.registerGroups()
    this.running = threads.flatMap(({ source, id }) => (source.kind === 'interrupt' ? [`${id[0]}_running`] : []))
  }

  /** Pointers to places, as a set: a long one has a name. */
  setOf(places: readonly string[]): string {
    const text = `{${places.map((place) => quote(`&${place}`)).join(', ')}}`
    if (places.length <= 3) return text
    const known = this.placeSets.get(text)
    if (known !== undefined) return known
    const [first = ''] = places
    const stem = first.replace(/\[.*$/, '').replace(/[^A-Za-z0-9_]/g, '_')
    const name = this.operatorName(`${stem}_places`)
    this.placeSets.set(text, name)
    return name
  }

  private ownStoredVariables(): ReadonlySet<string> {
    const { steps } = new Reached(this.program)
    const stores = this.program.instructions.flatMap((instruction, i) =>
      instruction.kind === 'store' && (steps.has(i) || isOwnStore(instruction)) ? [instruction] : [],
    )
    return new Set(
      stores.flatMap(({ address, type }) =>
        [...this.pointsTo.of(address).places].flatMap((place) => {
          const leaf = this.pointsTo.leafOf(place, type)
          return leaf instanceof Fault ? [] : [leaf.variable]
        }),
      ),
    )
  }

  private registerGroups(): Group[] {
    const found = new Map<string, RegisterVariable[]>()
    for (const variable of this.registers.values())
      found.set(variable.function, [...(found.get(variable.function) ?? []), variable])
    return [...found].map(([name, variables]) => ({
      function: name,
      name: this.operatorName(`${name}_locals`),
      forgets: this.operatorName(`${name}_forgets`),
      variables: variables.map((v) => v.name),
    }))
  }

  groupOf(name: string): Group | undefined {
    return this.groups.find((group) => group.function === name)
  }

  /** Functions, and those that call them, in the order of the program. */
  callersOf(names: readonly string[]): readonly string[] {
    return [...this.program.functions.keys()].filter((name) => {
      const reached = reachedFrom(this.program, name)
      return names.some((one) => reached.has(one))
    })
  }

  private registerVariables(): ReadonlyMap<Register, RegisterVariable> {
    const { threads, program } = this.machine
    const isShared = sharedFields(
      threads.map(({ code }) => code),
      threads,
    )
    const found = new Map<Register, RegisterVariable>()
    const { kept } = this.machine
    for (const [register, name] of kept) {
      const owners = threads.filter(({ code }) => code.fields.includes(name))
      if (owners.length === 0) continue
      const domain = owners.map(({ id: [kind, id] }) => (isShared(name) ? `<<"${kind}", ${id}>>` : String(id)))
      const { function: own } = at(program.registers, register)
      found.set(register, { register, name, index: isShared(name) ? 'th' : 'th[2]', domain, function: own })
    }
    return found
  }

  instruction(target: Target): Instruction {
    return at(this.program.instructions, target)
  }

  function(target: Target): CFunction {
    const f = this.program.functions.get(this.functionOf[target] ?? '')
    if (f === undefined) throw new RangeError(`no function at ${target}`)
    return f
  }

  functionNamed(name: string): CFunction {
    const f = this.program.functions.get(name)
    if (f === undefined) throw new RangeError(`no function ${name}`)
    return f
  }

  /** Where an instruction is, for a fault at it. */
  siteNear(target: Target): Pick<Site, 'label'> {
    const instruction = this.instruction(target)
    if ('site' in instruction) return instruction.site
    const line = 'at' in instruction ? instruction.at.line : 0
    return { label: `${this.function(target).name}_L${line}` }
  }

  /** The label at which a thread stops that comes to grief near a step. */
  faultLabel(near: string, fault: FaultKind): string {
    const label = `${near.replace(/_fails(_\d+)?$/, '$1')}_${fault}`
    this.faults.set(label, { label, fault })
    return label
  }

  /** Call instructions of a function that threads reach. */
  callSites({ name }: CFunction): readonly Target[] {
    const reached = new Set(this.program.threads.flatMap((t) => [...reachedFrom(this.program, t.function)]))
    return this.program.instructions.flatMap((instruction, i) =>
      instruction.kind === 'call' && instruction.callee === name && reached.has(this.function(i).name) ? [i] : [],
    )
  }

  /**
   * Of a register of a caller, in a function that was called before the step: which of the calls need it afterwards; undefined if
   * none does. A part of a local that is passed by address is looked at by who was given the address.
   */
  callersNeed(
    register: Register,
    link: Register | undefined,
  ): { readonly needing: readonly Target[]; readonly never: readonly Target[] } | undefined {
    if (link === undefined) return undefined
    const callee = [...this.program.functions.values()].find((f) => f.link === link)
    const owner = this.registerInfo(register).function
    if (callee === undefined || callee.name === owner) return undefined
    const sites = this.callSites(callee).filter((call) =>
      reachedFrom(this.program, owner).has(this.function(call).name),
    )
    const isNeeded = (call: Target): boolean =>
      this.liveness.across(call).has(register) ||
      (this.function(call).name !== owner && this.callersNeed(register, this.function(call).link) !== undefined)
    const needing = sites.filter(isNeeded)
    return needing.length === 0 ? undefined : { needing, never: sites.filter((call) => !needing.includes(call)) }
  }

  /** Is it the code of a function that is called? */
  isCalled(target: Target): boolean {
    return !this.isThread(this.function(target).name)
  }

  numberOf(thread: string): number | undefined {
    const first = this.machine.threads.findIndex(({ id }) => id[0] === thread)
    return first < 0 ? undefined : first
  }

  /** That a thread of a name is at a label of C. */
  atLabel(thread: string, label: string): string {
    const sources = new Set(
      this.program.threads.flatMap(({ name, function: f }) => (name === thread ? [`${f}_${label}`] : [])),
    )
    const [at = ''] = sources
    return `\\E th \\in Threads : th[1] = "${thread}" /\\ pc[th] = "${at}"`
  }

  isTaken(name: string): boolean {
    return this.taken.has(name)
  }

  /** A name of its own, for an operator of the module. */
  operatorName(wanted: string): string {
    let name = wanted
    for (let i = 2; this.taken.has(name); i++) name = `${wanted}_${i}`
    this.taken.add(name)
    return name
  }

  registerInfo(register: Register): RegisterInfo {
    return at(this.program.registers, register)
  }

  /** Names may be given again that nothing uses after all. */
  forget(names: readonly string[]): void {
    for (const name of names) this.taken.delete(name)
  }

  /** Of a variable of registers, for the thread `th`. */
  indexOf(variable: string): string {
    return [...this.registers.values()].find(({ name }) => name === variable)?.index ?? 'th'
  }

  /** All variables, in the order of their declaration. */
  get variables(): readonly string[] {
    return [
      'pc',
      'store_buffer',
      ...this.running,
      ...this.shared.map(({ name }) => name),
      ...[...this.registers.values()].map(({ name }) => name),
    ]
  }

  /** The variable that says that a handler runs; undefined for another thread. */
  runningOf(thread: string): string | undefined {
    const source = this.program.threads.find((t) => t.function === thread)
    return source?.kind === 'interrupt' ? `${source.name}_running` : undefined
  }

  /** The thread that a handler interrupts. */
  hostOf({ on }: CThread): { readonly number: number; readonly text: string } {
    const number = this.machine.threads.findIndex(({ id }) => id[0] === on)
    const [kind, id] = at(this.machine.threads, number).id
    return { number, text: threadText(kind, id) }
  }

  /** What runs on the CPU of a thread besides it. */
  handlersOn(host: number): readonly string[] {
    return this.program.threads.flatMap((source) =>
      source.kind === 'interrupt' && this.hostOf(source).number === host ? [`${source.name}_running`] : [],
    )
  }

  /** Is there a thread with handlers that runs a function? */
  canBeInterrupted(name: string): boolean {
    return this.machine.threads.some(
      ({ source }, i) => this.handlersOn(i).length > 0 && reachedFrom(this.program, source.function).has(name),
    )
  }

  /** The variable, or element, that says that a thread has interrupts off. */
  irqsOff(thread: number): string | undefined {
    const leaf = this.machine.places.leafAt(`__lockstep_irqs_off[${thread}]`)
    return leaf === undefined ? undefined : `${leaf.variable}[${leaf.key ?? 0}]`
  }

  isThread(name: string): boolean {
    return this.program.threads.some((t) => t.function === name)
  }
}
