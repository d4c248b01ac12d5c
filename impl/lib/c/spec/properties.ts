/** What must hold, as the machine has it by name: invariants, what leads to what, faults, races, and what the scheduler promises. */

import type { CProperty, FaultKind, Instruction, Target } from '../program/ir.ts'
import { fairWaits } from '../run/fairness.ts'
import { before } from './action-ends.ts'
import type { SpecContext } from './context.ts'
import { threadText } from './context.ts'
import { Writer } from './expression.ts'
import { locationText } from './location.ts'
import { term } from './term.ts'
import { INDENT, WIDTH, wrapped } from './text.ts'
import type { Tree } from './tree.ts'
import { treeLines } from './tree.ts'
import { Walk } from './walk.ts'
import type { Ends } from './way.ts'
import { beginning } from './way.ts'

/** What is asked of a specification, by name. */
export interface Asked {
  readonly lines: readonly string[]
  readonly invariants: readonly string[]
  readonly properties: readonly string[]
}

const NONE: Asked = { lines: [], invariants: [], properties: [] }

const together = (all: readonly Asked[]): Asked => ({
  lines: all.flatMap(({ lines }) => lines),
  invariants: all.flatMap(({ invariants }) => invariants),
  properties: all.flatMap(({ properties }) => properties),
})

const ends: Ends = {
  step: () => ({ kind: 'value', text: 'FALSE' }),
  fault: () => ({ kind: 'value', text: 'FALSE' }),
  answer: (value, pure, scope) => {
    if (value === undefined || pure === undefined) return { kind: 'value', text: 'FALSE' }
    const writer = new Writer({ ...scope, read: () => value, mayBeUnset: () => false })
    return { kind: 'value', text: writer.condition(pure).text }
  },
}

/** A function of the file that says whether something holds, as operators. */
const asked = (context: SpecContext, name: string, operator: string): string[] => {
  const f = context.program.functions.get(name)
  if (f === undefined) throw new RangeError(`no function ${name}`)
  const walk = new Walk(context, {
    name: `${operator}_on`,
    thread: undefined,
    block: undefined,
    before: () => term('UNSET'),
    ends,
    isWhole: false,
  })
  const way = beginning(f.entry)
  const { tree, continuations } = walk.run(way)
  const lines = (body: Tree): string[] => treeLines(body, WIDTH - INDENT.length, () => []).map((line) => INDENT + line)
  const head = (own: string, parameters: readonly string[]): string =>
    parameters.length === 0 ? `${own} ==` : `${own}(${parameters.join(', ')}) ==`
  return [
    ...continuations.flatMap(({ name: own, parameters }) => [
      `RECURSIVE ${own}${parameters.length === 0 ? '' : `(${parameters.map(() => '_').join(', ')})`}`,
    ]),
    ...continuations.flatMap(({ name: own, parameters, tree: body }) => [head(own, parameters), ...lines(body), '']),
    `${operator} ==`,
    ...lines(tree),
    '',
  ]
}

const comment = (text: string): string[] => [`\\* ${text}`]

const own = (context: SpecContext, property: CProperty): Asked => {
  const { name, kind, functions } = property
  const [first = '', second = ''] = functions
  if (kind === 'invariant')
    return {
      lines: [...asked(context, first, name), `${occurs(name)} == TRUE`, ''],
      invariants: [name],
      properties: [],
    }
  if (kind === 'leads-to') {
    const [from, to] = [context.operatorName(`${name}From`), context.operatorName(`${name}To`)]
    const lines = [...asked(context, first, from), ...asked(context, second, to)]
    return {
      lines: [...lines, leadsTo(name, from, to), `${occurs(name)} == ${from}`, ''],
      invariants: [],
      properties: [name],
    }
  }
  const parts = functions.map(
    (f, i) => [f, context.operatorName(functions.length === 1 ? `${name}Says` : `${name}Says${i}`)] as const,
  )
  return {
    lines: [
      ...comment('When all threads have ended, and all that they stored is visible.'),
      ...parts.flatMap(([f, operator]) => asked(context, f, operator)),
      `${name} == Ended => ${parts.map(([, operator]) => operator).join(' /\\ ')}`,
      ...(functions.length === 1 ? [`${occurs(name)} == Ended`] : []),
      '',
    ],
    invariants: [name],
    properties: [],
  }
}

/** The equations keep TLC from unfolding what both sides say before it runs, which has no end where they have loops. */
const leadsTo = (name: string, from: string, to: string): string => `${name} == (${from} = TRUE) ~> (${to} = TRUE)`

/** As the tools ask for it. */
const occurs = (name: string): string => {
  const plain = name.replace(/(Inv|Prop)$/, '')
  return `${plain}Occurs`
}

const fault = (context: SpecContext, kind: FaultKind): Asked => {
  const labels = [...context.faults.values()].filter((f) => f.fault === kind).map(({ label }) => `"${label}"`)
  const text = labels.length === 0 ? 'TRUE' : `\\A th \\in Threads : pc[th] \\notin {${labels.sort().join(', ')}}`
  const lines = wrapped(text, WIDTH - INDENT.length).map((line) => INDENT + line)
  return { lines: [`${kind} ==`, ...lines, ''], invariants: [kind], properties: [] }
}

type Access = Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>

/** What a thread is about to access, by its label: the location, whether it stores, and whether plainly. */
const accessLines = (context: SpecContext, steps: readonly Target[]): string[] => {
  const arms = steps.flatMap((target): string[] => {
    const instruction = context.instruction(target)
    if (instruction.kind !== 'load' && instruction.kind !== 'store' && instruction.kind !== 'rmw') return []
    const access: Access = instruction
    const walk = new Walk(context, {
      name: '',
      thread: 'th',
      block: undefined,
      before: before(context),
      ends,
      isWhole: false,
    })
    const { location } = walk.operands(new Writer(walk.scope({ target, registers: new Map() })), access)
    if (location.kind === 'none') return []
    const writes = access.kind === 'load' ? 'FALSE' : 'TRUE'
    const plain = access.kind !== 'rmw' && access.marking === 'plain' ? 'TRUE' : 'FALSE'
    return [`pc[th] = "${access.site.label}" -> <<${locationText(location)}, ${writes}, ${plain}>>`]
  })
  return [
    ...comment('What a thread is about to access: the location, does it store, is the access a plain one?'),
    'Access(th) ==',
    ...arms.flatMap((arm, i) => {
      const [first = '', ...more] = wrapped(arm, WIDTH - INDENT.length - 5)
      return [`${INDENT}${i === 0 ? 'CASE' : '  []'} ${first}`, ...more.map((line) => `${INDENT}     ${line}`)]
    }),
    arms.length === 0 ? `${INDENT}<<<<"">>, FALSE, FALSE>>` : `${INDENT}  [] OTHER -> <<<<"">>, FALSE, FALSE>>`,
    '',
  ]
}

const race = (context: SpecContext, steps: readonly Target[]): Asked => {
  const { invariants } = context.machine.machine
  if (!invariants.some(({ name }) => name === 'DataRace')) return NONE
  return {
    lines: [
      ...accessLines(context, steps),
      ...comment('Two threads are about to access one location, one of them to store, one of them plainly.'),
      'Conflict(A, B) == A[1] = B[1] /\\ (A[2] \\/ B[2]) /\\ (A[3] \\/ B[3])',
      '',
      'DataRace == \\A A, B \\in Threads : A = B \\/ ~Conflict(Access(A), Access(B))',
      '',
    ],
    invariants: ['DataRace'],
    properties: [],
  }
}

/** All that the machine has by name but what must stay possible, which is no property of behaviours. */
export const propertiesOf = (context: SpecContext, steps: readonly Target[]): Asked => {
  const { invariants } = context.machine.machine
  const byFile = context.program.properties.map((property) => own(context, property))
  const stated = new Set(context.program.properties.map(({ name }) => name))
  const faults = invariants.flatMap(({ name }) =>
    stated.has(name) || name === 'DataRace' ? [] : [fault(context, name as FaultKind)],
  )
  return together([...byFile, ...faults, race(context, steps)])
}

/** `Ended`: every thread that ends has ended, and all that they stored is visible. */
export const endedLines = (context: SpecContext): string[] => {
  if (!context.program.properties.some(({ kind }) => kind === 'finally')) return []
  const threads = context.machine.threads.filter(({ source }) => source.kind === 'thread')
  const conjuncts = threads.map(({ id: [kind, id], source }) => {
    const th = threadText(kind, id)
    return `${INDENT}/\\ pc[${th}] = "${source.function}_end" /\\ drained(${th})`
  })
  return ['Ended ==', ...conjuncts, '']
}

/** What the scheduler promises; of waits that no thread ever comes to there are no `actions`. */
export const fairnessLines = (context: SpecContext, actions: readonly string[]): string[] => {
  const strong = context.machine.threads.flatMap(({ id: [kind, id], code }) => {
    const labels = fairWaits(code).filter((label) => actions.includes(label))
    if (labels.length === 0) return []
    const th = threadText(kind, id)
    return wrapped(`/\\ SF_AsText(${labels.map((label) => `${label}(${th})`).join(' \\/ ')})`, WIDTH - INDENT.length)
  })
  return [
    ...comment('Does a step change anything? TLC compares texts, but no string with an integer.'),
    'AsText == <<pc, ToString(vars)>>',
    '',
    ...comment('Every thread goes on as long as it can, and its stores become visible.'),
    ...(strong.length === 0 ? [] : comment('Others who come and go keep nobody out of a lock for ever.')),
    'Fairness ==',
    `${INDENT}/\\ \\A th \\in Threads : WF_AsText(Step(th)) /\\ WF_AsText(commit(th))`,
    ...strong.map((line) => INDENT + line),
    '',
  ]
}
