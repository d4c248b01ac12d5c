/**
 * What a thread does by itself: the instructions on registers from one step to the next, those of a block, and those of properties,
 * as a tree of cases with an end wherever the next step is reached, something goes wrong, or an answer is known.
 */

import { at } from '../../kernel/at.ts'
import type { FaultKind, Instruction, Pure, Register, Target } from '../program/ir.ts'
import { usesOf } from '../program/liveness.ts'
import { accessed } from './block-access.ts'
import type { SpecContext } from './context.ts'
import type { Scope } from './expression.ts'
import { Writer } from './expression.ts'
import { Joins, linkTerm } from './joins.ts'
import { locate } from './location.ts'
import { Region } from './region.ts'
import type { Check, Term } from './term.ts'
import { constantTerm, term } from './term.ts'
import type { Tree } from './tree.ts'
import type { Access, Continuation, Operands, Walking, WalkOptions, Way } from './way.ts'
import { unused } from './way.ts'
import { changesOn, nameFor, neededAt } from './way-registers.ts'

/** Follows the instructions of a thread, of a block, or of a property. */
export class Walk implements Walking {
  readonly context: SpecContext
  /** some location is not known: memory has to be one function */
  needsWhole = false
  readonly options: WalkOptions
  readonly isProperty: boolean
  private region: Region | undefined
  private readonly joins: Joins

  constructor(context: SpecContext, options: WalkOptions) {
    this.context = context
    this.options = options
    this.isProperty = options.thread === undefined
    this.joins = new Joins(this)
  }

  /** The tree from an instruction on, and the operators that it goes on in. */
  run(way: Way): { readonly tree: Tree; readonly continuations: readonly Continuation[] } {
    this.region = new Region(this.context, way, this.isProperty)
    return this.joins.settled(() => this.walk(way))
  }

  // ------------------------------------------------------------------------------------------------------ registers

  read(way: Pick<Way, 'registers'>, register: Register): Term {
    return way.registers.get(register) ?? this.options.before(register)
  }

  scope(way: Pick<Way, 'target' | 'registers'>): Scope {
    const { context, options } = this
    const instruction = context.instruction(way.target)
    return {
      pointsTo: context.pointsTo,
      read: (register) => this.read(way, register),
      mayBeUnset: (register) => context.maybeUnset.has(way.target, register),
      thread: options.thread,
      count: context.machine.threads.length,
      numberOf: (name) => context.numberOf(name),
      isAt: (thread, label) => context.atLabel(thread, label),
      setOf: (places) => context.setOf(places),
      where: 'site' in instruction ? instruction.site : 'at' in instruction ? instruction.at : context.nowhere,
    }
  }

  /** The way with a register set, and what that is called; `body` goes on with it. */
  bound(way: Way, register: Register | undefined, value: Term, body: (way: Way) => Tree, called?: string): Tree {
    const next = { ...way, target: way.target + 1 }
    if (register === undefined || !this.isLive(register, next)) return body(next)
    if (value.isAtom && value.path === undefined)
      return body({ ...next, registers: new Map([...way.registers, [register, value]]) })
    const name =
      called === undefined ? nameFor(this.context, register, way.names) : unused(called, way.names, this.context)
    const { isNatural, path } = value
    return {
      kind: 'let',
      name,
      value: value.text,
      body: body({
        ...next,
        names: new Set([...way.names, name]),
        registers: new Map([...way.registers, [register, term(name, { isNatural, path })]]),
      }),
    }
  }

  private isLive(register: Register, { target }: Way): boolean {
    const { liveness, program } = this.context
    return liveness.at(target).has(register) || at(program.registers, register).kind === 'link'
  }

  // ------------------------------------------------------------------------------------------------------ faults

  /** A tree behind its checks. */
  guarded(checks: readonly Check[], near: string, way: Way, body: (way: Way) => Tree): Tree {
    const [first, ...rest] = checks
    if (first === undefined) return body(way)
    if (way.excluded.has(first.when)) return this.guarded(rest, near, way, body)
    const yes = this.fault(near, first.fault, way)
    if (first.when === 'TRUE') return yes
    const next = { ...way, excluded: new Set([...way.excluded, first.when]) }
    return { kind: 'if', condition: first.when, yes, no: this.guarded(rest, near, next, body) }
  }

  private near(target: Target, { depth }: Way): string {
    return depth > 0 && this.options.block !== undefined
      ? this.options.block.label
      : this.context.siteNear(target).label
  }

  private fault(near: string, fault: FaultKind, way: Way): Tree {
    const { ends } = this.options
    if (this.options.thread === undefined) return ends.fault('', way)
    return ends.fault(this.context.faultLabel(near, fault), way)
  }

  // ------------------------------------------------------------------------------------------------------ walking

  on(way: Way): Tree {
    return this.region?.isJoin(way) === true ? this.joins.goto(way) : this.walk(way)
  }

  walk(way: Way): Tree {
    const { target, depth } = way
    const instruction = this.context.instruction(target)
    const next = { ...way, target: target + 1 }
    if (depth === 0 && 'site' in instruction && !this.isProperty) return this.step(way, instruction)
    switch (instruction.kind) {
      case 'set':
        return this.written(way, (writer) => {
          const { value } = instruction
          const unset = value.kind === 'constant' ? constantTerm(value.value) : undefined
          const now = unset?.isExact === true ? unset : writer.value(value)
          return (then) => this.bound(then, instruction.register, now, (w) => this.on(w))
        })
      case 'fresh': {
        const unset = instruction.registers.map((register) => [register, term('UNSET', { constant: '?' })] as const)
        return this.on({ ...next, registers: new Map([...way.registers, ...unset]) })
      }
      case 'jump':
        return this.on({ ...way, target: instruction.to })
      case 'branch':
        return this.branch(way, instruction)
      case 'call':
        return this.call(way, instruction)
      case 'return':
        return this.returned(way, instruction.link)
      case 'block':
        return this.opened({ ...next, depth: depth + 1, open: [...way.open, instruction.drained] }, instruction.drained)
      case 'leave':
        return this.on({ ...next, depth: depth - 1, open: way.open.slice(0, -1) })
      case 'load':
      case 'store':
      case 'rmw':
        return accessed(this, way, instruction)
      case 'await':
        return this.written(way, (writer) => {
          const { text } = writer.condition(instruction.condition)
          return (then) => ({ kind: 'and', conditions: [text], body: this.on({ ...then, target: target + 1 }) })
        })
      case 'fence': {
        const { thread } = this.options
        if (instruction.fence !== 'mb' || thread === undefined) return this.on(next)
        return this.opened(next, true)
      }
      case 'fault':
        return this.fault(this.near(target, way), instruction.fault, way)
      default:
        throw new TypeError(`${instruction.kind} within a step`)
    }
  }

  /** Waits, within a step, until the thread's own stores are visible. */
  private opened(way: Way, isDrained: boolean): Tree {
    const { thread, block } = this.options
    if (!isDrained || thread === undefined || block?.isDrained === true) return this.on(way)
    const condition = way.buffer === 'store_buffer' ? `drained(${thread})` : `${way.buffer}[${thread}] = <<>>`
    return { kind: 'and', conditions: [condition], body: this.on(way) }
  }

  /** Writes expressions, and what follows behind their checks. */
  written(way: Way, write: (writer: Writer) => (way: Way) => Tree): Tree {
    const writer = new Writer(this.scope(way))
    const body = write(writer)
    return this.guarded(writer.checks, this.near(way.target, way), way, body)
  }

  private branch(way: Way, { condition, yes, no }: Extract<Instruction, { kind: 'branch' }>): Tree {
    return this.written(way, (writer) => {
      const { text } = writer.condition(condition)
      return (then) => {
        if (text === 'TRUE' || text === 'FALSE') return this.on({ ...then, target: text === 'TRUE' ? yes : no })
        return {
          kind: 'if',
          condition: text,
          yes: this.on({ ...then, target: yes }),
          no: this.on({ ...then, target: no }),
        }
      }
    })
  }

  private call(way: Way, instruction: Extract<Instruction, { kind: 'call' }>): Tree {
    const entry = this.context.program.functions.get(instruction.callee)?.entry ?? -1
    return this.written(way, (writer) => {
      const values = instruction.arguments.map(([register, value]) => [register, writer.value(value)] as const)
      return (then) =>
        this.passed({ ...then, target: entry - 1 }, values, (w) => {
          const registers = new Map([...w.registers, [instruction.link, linkTerm(way.target)] as const])
          const links = new Map([...w.links, [instruction.link, way.target] as const])
          return this.on({ ...w, target: entry, registers, links })
        })
    })
  }

  /** Parameters, one after the other. */
  private passed(way: Way, values: readonly (readonly [Register, Term])[], body: (way: Way) => Tree): Tree {
    const [first, ...rest] = values
    if (first === undefined) return body(way)
    const [register, value] = first
    return this.bound(way, register, value, (w) => this.passed({ ...w, target: way.target }, rest, body))
  }

  private returned(way: Way, link: Register): Tree {
    const { context } = this
    const f = context.function(way.target)
    const site = way.links.get(link)
    const registers = new Map(way.registers)
    registers.delete(link)
    if (site !== undefined) {
      const links = new Map(way.links)
      links.delete(link)
      return this.on({ ...way, target: site + 1, registers, links })
    }
    if (!context.isCalled(way.target) || this.isProperty) {
      const pure: Pure | undefined = f.result === undefined ? undefined : { kind: 'register', register: f.result }
      const value = f.result === undefined ? undefined : this.read(way, f.result)
      return this.options.ends.answer(value, pure, this.scope(way))
    }
    const sites = context.callSites(f)
    const arms = sites.map((call): readonly [string, Tree] => {
      const caller = context.function(call)
      const kept = new Set([...way.kept, ...context.liveness.across(call)])
      if (!context.isThread(caller.name)) kept.add(caller.link)
      const back = { ...way, target: call + 1, registers, kept, returned: [...way.returned, call] }
      return [`${this.options.before(link).text} = ${call}`, this.on(back)]
    })
    const [last, ...others] = arms.reverse()
    if (last === undefined) throw new RangeError(`nobody calls ${f.name}`)
    return others.reduce<Tree>((no, [condition, yes]) => ({ kind: 'if', condition, yes, no }), last[1])
  }

  // ------------------------------------------------------------------------------------------------------ steps

  /** At a step: what it is about to look at has to have a meaning. */
  private step(way: Way, instruction: Extract<Instruction, { site: unknown }>): Tree {
    const unknown: Register[] = []
    const needed = neededAt(this.context, way.target, way, unknown)
    const end = (then: Way): Tree =>
      this.options.ends.step(instruction.site.label, changesOn(this, then, needed, unknown[0]), then)
    if (instruction.kind === 'fault') return this.fault(instruction.site.label, instruction.fault, way)
    return this.written(way, (writer) => {
      if (instruction.kind === 'load' || instruction.kind === 'store' || instruction.kind === 'rmw')
        this.operands(writer, instruction)
      return end
    })
  }

  /** The operands of an access, in the order in which they are evaluated. */
  operands(writer: Writer, instruction: Access): Operands {
    const [, ...pures] = usesOf(instruction)
    // the address, the values, and then the location: what can go wrong with a value is asked for before it
    const first = writer.another()
    const values = pures.map((pure) => first.value(pure))
    if (first.checks.length > 0) {
      writer.value(instruction.address)
      for (const { when, fault } of first.checks) writer.check(when, fault)
    }
    const location = locate(this.context, writer, instruction.address, instruction.type)
    return { location, values, pures }
  }
}
