/**
 * Expressions of C in TLA+. An expression over registers has an order in which it can go wrong: that is what its checks are, each to
 * be asked where those before it were not true.
 */

import { quote } from '../../kernel/language/value.ts'
import type { Place } from '../syntax/source.ts'
import type { BinaryOperator } from '../syntax/ast.ts'
import type { FaultKind, Pure, Register } from '../program/ir.ts'
import { refused } from '../program/refused.ts'
import type { IntType } from '../program/types.ts'
import { pointer } from '../program/value.ts'
import type { Possible, PointsTo } from '../run/points-to.ts'
import { elementAt } from '../program/place.ts'
import { mayPoint } from '../run/points-to.ts'
import type { Check, Term } from './term.ts'
import { compound, constantTerm, operand, term } from './term.ts'

/** What an expression is written for. */
export interface Scope {
  readonly pointsTo: PointsTo
  /** what a register is, where the expression stands */
  readonly read: (register: Register) => Term
  /** can it be that nothing was assigned to a register? */
  readonly mayBeUnset: (register: Register) => boolean
  /** the thread, `th`; undefined in properties */
  readonly thread: string | undefined
  readonly count: number
  readonly numberOf: (thread: string) => number | undefined
  /** that some thread of a name is at a label */
  readonly isAt: (thread: string, label: string) => string
  /** pointers to places, as a set */
  readonly setOf: (places: readonly string[]) => string
  /** for errors */
  readonly where: Place
}

export interface Condition {
  readonly text: string
  readonly isAtom: boolean
}

const COMPARISONS: Readonly<Partial<Record<BinaryOperator, string>>> = {
  '==': '=',
  '!=': '#',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/** Writes expressions, and gathers what has to be asked before. */
export class Writer {
  readonly checks: Check[] = []
  private readonly scope: Scope
  private guard: string | undefined

  constructor(scope: Scope) {
    this.scope = scope
  }

  check(when: string, fault: FaultKind): void {
    const full = this.guard === undefined ? when : `${this.guard} /\\ (${when})`
    const last = this.checks.at(-1)
    if (last?.fault !== fault) this.checks.push({ when: full, fault })
    else if (last.when !== full) this.checks[this.checks.length - 1] = { when: either(last.when, full), fault }
  }

  /** Writes what is looked at only where a condition holds. */
  private where<R>(condition: string, body: () => R): R {
    const outer = this.guard
    this.guard = outer === undefined ? `(${condition})` : `${outer} /\\ (${condition})`
    try {
      return body()
    } finally {
      this.guard = outer
    }
  }

  /** One that asks for nothing yet. */
  another(): Writer {
    return new Writer(this.scope)
  }

  /** Pointers to places, as a set. */
  setOf(places: readonly string[]): string {
    return this.scope.setOf(places)
  }

  possible(pure: Pure): Possible {
    return this.scope.pointsTo.of(pure)
  }

  // ------------------------------------------------------------------------------------------------------ conditions

  /** As a condition of TLA+. */
  condition(pure: Pure): Condition {
    switch (pure.kind) {
      case 'constant':
        return { text: pure.value === 0 ? 'FALSE' : 'TRUE', isAtom: true }
      case 'and':
      case 'or': {
        const left = this.condition(pure.left)
        const open = pure.kind === 'and' ? operand(left) : `~${operand(left)}`
        const right = this.where(open, () => this.condition(pure.right))
        return {
          text: `${operand(left)} ${pure.kind === 'and' ? '/\\' : '\\/'} ${operand(right)}`,
          isAtom: false,
        }
      }
      case 'unary':
        if (pure.operator === '!') return not(this.condition(pure.operand))
        break
      case 'convert':
        if (pure.type.bits === 1) return this.condition(pure.operand)
        break
      case 'binary':
        if (COMPARISONS[pure.operator] !== undefined) return this.comparison(pure)
        break
      case 'drained':
        return { text: `drained(Instance[${this.value(pure.thread).text}])`, isAtom: true }
      case 'interruptible':
        return { text: `${this.scope.thread ?? ''} \\in Interruptible`, isAtom: false }
      case 'at':
        return { text: this.scope.isAt(pure.thread, pure.label), isAtom: false }
      default:
    }
    return this.truth(this.value(pure), this.possible(pure))
  }

  private truth(value: Term, possible: Possible): Condition {
    if (typeof value.constant === 'number') return { text: value.constant === 0 ? 'FALSE' : 'TRUE', isAtom: true }
    if (value.condition !== undefined) return { text: value.condition, isAtom: false }
    if (!mayPoint(possible)) return { text: `${operand(value)} # 0`, isAtom: false }
    return { text: `${possible.isNumber ? 'IsTrue' : 'IsPointer'}(${value.text})`, isAtom: true }
  }

  private comparison({ operator, type, left, right }: Extract<Pure, { kind: 'binary' }>): Condition {
    const [a, b] = [this.possible(left), this.possible(right)]
    const isEquality = operator === '==' || operator === '!='
    const [l, r] = [this.number(left, type), this.number(right, type)]
    const decided = decidedBy(operator, l, r)
    if (decided !== undefined) return { text: decided ? 'TRUE' : 'FALSE', isAtom: true }
    if (mayPoint(a) || mayPoint(b)) {
      if (isEquality) return this.pointerEquality(operator, [l, a], [r, b])
      this.check(`IsPointer(${l.text}) \\/ IsPointer(${r.text})`, 'WrongPointer')
    }
    if (isEquality) return { text: `${operand(l)} ${COMPARISONS[operator] ?? ''} ${operand(r)}`, isAtom: false }
    const [x, y] = [exact(l, type), exact(r, type)]
    return { text: `${operand(x)} ${COMPARISONS[operator] ?? ''} ${operand(y)}`, isAtom: false }
  }

  private pointerEquality(
    operator: '==' | '!=',
    [l, a]: readonly [Term, Possible],
    [r, b]: readonly [Term, Possible],
  ): Condition {
    const isZero = (p: Possible): boolean => !mayPoint(p) && !p.isNumber
    const equal = ((): Condition => {
      if (isZero(b) && !a.isNumber) return not({ text: `IsPointer(${l.text})`, isAtom: true })
      if (isZero(a) && !b.isNumber) return not({ text: `IsPointer(${r.text})`, isAtom: true })
      const isAddress = (p: Possible): boolean => !p.isZero && !p.isNumber
      if (isAddress(a) && isAddress(b)) return { text: `${operand(l)} = ${operand(r)}`, isAtom: false }
      return { text: `Same(${l.text}, ${r.text})`, isAtom: true }
    })()
    return operator === '==' ? equal : not(equal)
  }

  // ------------------------------------------------------------------------------------------------------ values

  /** The value of C. */
  value(pure: Pure): Term {
    const value = this.any(pure, 64)
    return value.isExact ? value : exact(value, { bits: value.bits, signed: false })
  }

  /** An operand of arithmetic in a type: the value, or what is as good modulo 2^bits. */
  private number(pure: Pure, { bits }: Pick<IntType, 'bits'>): Term {
    const value = this.any(pure, bits)
    return value.bits < bits ? exact(value, { bits: value.bits, signed: false }) : value
  }

  private any(pure: Pure, bits: number): Term {
    switch (pure.kind) {
      case 'constant': {
        const found = constantTerm(pure.value, bits)
        if (found !== undefined) return found
        throw refused(
          'c-unsupported',
          this.scope.where,
          `${String(pure.value)} is more than TLC's integers hold, which have 32 bits`,
          'use a smaller constant; lockstep check takes it as it is, with the explorer',
        )
      }
      case 'register':
        if (this.scope.mayBeUnset(pure.register))
          this.check(`IsUnset(${this.scope.read(pure.register).text})`, 'Uninitialised')
        return this.scope.read(pure.register)
      case 'unary':
        return this.unary(pure)
      case 'binary':
        return COMPARISONS[pure.operator] === undefined ? this.arithmetic(pure) : asInt(this.condition(pure))
      case 'and':
      case 'or':
      case 'drained':
      case 'interruptible':
      case 'at':
        return asInt(this.condition(pure))
      case 'conditional':
        return this.conditional(pure)
      case 'convert':
        return this.convert(pure)
      case 'self':
        return term(`Number[${this.scope.thread ?? ''}]`, { isNatural: true })
      case 'count':
        return term(String(this.scope.count), { isNatural: true })
      case 'thread': {
        const number = this.scope.numberOf(pure.name)
        if (number === undefined) this.check('TRUE', 'WrongPointer')
        return term(String(number ?? 0), { isNatural: true })
      }
      default:
        return this.pointer(pure)
    }
  }

  private unary({ operator, type, operand: inner }: Extract<Pure, { kind: 'unary' }>): Term {
    if (operator === '!') return asInt(not(this.condition(inner)))
    const value = this.number(inner, type)
    if (operator === '+') return value
    const isExact = type.signed && value.isExact
    if (operator === '~') return compound(`Not(${value.text})`, { isAtom: true, isExact, bits: type.bits })
    if (mayPoint(this.possible(inner))) this.check(`IsPointer(${value.text})`, 'WrongPointer')
    return compound(`-${operand(value)}`, { isExact, bits: type.bits })
  }

  private conditional({ condition, yes, no }: Extract<Pure, { kind: 'conditional' }>): Term {
    const open = this.condition(condition)
    const y = this.where(operand(open), () => this.value(yes))
    const n = this.where(`~${operand(open)}`, () => this.value(no))
    return compound(`IF ${open.text} THEN ${y.text} ELSE ${n.text}`, { isNatural: y.isNatural && n.isNatural })
  }

  private convert({ type, operand: inner }: Extract<Pure, { kind: 'convert' }>): Term {
    if (type.bits === 1) return asInt(this.condition(inner))
    const possible = this.possible(inner)
    const value = this.any(inner, type.bits)
    const number = converted(value, type)
    if (!mayPoint(possible) || number.text === value.text) return number
    return compound(`IF IsPointer(${value.text}) THEN ${value.text} ELSE ${number.text}`)
  }

  private arithmetic({ operator, type, left, right }: Extract<Pure, { kind: 'binary' }>): Term {
    const isShift = operator === '<<' || operator === '>>'
    const l = this.number(left, type)
    const r = isShift ? this.value(right) : this.number(right, type)
    const points = mayPoint(this.possible(left)) || mayPoint(this.possible(right))
    if (!points) return this.onIntegers(operator, type, l, r)
    const arguments_ = `"${operator}", ${l.text}, ${r.text}`
    const isEither = `IsPointer(${l.text}) \\/ IsPointer(${r.text})`
    this.check(`(${isEither}) /\\ ~Combines(${arguments_})`, 'WrongPointer')
    const number = this.where(`~(${isEither})`, () => this.onIntegers(operator, type, l, r))
    return compound(`IF ${isEither} THEN Combined(${arguments_}) ELSE ${exact(number, type).text}`)
  }

  private onIntegers(operator: BinaryOperator, type: IntType, l: Term, r: Term): Term {
    const { bits, signed } = type
    const areExact = l.isExact && r.isExact
    const areNatural = l.isNatural && r.isNatural
    const call = (name: string, a: Term, b: Term, more: Partial<Term>): Term =>
      term(`${name}(${a.text}, ${b.text})`, { bits, ...more })
    switch (operator) {
      case '+':
      case '*':
        return compound(`${operand(l)} ${operator} ${operand(r)}`, {
          bits,
          isNatural: areNatural,
          isExact: areExact && (signed || areNatural),
        })
      case '-':
        return compound(`${operand(l)} - ${operand(r)}`, { bits, isExact: areExact && signed })
      case '&': {
        const isNatural = (l.isExact && l.isNatural) || (r.isExact && r.isNatural)
        return call('And', l, r, { isNatural, isExact: isNatural || (areExact && signed) })
      }
      case '|':
        return call('Or', l, r, { isNatural: areNatural, isExact: areExact && (signed || areNatural) })
      case '^':
        return call('Xor', l, r, { isNatural: areNatural, isExact: areExact && (signed || areNatural) })
      case '/':
      case '%': {
        const [x, y] = [exact(l, type), exact(r, type)]
        if (y.constant === undefined || y.constant === 0) this.check(`${operand(y)} = 0`, 'Arithmetic')
        return call(operator === '/' ? 'Div' : 'Rem', x, y, { isNatural: areNatural })
      }
      default: {
        if (r.constant === undefined || Number(r.constant) < 0 || Number(r.constant) >= bits)
          this.check(`${operand(r)} \\notin 0..${bits - 1}`, 'Arithmetic')
        if (operator === '>>') return call('Shr', exact(l, type), r, { isNatural: l.isNatural })
        return call('Shl', l, r, { isNatural: l.isNatural, isExact: l.isExact && (signed || l.isNatural) })
      }
    }
  }

  // ------------------------------------------------------------------------------------------------------ pointers

  private pointer(
    pure: Extract<Pure, { kind: 'field' | 'decay' | 'element' | 'distance' | 'container' | 'local' }>,
  ): Term {
    switch (pure.kind) {
      case 'local': {
        const before = `&${pure.object}@`
        return stringOf({ before, index: `Index[${this.scope.thread ?? ''}]`, after: '', length: undefined })
      }
      case 'distance':
        return this.distance(pure)
      case 'element':
        return this.element(pure)
      default:
        return this.step(pure)
    }
  }

  /** What goes wrong where a pointer is none, whatever it is to lead to. */
  private addressed(value: Term, { isZero, isNumber }: Possible, unless = ''): void {
    if (isZero) this.check(`${unless}IsNull(${value.text})`, 'NullPointer')
    if (isNumber) this.check(`${unless}~IsPointer(${value.text})`, 'WrongPointer')
  }

  /** A field, the first element, or what is around. */
  private step(pure: Extract<Pure, { kind: 'field' | 'decay' | 'container' }>): Term {
    const value = this.value(pure.pointer)
    const possible = this.possible(pure.pointer)
    this.addressed(value, possible)
    const targets = [...possible.places].flatMap((place): (readonly [string, string])[] => {
      const to = this.scope.pointsTo.stepped(pure, place)
      return to === undefined ? [] : [[place, to]]
    })
    if (pure.kind === 'field') this.checkStruct(value, possible, targets)
    const after = pure.kind === 'field' ? `.${pure.field}` : '[0]'
    if (value.path !== undefined && pure.kind !== 'container')
      return stringOf({ ...value.path, after: value.path.after + after })
    const [first] = targets
    if (first !== undefined && new Set(targets.map(([, to]) => to)).size === 1 && !possible.isOutside)
      return term(quote(String(pointer(first[1]))), { constant: pointer(first[1]) })
    const isPlain = pure.kind !== 'container' && targets.every(([place, to]) => to === place + after)
    if (isPlain) return compound(`${operand(value)} \\o ${quote(after)}`)
    const cases = targets.map(([place, to]) => `${operand(value)} = ${str(place)} -> ${str(to)}`)
    return compound(cases.length === 0 ? quote('&') : `CASE ${cases.join(' [] ')}`)
  }

  private checkStruct(value: Term, possible: Possible, targets: readonly (readonly [string, string])[]): void {
    const { path } = value
    if (path !== undefined) {
      if (path.length !== undefined) this.check(`${path.index} \\notin 0..${path.length - 1}`, 'OutOfBounds')
      return
    }
    const { pointsTo } = this.scope
    const right = targets.map(([place]) => place)
    const outside = [...possible.places].filter((place) => pointsTo.isOutside(place))
    const wrong = [...possible.places].filter((place) => !right.includes(place) && !outside.includes(place))
    const isOneOf = (places: readonly string[]): string =>
      right.length + outside.length + wrong.length === places.length && !possible.isOutside
        ? 'TRUE'
        : `${operand(value)} \\in ${this.scope.setOf(places)}`
    if (wrong.length > 0) this.check(isOneOf(wrong), 'WrongPointer')
    if (outside.length > 0) this.check(isOneOf(outside), 'OutOfBounds')
    // an element further out than one behind the last
    if (possible.isOutside)
      this.check(`${operand(value)} \\notin ${this.scope.setOf([...possible.places])}`, 'OutOfBounds')
    else if (right.length + outside.length + wrong.length === 0) this.check('TRUE', 'WrongPointer')
  }

  private element({ pointer: base, index }: Extract<Pure, { kind: 'element' }>): Term {
    const value = this.value(base)
    if (index.kind === 'constant' && index.value === 0) return value
    const by = this.value(index)
    const possible = this.possible(base)
    const elements = [...possible.places].map((place) => elementAt(place))
    const [only] = elements
    const isKnown = possible.places.size === 1 && only !== undefined && !possible.isOutside
    const isMoved = index.kind === 'constant' ? '' : `${operand(by)} # 0 /\\ `
    this.addressed(value, possible, isMoved)
    if (isKnown && !possible.isZero && !possible.isNumber) {
      const [array, first] = only
      const length = this.scope.pointsTo.lengthOf(array)
      const i = first === 0 ? by.text : `${first} + ${operand(by)}`
      return stringOf({ before: `&${array}[`, index: i, after: ']', length })
    }
    if (elements.some((element) => element === undefined) || possible.isOutside) {
      const there = [...possible.places].filter((place) => elementAt(place) !== undefined)
      this.check(`${isMoved}${operand(value)} \\notin ${this.scope.setOf(there)}`, 'OutOfBounds')
    }
    this.noteMoved(possible)
    return compound(`Moved(${value.text}, ${by.text})`, { isAtom: true })
  }

  private noteMoved({ places }: Possible): void {
    for (const place of places) {
      const element = elementAt(place)
      if (element !== undefined) this.scope.pointsTo.moved.add(element[0])
    }
  }

  private distance({ left, right }: Extract<Pure, { kind: 'distance' }>): Term {
    const [l, r] = [this.value(left), this.value(right)]
    const differ = `~Same(${l.text}, ${r.text}) /\\ `
    this.addressed(l, this.possible(left), differ)
    this.addressed(r, this.possible(right), differ)
    this.check(`${differ}~InOneArray(${l.text}, ${r.text})`, 'WrongPointer')
    this.noteMoved(this.possible(left))
    this.noteMoved(this.possible(right))
    return term(`Distance(${l.text}, ${r.text})`)
  }
}

// --------------------------------------------------------------------------------------------------------- helpers

/** Between two small constants, e.g. where a loop begins. */
const decidedBy = (operator: BinaryOperator, l: Term, r: Term): boolean | undefined => {
  const [a, b] = [l.constant, r.constant]
  if (typeof a !== 'number' || typeof b !== 'number' || !l.isExact || !r.isExact) return undefined
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    default:
      return a >= b
  }
}

const str = (place: string): string => quote(String(pointer(place)))

/** One or the other; of one that is such a choice already, each part has its parentheses. */
const either = (one: string, other: string): string =>
  `${one.startsWith('(') && one.includes(') \\/ (') ? one : `(${one})`} \\/ (${other})`

export const not = ({ text, isAtom }: Condition): Condition =>
  text === 'TRUE' || text === 'FALSE'
    ? { text: text === 'TRUE' ? 'FALSE' : 'TRUE', isAtom: true }
    : text.startsWith('~') && isAtom
      ? { text: text.slice(1), isAtom: true }
      : { text: `~${operand({ text, isAtom })}`, isAtom: true }

const asInt = ({ text }: Condition): Term => term(`AsInt(${text})`, { isNatural: true, condition: text })

/** The name of a type, as the kernel has it: the operator that makes a value one of it. */
const typeWord = ({ bits, signed }: Pick<IntType, 'bits' | 'signed'>): string => `${signed ? 's' : 'u'}${bits}`

/** The value of C of what is only the same modulo 2^bits. */
const exact = (value: Term, { bits, signed }: { readonly bits: number; readonly signed: boolean }): Term =>
  value.isExact ? value : term(`${signed ? 's' : 'u'}${bits}(${value.text})`, { isNatural: !signed })

const converted = (value: Term, type: IntType): Term => {
  const { bits, signed } = type
  const isNatural = !signed
  if (bits < 32) return term(`${typeWord(type)}(${value.text})`, { isNatural })
  if (value.isExact) {
    if (signed || value.isNatural) return { ...value, bits }
    return { ...value, isExact: false, bits, constant: undefined }
  }
  if (bits <= value.bits) return { ...value, isExact: signed, bits, constant: undefined }
  return exact(value, { bits: value.bits, signed: false })
}

/** A pointer of which only an index is not known. */
const stringOf = (path: Term['path'] & object): Term => {
  const { before, index, after } = path
  const parts = [quote(before), `ToString(${index})`, ...(after === '' ? [] : [quote(after)])]
  return compound(parts.join(' \\o '), { path })
}
