/** Where threads begin: what each does by itself before its first step. */

import { quote } from '../../kernel/language/value.ts'
import type { Register } from '../program/ir.ts'
import { idleLabel } from '../run/arrival.ts'
import type { SpecContext } from './context.ts'
import type { Term } from './term.ts'
import { term } from './term.ts'
import { INDENT, WIDTH } from './text.ts'
import type { Change, Tree } from './tree.ts'
import { treeLines } from './tree.ts'
import { Walk } from './walk.ts'
import type { Ends } from './way.ts'
import { beginning } from './way.ts'

/** Of the threads of one name. */
export interface Start {
  /** the label of the first step, in TLA+ */
  readonly label: string
  /** registers that have a value there */
  readonly fields: readonly string[]
  /** the operator that gives them, as a record */
  readonly operator: string
  readonly lines: readonly string[]
}

/** Ways end in records; of one that lacks a field the register has no value. */
const recordsOf = (fields: readonly string[], found: Set<string>): Ends => {
  const record = (label: string, changes: readonly Change[]): Tree => {
    for (const { variable } of changes) found.add(variable)
    const values = new Map(changes.map(({ variable, value }) => [variable, value]))
    const rest = fields.map((name) => `${name} |-> ${values.get(name) ?? 'UNSET'}`)
    return { kind: 'value', text: `[${[`pc |-> "${label}"`, ...rest].join(', ')}]` }
  }
  return {
    step: record,
    fault: (label) => record(label, []),
    answer: () => {
      throw new RangeError('a thread returns from its own function')
    },
  }
}

const startOf = (context: SpecContext, thread: string, name: string): Start => {
  const f = context.functionNamed(name)
  const given = new Map<Register, Term>(f.parameters.map((register) => [register, term('th[2]', { isNatural: true })]))
  const walk = (fields: readonly string[], operator: string) => {
    const found = new Set<string>()
    const result = new Walk(context, {
      name: `${operator}_on`,
      thread: 'th',
      block: undefined,
      before: () => term('UNSET', { constant: '?' }),
      ends: recordsOf(fields, found),
      isWhole: false,
    }).run(beginning(f.entry, { registers: given, names: new Set(['th']) }))
    return { ...result, found: [...found] }
  }
  const operator = context.operatorName(`${name}_start`)
  const first = walk([], operator)
  context.forget(first.continuations.map((c) => c.name))
  const { tree, continuations } = walk(first.found, operator)
  const [, plain] = (tree.kind === 'value' ? /^\[pc \|-> ("[^"]*")\]$/.exec(tree.text) : null) ?? []
  if (plain !== undefined) return { label: plain, fields: [], operator: '', lines: [] }
  const body = (own: Tree): string[] => treeLines(own, WIDTH - INDENT.length, () => []).map((line) => INDENT + line)
  return {
    label: `${operator}(th).pc`,
    fields: first.found,
    operator,
    lines: [
      ...continuations.map((c) => `RECURSIVE ${c.name}(${c.parameters.map(() => '_').join(', ')})`),
      ...continuations.flatMap((c) => [`${c.name}(${c.parameters.join(', ')}) ==`, ...body(c.tree), '']),
      `\\* ${thread}: up to its first step`,
      `${operator}(th) ==`,
      ...body(tree),
      '',
    ],
  }
}

/** By the name of the threads. */
export const startsOf = (context: SpecContext): ReadonlyMap<string, Start> =>
  new Map(
    context.program.threads.map((thread): [string, Start] => {
      const { name, function: f, kind } = thread
      if (kind !== 'interrupt') return [name, startOf(context, name, f)]
      return [name, { label: quote(idleLabel(context.program, thread)), fields: [], operator: '', lines: [] }]
    }),
  )

export const startLines = (starts: ReadonlyMap<string, Start>): string[] =>
  [...starts.values()].flatMap(({ lines }) => lines)
