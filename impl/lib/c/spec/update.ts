/** What a read-modify-write leaves at its location, and what it gives. */

import type { Instruction, Pure, Register } from '../program/ir.ts'
import { UNSIGNED_LONG } from '../program/types.ts'
import type { PointsTo } from '../run/points-to.ts'
import { mayPoint } from '../run/points-to.ts'
import { Writer } from './expression.ts'
import type { Term } from './term.ts'
import { compound, operand, term } from './term.ts'

type Update = Pick<Extract<Instruction, { kind: 'rmw' }>, 'update' | 'gives' | 'type' | 'address'>

/** Stand-ins for the old value and the arguments, which are no registers of the program. */
const OLD: Register = -1

const isEqual = (a: Term, b: Term, points: boolean): string =>
  points ? `Same(${a.text}, ${b.text})` : `${operand(a)} = ${operand(b)}`

/** An operator of C on the old value and an argument. */
const combined = (pointsTo: PointsTo, { update, type }: Update, old: Term, a: Term): Term => {
  const own = type.kind === 'int' ? type : UNSIGNED_LONG
  const writer = new Writer({
    pointsTo,
    read: (register) => (register === OLD ? old : a),
    mayBeUnset: () => false,
    thread: undefined,
    count: 0,
    numberOf: () => undefined,
    isAt: () => 'FALSE',
    setOf: () => '{}',
    where: { file: '', line: 1, column: 1 },
  })
  const argument: Pure = { kind: 'register', register: OLD - 1 }
  const operator = update === 'andnot' ? '&' : update === 'unless' ? '+' : update
  const right: Pure = update === 'andnot' ? { kind: 'unary', operator: '~', type: own, operand: argument } : argument
  if (operator === 'replace' || operator === 'compare') return a
  const pure: Pure = { kind: 'binary', operator, type: own, left: { kind: 'register', register: OLD }, right }
  return writer.value(own.bits < 32 ? { kind: 'convert', type: own, operand: pure } : pure)
}

/** By the old value, `old`; `writes`: whether it does, where that depends. */
export const updated = (
  pointsTo: PointsTo,
  instruction: Update,
  old: Term,
  values: readonly Term[],
  pures: readonly Pure[],
): { readonly written: Term; readonly given: Term; readonly writes: string | undefined } => {
  const { update, gives } = instruction
  const [a = old, b = old] = values
  const points =
    instruction.type.kind === 'pointer' ||
    pures.some((pure) => mayPoint(pointsTo.of(pure))) ||
    pointsTo.holdsPointer(instruction)
  const writes =
    update === 'compare' ? isEqual(old, a, points) : update === 'unless' ? `~(${isEqual(old, b, points)})` : undefined
  const now = update === 'replace' ? a : update === 'compare' ? b : combined(pointsTo, instruction, old, a)
  const written = writes === undefined ? now : compound(`IF ${writes} THEN ${now.text} ELSE ${old.text}`)
  return { written, given: givenBy(gives, old, written, writes), writes }
}

const givenBy = (gives: Update['gives'], old: Term, written: Term, writes: string | undefined): Term => {
  const asked = (condition: string): Term => term(`AsInt(${condition})`, { isNatural: true, condition })
  switch (gives) {
    case 'nothing':
      return term('0', { isNatural: true })
    case 'old':
      return old
    case 'new':
      return written
    case 'is-zero':
      return asked(`${operand(written)} = 0`)
    case 'is-negative':
      return asked(`${operand(written)} < 0`)
    case 'done':
      return asked(writes ?? 'TRUE')
  }
}
