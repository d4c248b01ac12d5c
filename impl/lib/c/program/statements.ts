/** C's statements. */

import type { BlockStatement, Expr, Statement } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import type { FunctionContext, Loop, Switch, Typed } from './context.ts'
import { constant, rvalue } from './context.ts'
import { declare } from './declarations.ts'
import type { Jump } from './emitter.ts'
import type { Pure } from './ir.ts'
import { blockOf } from './model-calls.ts'
import { refused } from './refused.ts'
import { INT, promoted, typeName, VOID } from './types.ts'
import { constantOf } from './typing.ts'
import { fromInteger, integerOf, wrapped } from './value.ts'
import { converted, copyInto, truth } from './values.ts'

const NOTHING: Typed = { value: constant(0), type: VOID }

/** A block whose last statement is its value, if that is an expression. */
export const lowerBlockValue = (f: FunctionContext, block: BlockStatement): Typed =>
  f.within(() => {
    const last = block.body.at(-1)
    for (const statement of block.body.slice(0, -1)) lowerStatement(f, statement)
    if (last?.kind === 'expression') return rvalue(f, last.expr)
    if (last !== undefined) lowerStatement(f, last)
    return NOTHING
  })

/** A statement, with the steps that it takes. */
export const lowerStatement = (f: FunctionContext, statement: Statement): void => {
  switch (statement.kind) {
    case 'block':
      f.within(() => {
        for (const inner of statement.body) lowerStatement(f, inner)
      })
      return
    case 'declare':
      for (const declaration of statement.declarations) declare(f, declaration)
      return
    case 'expression':
      rvalue(f, statement.expr)
      return
    case 'empty':
      return
    case 'if':
      lowerIf(f, statement)
      return
    case 'while':
    case 'do':
    case 'for':
      f.within(() => {
        lowerLoop(f, statement)
      })
      return
    case 'switch':
      lowerSwitch(f, statement)
      return
    case 'case':
      lowerCase(f, statement)
      return
    case 'label':
      lowerLabel(f, statement)
      return
    case 'goto':
      f.gotos.push({ label: statement.label, jump: f.emitter.jump(), span: statement.span })
      refuseInBlock(f, statement.span, 'goto')
      return
    case 'break':
    case 'continue':
      lowerLeaving(f, statement)
      return
    case 'return':
      lowerReturn(f, statement)
  }
}

const refuseInBlock = (f: FunctionContext, span: Span, what: string): void => {
  if (f.blocks > (f.inlined?.blocks ?? 0))
    throw refused(
      'c-unsupported',
      span,
      `${what} within a step`,
      'leave LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its end, break, continue or return',
    )
}

// ------------------------------------------------------------------------------------------------------------ branches

/** Can something jump into it from outside? */
const hasLabel = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.some(hasLabel)
  if (typeof node !== 'object' || node === null) return false
  const { kind } = node as { kind?: unknown }
  if (kind === 'label' || kind === 'case') return true
  return Object.entries(node).some(([key, value]) => key !== 'span' && hasLabel(value))
}

const lowerIf = (f: FunctionContext, { condition, yes, no, span }: Extract<Statement, { kind: 'if' }>): void => {
  const { emitter } = f
  const block = blockOf(condition)
  if (block !== undefined) {
    emitter.emit({ kind: 'block', drained: block === 'atomic', site: f.site(span) })
    f.blocks += 1
    lowerStatement(f, yes)
    f.blocks -= 1
    emitter.emit({ kind: 'leave' })
    return
  }
  const value = truth(f, condition)
  // what a constant leaves out is not there: LOCKSTEP_OPTIONAL, or a variant by -D
  const [taken, left] = value.kind === 'constant' && value.value === 0 ? [no, yes] : [yes, no]
  if (value.kind === 'constant' && !hasLabel(left)) {
    if (taken !== undefined) lowerStatement(f, taken)
    return
  }
  const branch = emitter.branch(value, condition.span)
  branch.yes(emitter.here)
  lowerStatement(f, yes)
  if (no === undefined) {
    branch.no(emitter.here)
    return
  }
  const end = emitter.jump()
  branch.no(emitter.here)
  lowerStatement(f, no)
  end(emitter.here)
}

type LoopStatement = Extract<Statement, { kind: 'while' | 'do' | 'for' }>

const fillIn = (jumps: readonly Jump[], to: number): void => {
  for (const jump of jumps) jump(to)
}

const lowerLoop = (f: FunctionContext, statement: LoopStatement): void => {
  const { emitter } = f
  if (statement.kind === 'for' && statement.initial !== undefined) lowerStatement(f, statement.initial)
  const loop = { breaks: [] as Jump[], continues: [] as Jump[], blocks: f.blocks } satisfies Loop
  const start = emitter.here
  const out = statement.kind === 'do' ? undefined : leaving(f, statement.condition)
  f.loops.push(loop)
  lowerStatement(f, statement.body)
  f.loops.pop()
  fillIn(loop.continues, emitter.here)
  if (statement.kind === 'for' && statement.step !== undefined) rvalue(f, statement.step)
  if (statement.kind === 'do') {
    const again = emitter.branch(truth(f, statement.condition), statement.condition.span)
    again.yes(start)
    again.no(emitter.here)
  } else emitter.jump()(start)
  out?.(emitter.here)
  fillIn(loop.breaks, emitter.here)
}

/** Leaves a loop where its condition is false; never where there is none, or one that is always true. */
const leaving = (f: FunctionContext, condition: Expr | undefined): Jump | undefined => {
  if (condition === undefined) return undefined
  const value = truth(f, condition)
  if (value.kind === 'constant' && value.value !== 0) return undefined
  const branch = f.emitter.branch(value, condition.span)
  branch.yes(f.emitter.here)
  return branch.no
}

const lowerLeaving = (f: FunctionContext, { kind, span }: Extract<Statement, { kind: 'break' | 'continue' }>): void => {
  const loop = f.loops.findLast(({ continues }) => kind === 'break' || continues !== undefined)
  const jumps = kind === 'break' ? loop?.breaks : loop?.continues
  if (loop === undefined || jumps === undefined)
    throw refused('c-type', span, `${kind} outside of a loop`, 'take it out')
  f.leave(loop.blocks)
  jumps.push(f.emitter.jump())
}

const lowerSwitch = (f: FunctionContext, { value, body, span }: Extract<Statement, { kind: 'switch' }>): void => {
  const { emitter } = f
  const typed = rvalue(f, value)
  if (typed.type.kind !== 'int')
    throw refused('c-type', value.span, `a switch on a ${typeName(typed.type)}`, 'switch on an integer')
  const type = promoted(typed.type)
  const register = f.temporary(span, type)
  emitter.set(register, typed.value, span)
  const dispatch = emitter.jump()
  const loop = { breaks: [] as Jump[], continues: undefined, blocks: f.blocks } satisfies Loop
  const labels: Switch['labels'] = []
  f.loops.push(loop)
  f.cases.push({ type, labels, blocks: f.blocks })
  lowerStatement(f, body)
  f.cases.pop()
  f.loops.pop()
  const end = emitter.jump()
  dispatch(emitter.here)
  for (const label of labels) {
    if (label.value === undefined) continue
    const wanted: Pure = { kind: 'constant', value: fromInteger(label.value) }
    const left: Pure = { kind: 'register', register }
    const branch = emitter.branch({ kind: 'binary', operator: '==', type: INT, left, right: wanted }, label.span)
    branch.yes(label.at)
    branch.no(emitter.here)
  }
  const last = emitter.jump()
  end(emitter.here)
  last(labels.find((label) => label.value === undefined)?.at ?? emitter.here)
  fillIn(loop.breaks, emitter.here)
}

const lowerCase = (f: FunctionContext, { value, span }: Extract<Statement, { kind: 'case' }>): void => {
  const around = f.cases.at(-1)
  if (around === undefined) throw refused('c-type', span, 'a case outside of a switch', 'take it out')
  if (f.blocks > around.blocks)
    throw refused(
      'c-unsupported',
      span,
      'a case within a step',
      'enter LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its beginning',
    )
  // as C has it, in the type of what is switched on
  const number = value === undefined ? undefined : integerOf(wrapped(around.type, fromInteger(constantOf(f, value))))
  if (around.labels.some((label) => label.value === number))
    throw refused(
      'c-duplicate',
      span,
      number === undefined ? 'there are two defaults in the switch' : `there are two cases ${number} in the switch`,
      'take one of them out',
    )
  around.labels.push({ value: number, at: f.emitter.here, span })
}

const lowerLabel = (f: FunctionContext, { name, span }: Extract<Statement, { kind: 'label' }>): void => {
  if (f.labels.has(name))
    throw refused('c-duplicate', span, `there are two labels ${name}`, 'give one of them another name')
  f.labels.set(name, { at: f.emitter.here, blocks: f.blocks })
  // a property asks whether the thread is here: it must be possible to be
  if (!f.program.asked.has(`${f.callee?.definition.name ?? ''}:${name}`)) return
  refuseInBlock(f, span, 'a label that LOCKSTEP_AT() asks for')
  f.emitter.emit({ kind: 'fence', fence: 'none', site: f.site(span, `${f.name}_${name}`) })
}

const lowerReturn = (f: FunctionContext, { value, span }: Extract<Statement, { kind: 'return' }>): void => {
  const { emitter, inlined, callee } = f
  const { result, resultType, resultPlace } = inlined ?? callee ?? {}
  if (value !== undefined) {
    const typed = rvalue(f, value)
    if (result !== undefined && resultType !== undefined) {
      const given = converted(typed, resultType, span)
      // a struct is put where the caller finds it: the local that it comes from is gone then
      if (resultPlace !== undefined) copyInto(f, resultPlace, given, resultType, span)
      emitter.set(result, resultPlace ?? given, span)
    } else if (typed.type.kind !== 'void')
      throw refused('c-type', span, 'a value is returned, and the function has none', 'give the function its type')
  } else if (result !== undefined)
    throw refused('c-type', span, 'nothing is returned, and the function has a value', 'return one')
  f.leave(inlined?.blocks ?? 0)
  if (inlined !== undefined) inlined.ends.push(emitter.jump())
  else if (callee !== undefined) emitter.emit({ kind: 'return', link: callee.link, at: span })
}
