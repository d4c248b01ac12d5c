/** What a file says to its model: the calls that the macros of lockstep.h become. */

import type { Expr } from '../syntax/ast.ts'
import type { FunctionContext, Typed } from './context.ts'
import { constant, rvalue } from './context.ts'
import { folded } from './evaluate.ts'
import { truth } from './values.ts'
import { isThread, roleOf } from './roles.ts'
import type { FaultKind, Pure } from './ir.ts'
import { refused } from './refused.ts'
import type { CType } from './types.ts'
import { INT, pointerTo, VOID } from './types.ts'
import { constantOf, typeOfSyntax } from './typing.ts'

type Call = Extract<Expr, { kind: 'call' }>
type Handler = (f: FunctionContext, call: Call) => Typed

const NOTHING: Typed = { value: constant(0), type: VOID }

/** Values that a choice has at most. */
const MOST_CHOICES = 64

const argument = (call: Call, i: number): Expr => {
  const expr = call.args[i]
  if (expr !== undefined) return expr
  throw refused('c-type', call.span, `${call.span.text} lacks its argument ${i + 1}`, 'see lockstep.h')
}

const textOf = (expr: Expr): string => {
  if (expr.kind === 'string') return expr.value
  throw refused('c-type', expr.span, 'no string', 'use the macro of lockstep.h')
}

const failing =
  (fault: FaultKind, failsOn: boolean, what: (text: string) => string): Handler =>
  (f, call) => {
    const { span } = call
    const condition = truth(f, argument(call, 0))
    const site = f.site(span, `${f.name}_L${span.line}_fails`)
    const { yes, no } = f.emitter.branch(condition, span, site.label)
    const [fails, holds] = failsOn ? [yes, no] : [no, yes]
    fails(f.emitter.here)
    f.emitter.emit({ kind: 'fault', fault, message: what(span.text), site })
    holds(f.emitter.here)
    // WARN_ON() has the value of its condition, which is false where the program goes on
    return { value: constant(0), type: INT }
  }

const awaiting: Handler = (f, call) => {
  const { span } = call
  const alone = f.blocks === 0
  if (alone) {
    f.emitter.emit({ kind: 'block', drained: false, site: f.site(span) })
    f.blocks += 1
  }
  const condition = truth(f, argument(call, 0))
  f.emitter.emit({ kind: 'await', condition, text: argument(call, 0).span.text, at: span })
  if (alone) {
    f.emitter.emit({ kind: 'leave' })
    f.blocks -= 1
  }
  return NOTHING
}

const choosing: Handler = (f, call) => {
  const { span } = call
  if (f.blocks > 0)
    throw refused(
      'c-unsupported',
      span,
      'a choice within a step',
      'choose before LOCKSTEP_ATOMIC or LOCKSTEP_STEP, into a local',
    )
  const count = constantOf(f, argument(call, 0))
  if (count < 1n || count > BigInt(MOST_CHOICES))
    throw refused('c-constant', span, `a choice between ${count} values`, `1 to ${MOST_CHOICES} are possible`)
  const register = f.temporary(span, INT)
  f.emitter.emit({ kind: 'choose', register, count: Number(count), site: f.site(span) })
  f.emitter.marked += 1
  return { value: { kind: 'register', register }, type: INT }
}

/** The fields from a struct to a member of it, outermost first, and the struct's type. */
const memberPath = (f: FunctionContext, expr: Expr): { readonly type: CType; readonly path: readonly string[] } => {
  if (expr.kind === 'member') {
    const { type, path } = memberPath(f, expr.object)
    return { type, path: [...path, expr.field] }
  }
  if (expr.kind === 'cast') {
    const type = typeOfSyntax(f, expr.type)
    if (type.kind === 'pointer') return { type: type.to, path: [] }
  }
  throw refused(
    'c-unsupported',
    expr.span,
    'a member that container_of() does not know',
    'name a field, or a field of a field',
  )
}

const container: Handler = (f, call) => {
  const member = argument(call, 1)
  const { type, path } = memberPath(f, member.kind === 'address' ? member.operand : member)
  if (type.kind !== 'struct')
    throw refused(
      'c-type',
      call.span,
      'container_of() of what is no struct',
      'container_of(pointer, struct type, member)',
    )
  const { value } = rvalue(f, argument(call, 0))
  return { value: folded({ kind: 'container', pointer: value, struct: type, path }), type: pointerTo(type) }
}

/** The name of a thread that there is. */
const threadNamed = (f: FunctionContext, call: Call): string => {
  const name = textOf(argument(call, 0))
  const binding = f.scope.find(name)
  if (binding?.kind === 'function' && isThread(binding.definition)) return name
  throw refused(
    'c-unknown',
    call.span,
    `there is no thread ${name}`,
    'name one that LOCKSTEP_THREAD() or its kin defines',
  )
}

const labelsIn = (node: unknown): readonly string[] => {
  if (Array.isArray(node)) return node.flatMap(labelsIn)
  if (typeof node !== 'object' || node === null) return []
  const { kind, name } = node as { kind?: unknown; name?: unknown }
  if (kind === 'label' && typeof name === 'string') return [name]
  return Object.entries(node).flatMap(([key, value]) => (key === 'span' ? [] : labelsIn(value)))
}

/** A label of the thread, which a property asks about. */
const labelOf = (f: FunctionContext, call: Call): string => {
  const [thread, label] = [threadNamed(f, call), textOf(argument(call, 1))]
  if (f.callee === undefined || isThread(f.callee.definition) || roleOf(f.callee.definition) === undefined)
    throw refused(
      'c-unsupported',
      call.span,
      'LOCKSTEP_AT() outside of a property',
      'use it in LOCKSTEP_INVARIANT() and its kin: a thread does not see where another is',
    )
  const binding = f.scope.find(thread)
  const labels = binding?.kind === 'function' ? labelsIn(binding.definition.body) : []
  if (labels.includes(label)) return label
  throw refused(
    'c-unknown',
    call.span,
    `there is no label ${label} in ${thread}`,
    labels.length > 0 ? `it has ${labels.join(', ')}` : 'write LOCKSTEP_LABEL(name) in it, before a statement',
  )
}

const pure =
  (value: Pure): Handler =>
  () => ({ value, type: INT })

const misplaced: Handler = (_f, call) => {
  throw refused(
    'c-unsupported',
    call.span,
    `${call.span.text} outside of an if`,
    'use LOCKSTEP_ATOMIC { } or LOCKSTEP_STEP { }',
  )
}

/** By name. */
export const MODEL_CALLS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['__lockstep_assert', failing('Assertion', false, (text) => `${text} fails`)],
  ['__lockstep_bug', failing('BugOn', true, (text) => `${text} is hit`)],
  ['__lockstep_warn', failing('WarnOn', true, (text) => `${text} is hit`)],
  ['__lockstep_await', awaiting],
  ['__lockstep_choose', choosing],
  ['__lockstep_self', pure({ kind: 'self' })],
  ['__lockstep_count', pure({ kind: 'count' })],
  ['__lockstep_interruptible', pure({ kind: 'interruptible' })],
  ['__lockstep_thread', (f, call) => ({ value: { kind: 'thread', name: threadNamed(f, call) }, type: INT })],
  [
    '__lockstep_drained',
    (f, call) => ({ value: { kind: 'drained', thread: rvalue(f, argument(call, 0)).value }, type: INT }),
  ],
  [
    '__lockstep_optional',
    (f, call) => {
      const name = textOf(argument(call, 0))
      f.program.optional.add(name)
      return { value: constant(f.program.isOn(name) ? 1 : 0), type: INT }
    },
  ],
  ['__lockstep_container', container],
  [
    '__lockstep_at',
    (f, call) => ({ value: { kind: 'at', thread: threadNamed(f, call), label: labelOf(f, call) }, type: INT }),
  ],
  ['__lockstep_atomic', misplaced],
  ['__lockstep_step', misplaced],
])

/** Is the condition of an `if` what LOCKSTEP_ATOMIC or LOCKSTEP_STEP becomes? */
export const blockOf = (condition: Expr): 'atomic' | 'step' | undefined => {
  if (condition.kind !== 'call' || condition.callee.kind !== 'name') return undefined
  if (condition.callee.name === '__lockstep_atomic') return 'atomic'
  return condition.callee.name === '__lockstep_step' ? 'step' : undefined
}
