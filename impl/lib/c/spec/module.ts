/** The whole module: what is declared, where it begins, the actions, what must hold. */

import { at } from '../../kernel/at.ts'
import type { Target } from '../program/ir.ts'
import { reachedFrom } from '../program/liveness.ts'
import type { Value } from '../program/value.ts'
import { arrivalOf, idleLabel } from '../run/arrival.ts'
import { Reached } from '../run/kept-registers.ts'
import { Actions } from './action.ts'
import type { RegisterVariable, SharedVariable, SpecContext } from './context.ts'
import { threadText } from './context.ts'
import { definition, Helpers, keySet } from './helpers.ts'
import { endedLines, fairnessLines, propertiesOf } from './properties.ts'
import { startLines, startsOf } from './start.ts'
import { constantTerm } from './term.ts'
import { INDENT, tuple, WIDTH, wrapped } from './text.ts'

/** A module as text, and what is asked of it. */
export interface Written {
  readonly text: string
  readonly invariants: readonly string[]
  readonly properties: readonly string[]
}

const section = (title: string): string[] => ['-'.repeat(77), `(* ${title.padEnd(71)} *)`, '']

const valueText = (value: Value): string => constantTerm(value)?.text ?? '0'

const initially = ({ name, keys, leaves }: SharedVariable): string[] => {
  const values = leaves.map(({ initial }) => valueText(initial))
  const [first = '0'] = values
  if (keys === undefined) return [`${name} = ${first}`]
  if (values.every((value) => value === first)) return [`${name} = [I \\in ${keySet(keys)} |-> ${first}]`]
  return [`${name} = ${values.map((value, i) => `(${at(keys, i)} :> ${value})`).join(' @@ ')}`]
}

/** Puts a module together. */
export class ModuleWriter {
  private readonly context: SpecContext
  private readonly name: string
  private readonly header: readonly string[]

  constructor(context: SpecContext, name: string, header: readonly string[]) {
    this.context = context
    this.name = name
    this.header = header
  }

  write(): Written {
    const { context } = this
    const steps = [...new Reached(context.program).steps].sort((a, b) => a - b)
    const actions = new Actions(context)
    const starts = startsOf(context)
    const bodies = this.functions().flatMap((name) => this.actionsOf(name, steps, actions))
    const asked = propertiesOf(context, steps)
    const title = ` MODULE ${this.name} `
    const dashes = Math.max(4, 77 - title.length)
    const uses = [...bodies, ...asked.lines, ...startLines(starts)].join('\n')
    const helpers = new Helpers(context)
    const lines = [
      '-'.repeat(Math.floor(dashes / 2)) + title + '-'.repeat(Math.ceil(dashes / 2)),
      ...this.header,
      'EXTENDS Memory, CArithmetic',
      '',
      ...this.declarations(),
      ...this.threads(),
      ...startLines(starts),
      ...this.init(starts),
      ...helpers.lines(),
      ...helpers.forgetting(),
      ...helpers.own(),
      ...helpers.elements(uses),
      ...section('The steps of the threads'),
      ...bodies,
      ...this.next(actions.labels),
      ...section('What must hold'),
      ...endedLines(context),
      ...asked.lines,
      '='.repeat(77),
      '',
    ]
    return { text: lines.join('\n'), invariants: asked.invariants, properties: asked.properties }
  }

  /** Functions with steps, in the order of the file. */
  private functions(): string[] {
    const { program } = this.context
    const reached = new Set(program.threads.flatMap((t) => [...reachedFrom(program, t.function)]))
    return [...program.functions.values()]
      .filter(({ name }) => reached.has(name))
      .sort((a, b) => a.entry - b.entry)
      .map(({ name }) => name)
  }

  private actionsOf(name: string, steps: readonly Target[], actions: Actions): string[] {
    const own = steps.filter((target) => this.context.function(target).name === name)
    return [...actions.enter(name), ...own.flatMap((target) => actions.lines(target))]
  }

  private declarations(): string[] {
    const { context } = this
    const gloss = (name: string, text: string): readonly [string, string] => [name, text]
    const all = [
      gloss('pc', 'per thread: the label of its next step'),
      ...context.running.map((name) => gloss(name, 'the interrupt handler runs')),
      ...context.shared.map(({ name, leaves }) => gloss(name, this.glossOf(leaves.map(({ inC }) => inC)))),
      ...[...context.registers.values()].map((r) => gloss(r.name, this.registerGloss(r))),
    ]
    const shared = context.shared.map(({ name }) => name)
    return [
      'VARIABLES',
      ...all.map(([name, text], i) =>
        `    ${(name + (i === all.length - 1 ? '' : ',')).padEnd(23)} \\* ${text}`.slice(0, WIDTH),
      ),
      '',
      ...definition('shared', tuple(shared)),
      '',
      ...context.groups.flatMap(({ name, variables }) => definition(name, tuple(variables))),
      ...(context.groups.length === 0 ? [] : ['']),
      ...definition(
        'vars',
        tuple([
          'pc',
          'store_buffer',
          ...context.running,
          ...[...(shared.length === 0 ? [] : ['shared']), ...context.groups.map(({ name }) => name)],
        ]),
      ),
      '',
    ]
  }

  private glossOf(names: readonly string[]): string {
    const [first = ''] = names
    return names.length === 1 ? first : `${first} .. ${names.at(-1) ?? ''}`
  }

  private registerGloss({ register, function: f }: RegisterVariable): string {
    const { kind, name } = this.context.registerInfo(register)
    if (kind === 'link') {
      const sites = this.context.callSites(this.context.functionNamed(f)).map((call) => {
        const instruction = this.context.instruction(call)
        return `${call}: line ${'at' in instruction ? instruction.at.line : 0}`
      })
      return `${f}() returns to ${sites.join(', ')}`
    }
    const own = name.slice(name.indexOf('.') + 1)
    return kind === 'temporary' ? `${f}(): a value on the way` : `${f}(): ${own}`
  }

  private threads(): string[] {
    const { threads } = this.context.machine
    const names = threads.map(({ id: [kind, id] }) => threadText(kind, id))
    const numbers = threads.map((_, i) => {
      const { source } = at(threads, i)
      return source.kind === 'interrupt' ? this.context.hostOf(source).number : i
    })
    const interruptible = names.filter((_, i) => this.context.handlersOn(i).length > 0)
    const guarded = threads.flatMap((_, i) =>
      this.context.handlersOn(i).map((running) => `\\/ th = ${at(names, i)} /\\ ${running}`),
    )
    return [
      ...definition('Threads', `{${names.join(', ')}}`),
      '',
      '\\* Threads by number, as lockstep_self() counts them; a handler has the number of its host.',
      ...definition('Instance', names.map((name, i) => `(${i} :> ${name})`).join(' @@ ')),
      ...definition('Index', names.map((name, i) => `(${name} :> ${i})`).join(' @@ ')),
      ...definition('Number', names.map((name, i) => `(${name} :> ${at(numbers, i)})`).join(' @@ ')),
      ...definition('Interruptible', `{${interruptible.join(', ')}}`),
      '',
      ...(guarded.length === 0
        ? []
        : [
            '\\* Nothing else of a CPU runs while a handler does.',
            'Interrupted(th) ==',
            ...guarded.map((g) => INDENT + g),
            '',
          ]),
    ]
  }

  private init(starts: ReturnType<typeof startsOf>): string[] {
    const { context } = this
    const labels = [...starts].map(([thread, { label }]) => `th[1] = "${thread}" -> ${label}`)
    const first = labels.length === 1 ? (labels[0] ?? '').replace(/^.* -> /, '') : `CASE ${labels.join(' [] ')}`
    const registers = [...context.registers.values()].map((r) => this.registerInit(r, starts))
    const conjuncts = [
      'MemoryInit(Threads)',
      `pc = [th \\in Threads |-> ${first}]`,
      ...context.running.map((name) => `${name} = FALSE`),
      ...context.shared.flatMap(initially),
      ...registers,
    ]
    const lines = conjuncts.flatMap((text) =>
      wrapped(text, WIDTH - 7).map((line, i) => `${INDENT}${i === 0 ? '/\\ ' : '   '}${line}`),
    )
    return ['Init ==', ...lines, '']
  }

  private registerInit({ name, domain, index }: RegisterVariable, starts: ReturnType<typeof startsOf>): string {
    const set = [...starts].filter(([, { fields }]) => fields.includes(name))
    const [only] = set
    if (only === undefined) return `${name} = [I \\in {${domain.join(', ')}} |-> UNSET]`
    const [thread, { operator }] = only
    if (index === 'th[2]')
      return `${name} = [I \\in {${domain.join(', ')}} |-> ${operator}(<<"${thread}", I>>).${name}]`
    const arms = set.map(([kind, start]) => `th[1] = "${kind}" -> ${start.operator}(th).${name}`)
    return `${name} = [th \\in {${domain.join(', ')}} |-> CASE ${arms.join(' [] ')} [] OTHER -> UNSET]`
  }

  private next(labels: readonly string[]): string[] {
    const { context } = this
    const rest = context.variables.filter(
      (name) => name !== 'store_buffer' && !context.shared.some((s) => s.name === name),
    )
    const arrivals = context.program.threads.flatMap((t) =>
      t.kind === 'interrupt' && arrivalOf(context.program, t) === undefined ? [idleLabel(context.program, t)] : [],
    )
    const own = labels.filter((label) => !arrivals.includes(label))
    const body = own.length === 0 ? 'FALSE' : own.map((label) => `${label}(th)`).join(' \\/ ')
    return [
      '\\* The memory: a store that waits in the buffer of a thread becomes visible.',
      'commit(th) ==',
      `${INDENT}/\\ \\E I \\in Committable(th) :`,
      `${INDENT}       LET E == store_buffer[th][I]`,
      `${INDENT}       IN  store_buffer' = WITHOUT_STORE(th, I) /\\ Put(E[1], E[2])`,
      ...wrapped(`/\\ UNCHANGED ${tuple(rest)}`, WIDTH - INDENT.length).map((line) => INDENT + line),
      '',
      'Step(th) ==',
      ...wrapped(body, WIDTH - INDENT.length).map((line) => INDENT + line),
      '',
      ...(arrivals.length === 0
        ? ['Next == \\E th \\in Threads : Step(th) \\/ commit(th)']
        : [
            '\\* The world: an interrupt comes.',
            ...definition('Arrives(th)', arrivals.map((label) => `${label}(th)`).join(' \\/ ')),
            '',
            'Next == \\E th \\in Threads : Step(th) \\/ Arrives(th) \\/ commit(th)',
          ]),
      '',
      'Spec == Init /\\ [][Next]_vars',
      '',
      ...fairnessLines(context, labels),
      'FairSpec == Spec /\\ Fairness',
      '',
    ]
  }
}
