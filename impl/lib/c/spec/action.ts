/** One action of the specification for each step of the program. */

import { arrivalOf, idleLabel } from '../run/arrival.ts'
import type { CThread, Instruction, Pure, Register, Site, Target } from '../program/ir.ts'
import type { Effect } from './action-ends.ts'
import { before, changeText, endsOf } from './action-ends.ts'
import type { SpecContext } from './context.ts'
import { Writer } from './expression.ts'
import type { Location } from './location.ts'
import { locationText } from './location.ts'
import type { Term } from './term.ts'
import { operand, term } from './term.ts'
import { commentOf, INDENT, tuple, WIDTH, wrapped } from './text.ts'
import type { Change, Tree } from './tree.ts'
import { changedIn, partsOf, treeLines } from './tree.ts'
import { updated } from './update.ts'
import type { Continuation, Way } from './way.ts'
import { Walk } from './walk.ts'
import { beginning, nameOf, typedAs, unused } from './way.ts'

type Step = Extract<Instruction, { site: Site }>
type Access = Extract<Step, { kind: 'load' | 'store' | 'rmw' }>

/** An action, and how the thread goes on in it. */
interface Draft extends Effect {
  readonly site: Site
  readonly tree: Tree
  readonly continuations: readonly Continuation[]
}

/** Writes the actions of a program. */
export class Actions {
  /** labels of the actions that were written, in their order */
  readonly labels: string[] = []
  private readonly context: SpecContext

  constructor(context: SpecContext) {
    this.context = context
  }

  private walk(name: string, way: Partial<Way> & Pick<Way, 'target'>, block?: { label: string; isDrained: boolean }) {
    const full: Way = beginning(way.target, { names: new Set(['th']), ...way })
    const run = (isWhole: boolean) => {
      const walk = new Walk(this.context, {
        name: `${name}_on`,
        thread: 'th',
        block,
        before: before(this.context),
        ends: endsOf(this.context, this.context.function(way.target).name),
        isWhole,
      })
      const start = isWhole ? { ...full, whole: 'M', names: new Set([...full.names, 'M']) } : full
      return { ...walk.run(start), needsWhole: walk.needsWhole, isWhole }
    }
    const first = run(false)
    if (!first.needsWhole) return first
    this.context.usesVisible = true
    this.context.forget(first.continuations.map((c) => c.name))
    const second = run(true)
    return { ...second, tree: { kind: 'let', name: 'M', value: 'Visible', body: second.tree } satisfies Tree }
  }

  /** Registers that can have a value while the thread is at a step. */
  private keptAt(target: Target): Set<Register> {
    const kept = new Set(this.context.liveness.at(target))
    const f = this.context.function(target)
    if (!this.context.isThread(f.name)) kept.add(f.link)
    return kept
  }

  private guards(target: Target): string[] {
    return this.context.canBeInterrupted(this.context.function(target).name) ? ['~Interrupted(th)'] : []
  }

  /** The action of a step. */
  lines(target: Target): string[] {
    const instruction = this.context.instruction(target)
    if (!('site' in instruction)) throw new RangeError(`${instruction.kind} is no step`)
    const draft = this.draft(target, instruction)
    return draft === undefined ? [] : this.print(draft, this.guards(target))
  }

  private draft(target: Target, instruction: Step): Draft | undefined {
    const { site } = instruction
    const kept = this.keptAt(target)
    const way = { target: target + 1, kept }
    switch (instruction.kind) {
      case 'load':
      case 'store':
      case 'rmw':
        return this.access(target, instruction, kept)
      case 'fence': {
        const { fence } = instruction
        const conjuncts =
          fence === 'mb'
            ? ['drained(th)']
            : fence === 'wmb'
              ? ['HasSlotForMark(th)', "store_buffer' = WITH_MARK(th)"]
              : []
        const changed = fence === 'wmb' ? ['store_buffer'] : []
        return { site, conjuncts, changed, ...this.walk(site.label, way) }
      }
      case 'choose': {
        const name = unused('chosen', new Set(['th']), this.context)
        const registers = new Map([[instruction.register, term(name, { isNatural: true })]])
        const { tree, continuations } = this.walk(site.label, { ...way, registers, names: new Set(['th', name]) })
        const some: Tree = { kind: 'some', name, count: instruction.count, body: tree }
        return { site, conjuncts: [], changed: [], tree: some, continuations }
      }
      case 'block': {
        const { drained: isDrained } = instruction
        const found = this.walk(site.label, { ...way, depth: 1, open: [isDrained] }, { label: site.label, isDrained })
        const { conjuncts, changed } = this.arrival(target)
        return { site, conjuncts: [...conjuncts, ...(isDrained ? ['drained(th)'] : [])], changed, ...found }
      }
      case 'end':
        return this.end(target, site, kept)
      case 'fault':
        return undefined
    }
  }

  /** The end of a handler; of any other thread it is no action. */
  private end(target: Target, site: Site, kept: ReadonlySet<Register>): Draft | undefined {
    const f = this.context.function(target)
    const running = this.context.runningOf(f.name)
    if (running === undefined) return undefined
    const resets = [...kept].flatMap((register): Change[] => {
      const variable = this.context.registers.get(register)
      return variable === undefined ? [] : [{ variable: variable.name, value: 'UNSET' }]
    })
    const source = this.context.program.threads.find((t) => t.function === f.name)
    const idle = source === undefined ? '' : idleLabel(this.context.program, source)
    const conjuncts = ['drained(th)', `${running}' = FALSE`]
    const tree: Tree = {
      kind: 'end',
      conjuncts: [`Goes(th, "${idle}")`, ...resets.map((change) => changeText(this.context, change))],
      changed: resets.map(({ variable }) => variable),
    }
    return {
      site: { ...site, text: 'return from the interrupt' },
      conjuncts,
      changed: [running],
      tree,
      continuations: [],
    }
  }

  /** When a handler can begin, and that it does. */
  private coming(source: CThread, running: string): Pick<Draft, 'conjuncts' | 'changed'> {
    const host = this.context.hostOf(source)
    const off = this.context.irqsOff(host.number)
    const conjuncts = [
      ...this.context.handlersOn(host.number).map((name) => `~${name}`),
      ...(off === undefined ? [] : [`${off} = 0`]),
      `drained(${host.text})`,
      `${running}' = TRUE`,
    ]
    return { conjuncts, changed: [running] }
  }

  /** The same for the block that a handler begins with, if its interrupt comes with it. */
  private arrival(target: Target): Pick<Draft, 'conjuncts' | 'changed'> {
    const { program } = this.context
    const source = program.threads.find((thread) => arrivalOf(program, thread) === target)
    const running = source === undefined ? undefined : this.context.runningOf(source.function)
    return source === undefined || running === undefined ? { conjuncts: [], changed: [] } : this.coming(source, running)
  }

  /** A handler begins. */
  enter(thread: string): string[] {
    const f = this.context.program.functions.get(thread)
    const running = this.context.runningOf(thread)
    const source = this.context.program.threads.find((t) => t.function === thread)
    if (f === undefined || running === undefined || source === undefined) return []
    if (arrivalOf(this.context.program, source) !== undefined) return []
    const { conjuncts } = this.coming(source, running)
    const site: Site = { ...source.at, label: `${thread}_enter`, function: thread, text: 'an interrupt', within: [] }
    const found = this.walk(site.label, { target: f.entry })
    return this.print({ site, conjuncts, changed: [running], ...found }, [])
  }

  // ------------------------------------------------------------------------------------------------------ accesses

  private access(target: Target, instruction: Access, kept: ReadonlySet<Register>): Draft | undefined {
    const { context } = this
    const { site } = instruction
    const helper = new Walk(context, {
      name: site.label,
      thread: 'th',
      block: undefined,
      before: before(context),
      ends: endsOf(context, context.function(target).name),
      isWhole: false,
    })
    const writer = new Writer(helper.scope({ target, registers: new Map() }))
    const { location, values, pures } = helper.operands(writer, instruction)
    // what comes to grief before it is never there
    if (location.kind === 'none') return undefined
    const names = new Set(['th'])
    const { type } = instruction
    const visible = this.visible(location)
    const seen = `READ_ONCE(th, ${locationText(location)}, ${visible})`
    const way = (
      register: Register | undefined,
      value: Term,
      called: string | undefined,
    ): Pick<Draft, 'tree' | 'continuations'> => {
      const isLive = register !== undefined && context.liveness.at(target + 1).has(register)
      if (!isLive) return this.walk(site.label, { target: target + 1, kept })
      const name = unused(called ?? 'seen', names, context)
      const registers = new Map([[register, term(name, { isNatural: value.isNatural })]])
      const found = this.walk(site.label, { target: target + 1, kept, registers, names: new Set([...names, name]) })
      return { ...found, tree: { kind: 'let', name, value: value.text, body: found.tree } }
    }
    if (instruction.kind === 'load')
      return { site, conjuncts: [], changed: [], ...way(instruction.register, typedAs(type, seen), nameOf(location)) }
    if (instruction.kind === 'store') {
      const [value = term('0')] = values
      return { site, ...this.stored(instruction, location, value), ...way(undefined, value, undefined) }
    }
    return { site, ...this.modified(instruction, location, values, pures, way) }
  }

  private visible(location: Exclude<Location, { kind: 'none' }>): string {
    if (location.kind === 'known')
      return location.key === undefined ? location.variable : `${location.variable}[${location.key}]`
    this.context.usesValueAt = true
    return `ValueAt(${locationText(location)})`
  }

  /** Memory with a value at a location, by an expression in which `@` is what was there. */
  private put(location: Exclude<Location, { kind: 'none' }>, value: (old: string) => string): Effect {
    if (location.kind === 'pointed') {
      this.context.usesPut = true
      const where = locationText(location)
      return {
        conjuncts: [`Put(${where}, ${value(`ValueAt(${where})`)})`],
        changed: this.context.shared.map(({ name }) => name),
      }
    }
    const { variable, key } = location
    const text = key === undefined ? value(variable) : `[${variable} EXCEPT ![${key}] = ${value('@')}]`
    return { conjuncts: [`${variable}' = ${text}`], changed: [variable] }
  }

  private stored(
    { barrier, marking }: Extract<Step, { kind: 'store' }>,
    location: Exclude<Location, { kind: 'none' }>,
    { text }: Term,
  ): Effect {
    if (barrier) {
      const { conjuncts, changed } = this.put(location, () => text)
      return { conjuncts: ['drained(th)', ...conjuncts], changed }
    }
    const isRelease = marking === 'release'
    const [slot, with_] = isRelease ? ['HasSlotsForRelease', 'WITH_RELEASE'] : ['HasSlot', 'WITH_STORE']
    const where = locationText(location)
    const buffer = `store_buffer' = ${with_}(th, ${where}, ${text})`
    const { conjuncts, changed } =
      location.kind === 'known'
        ? this.put(location, (old) => `WRITE_ONCE(${old}, ${text})`)
        : {
            conjuncts: [`IF Memory = "SC" THEN Put(${where}, ${text}) ELSE UNCHANGED shared`],
            changed: this.context.shared.map(({ name }) => name),
          }
    return { conjuncts: [`${slot}(th)`, ...conjuncts, buffer], changed: [...changed, 'store_buffer'] }
  }

  /** Locked, with the buffer empty; one that gives up without having stored is a load. */
  private modified(
    instruction: Extract<Step, { kind: 'rmw' }>,
    location: Exclude<Location, { kind: 'none' }>,
    values: readonly Term[],
    pures: readonly Pure[],
    way: (
      register: Register | undefined,
      value: Term,
      called: string | undefined,
    ) => Pick<Draft, 'tree' | 'continuations'>,
  ): Pick<Draft, 'conjuncts' | 'changed' | 'tree' | 'continuations'> {
    const visible = this.visible(location)
    const old = (text: string): Term => typedAs(instruction.type, text)
    const result = (text: string) => updated(this.context.pointsTo, instruction, old(text), values, pures)
    const effect = this.put(location, (text) => result(text).written.text)
    const givesUp = instruction.update === 'unless'
    const seen = givesUp ? `READ_ONCE(th, ${locationText(location)}, ${visible})` : visible
    const { given, writes } = result(seen)
    const guard = givesUp ? `drained(th) \\/ ~(${writes ?? ''})` : 'drained(th)'
    const conjuncts = givesUp
      ? [guard, ...effect.conjuncts.map((c) => `IF ${writes ?? ''} THEN ${c} ELSE UNCHANGED ${tuple(effect.changed)}`)]
      : [guard, ...effect.conjuncts]
    return {
      conjuncts,
      changed: effect.changed,
      ...way(instruction.register, given, instruction.gives === 'old' ? nameOf(location) : 'result'),
    }
  }

  // ------------------------------------------------------------------------------------------------------ printing

  private print({ site, conjuncts, changed, tree, continuations }: Draft, guards: readonly string[]): string[] {
    this.labels.push(site.label)
    const touched = this.touchedBy(tree, continuations)
    const own = touched('')
    const unchanged =
      (of: string) =>
      (done: ReadonlySet<string>, operator?: string): string[] => {
        const theirs = operator === undefined ? new Set<string>() : touched(operator)
        return this.unchanged([...touched(of)].filter((name) => !done.has(name) && !theirs.has(name)))
      }
    const rest = this.context.variables.filter((name) => name !== 'pc' && !changed.includes(name) && !own.has(name))
    const width = WIDTH - INDENT.length - 3
    const parts = [
      [`At(th, "${site.label}")`],
      ...[...guards, ...conjuncts].map((text) => wrapped(text, width)),
      ...partsOf(tree, width, unchanged('')),
      ...this.unchanged(rest).map((text) => wrapped(text, width)),
    ]
    const operators = continuations.map(({ name, parameters, tree: body }) => [
      ...wrapped(`${name}(${parameters.join(', ')}) ==`, WIDTH),
      ...treeLines(body, WIDTH - INDENT.length, unchanged(name)).map((line) => INDENT + line),
      '',
    ])
    const recursive = continuations.map(
      ({ name, parameters }) => `RECURSIVE ${name}(${parameters.map(() => '_').join(', ')})`,
    )
    return [
      ...recursive,
      ...(recursive.length === 0 ? [] : ['']),
      ...operators.flat(),
      ...commentOf(site),
      `${site.label}(th) ==`,
      ...parts.flatMap((lines) => lines.map((line, i) => INDENT + (i === 0 ? '/\\ ' : '   ') + line)),
      '',
    ]
  }

  private unchanged(names: readonly string[]): string[] {
    if (names.length === 0) return []
    const shared = this.context.shared.map(({ name }) => name)
    let list = names
    for (const { name, variables } of [{ name: 'shared', variables: shared }, ...this.context.groups]) {
      if (variables.length < 2 || !variables.every((variable) => list.includes(variable))) continue
      list = [...list.slice(0, list.indexOf(variables[0] ?? '')), name, ...list.slice(list.indexOf(variables[0] ?? ''))]
      list = list.filter((variable) => !variables.includes(variable))
    }
    return [`UNCHANGED ${list.length === 1 ? (list[0] ?? '') : tuple(list)}`]
  }

  /** Variables that an operator changes, or one that it goes on in; by name, '' for the action. */
  private touchedBy(tree: Tree, continuations: readonly Continuation[]): (name: string) => ReadonlySet<string> {
    const direct = new Map<string, { variables: Set<string>; operators: Set<string> }>()
    for (const { name, tree: body } of [{ name: '', tree }, ...continuations]) {
      const found = { variables: new Set<string>(), operators: new Set<string>() }
      changedIn(body, found)
      direct.set(name, found)
    }
    return (name) => {
      const seen = new Set<string>([name])
      const variables = new Set<string>()
      for (const one of seen) {
        for (const variable of direct.get(one)?.variables ?? []) variables.add(variable)
        for (const next of direct.get(one)?.operators ?? []) seen.add(next)
      }
      return variables
    }
  }
}

export const conditionText = (value: Term): string => value.condition ?? `${operand(value)} # 0`
