/** The expressions of `#if`: constants of 64 bits, with signs as in C, without names. */

import { errorAtToken, quoted } from './error.ts'
import { LIMITS } from './limits.ts'
import { characterOf, integerOf } from './literal.ts'
import type { Token } from './token.ts'

interface Value {
  readonly value: bigint
  readonly unsigned: boolean
}

const LEVELS: ReadonlyMap<string, number> = new Map([
  ...['*', '/', '%'].map((o) => [o, 10] as const),
  ...['+', '-'].map((o) => [o, 9] as const),
  ...['<<', '>>'].map((o) => [o, 8] as const),
  ...['<', '<=', '>', '>='].map((o) => [o, 7] as const),
  ...['==', '!='].map((o) => [o, 6] as const),
  ['&', 5],
  ['^', 4],
  ['|', 3],
  ['&&', 2],
  ['||', 1],
])

const wrapped = (value: bigint, unsigned: boolean): Value => ({
  value: unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value),
  unsigned,
})

const truth = (holds: boolean): Value => ({ value: holds ? 1n : 0n, unsigned: false })

class Condition {
  private readonly tokens: readonly Token[]
  private readonly directive: Token
  private at = 0
  private depth = 0

  constructor(tokens: readonly Token[], directive: Token) {
    this.tokens = tokens
    this.directive = directive
  }

  result(): boolean {
    const { value } = this.conditional(true)
    const rest = this.tokens[this.at]
    if (rest !== undefined) this.bad(rest, `${quoted(rest)} where the condition should have ended`)
    return value !== 0n
  }

  private bad(token: Token | undefined, message: string): never {
    const hint = 'The condition of #if is made of integers, operators, macros and defined NAME.'
    throw errorAtToken('c-preprocessor', token ?? this.directive, message, hint)
  }

  private takes(text: string): boolean {
    if (this.tokens[this.at]?.is(text) !== true) return false
    this.at++
    return true
  }

  private expect(text: string): void {
    if (this.takes(text)) return
    const token = this.tokens[this.at]
    this.bad(token, `${token === undefined ? 'The condition ends' : quoted(token)} where '${text}' was expected`)
  }

  /** `live` is false in what is not evaluated, and may divide by zero. */
  private conditional(live: boolean): Value {
    this.deeper()
    const condition = this.binary(1, live)
    if (!this.takes('?')) {
      this.depth--
      return condition
    }
    const holds = condition.value !== 0n
    const yes = this.conditional(live && holds)
    this.expect(':')
    const no = this.conditional(live && !holds)
    this.depth--
    const unsigned = yes.unsigned || no.unsigned
    return wrapped(holds ? yes.value : no.value, unsigned)
  }

  private deeper(): void {
    if (++this.depth <= LIMITS.brackets) return
    const message = `This condition is nested more than ${LIMITS.brackets} deep`
    throw errorAtToken('c-too-large', this.directive, message, 'Take it apart.')
  }

  private binary(level: number, live: boolean): Value {
    let left = this.unary(live)
    for (;;) {
      const operator = this.tokens[this.at]
      const own = operator === undefined ? undefined : LEVELS.get(operator.text)
      if (operator === undefined || own === undefined || own < level) return left
      this.at++
      const holds = left.value !== 0n
      const isLive = operator.text === '&&' ? live && holds : operator.text === '||' ? live && !holds : live
      left = this.apply(operator, left, this.binary(own + 1, isLive), live)
    }
  }

  private apply(operator: Token, a: Value, b: Value, live: boolean): Value {
    const unsigned = a.unsigned || b.unsigned
    const [x, y] = [wrapped(a.value, unsigned).value, wrapped(b.value, unsigned).value]
    switch (operator.text) {
      case '&&':
        return truth(a.value !== 0n && b.value !== 0n)
      case '||':
        return truth(a.value !== 0n || b.value !== 0n)
      case '<<':
      case '>>':
        return shifted(operator.text, a, b)
      case '/':
      case '%':
        if (y === 0n && live) this.bad(operator, 'This condition divides by zero')
        if (y === 0n) return wrapped(0n, unsigned)
        return wrapped(operator.text === '/' ? x / y : x % y, unsigned)
      default:
        return arithmetic(operator.text, x, y, unsigned)
    }
  }

  private unary(live: boolean): Value {
    const operators: string[] = []
    while (['-', '+', '!', '~'].includes(this.tokens[this.at]?.text ?? '')) {
      operators.push(this.tokens[this.at++]?.text ?? '')
    }
    return operators.reduceRight((operand, operator) => {
      if (operator === '!') return truth(operand.value === 0n)
      if (operator === '+') return operand
      return wrapped(operator === '-' ? -operand.value : ~operand.value, operand.unsigned)
    }, this.primary(live))
  }

  private primary(live: boolean): Value {
    const token = this.tokens[this.at++]
    if (token?.is('(') === true) {
      const inner = this.conditional(live)
      this.expect(')')
      return inner
    }
    if (token?.kind === 'number') {
      const { value, suffix } = integerOf(token)
      return wrapped(value, suffix.includes('u') || value >= 1n << 63n)
    }
    if (token?.kind === 'char') return wrapped(BigInt(characterOf(token)), false)
    // a name that is no macro
    if (token?.kind === 'name') return truth(false)
    return this.bad(token, `${token === undefined ? 'The condition ends' : quoted(token)} where a value was expected`)
  }
}

const shifted = (operator: '<<' | '>>', a: Value, b: Value): Value => {
  const isNegative = !b.unsigned && b.value < 0n
  const by = isNegative ? -b.value : b.value
  const isLeft = (operator === '<<') !== isNegative
  if (by >= 64n) return wrapped(!isLeft && a.value < 0n ? -1n : 0n, a.unsigned)
  return wrapped(isLeft ? a.value << by : a.value >> by, a.unsigned)
}

const arithmetic = (operator: string, x: bigint, y: bigint, unsigned: boolean): Value => {
  switch (operator) {
    case '*':
      return wrapped(x * y, unsigned)
    case '+':
      return wrapped(x + y, unsigned)
    case '-':
      return wrapped(x - y, unsigned)
    case '&':
      return wrapped(x & y, unsigned)
    case '^':
      return wrapped(x ^ y, unsigned)
    case '|':
      return wrapped(x | y, unsigned)
    case '<':
      return truth(x < y)
    case '<=':
      return truth(x <= y)
    case '>':
      return truth(x > y)
    case '>=':
      return truth(x >= y)
    case '==':
      return truth(x === y)
    default:
      return truth(x !== y)
  }
}

/** Whether the condition of a directive holds; its macros are replaced already. */
export const conditionHolds = (tokens: readonly Token[], directive: Token): boolean =>
  new Condition(tokens, directive).result()
