/** Reads the litmus tests of spec/litmus/LitmusTests.tla: data that must say only what the machine can do. */

import { badInput } from '../lib/kernel/error.ts'
import type { DataModule } from '../lib/protocol/protocol.ts'
import { placeAt } from '../lib/text/place.ts'
import type { PlacedValue } from '../lib/tla/parse-value.ts'
import { parsePlacedValue } from '../lib/tla/parse-value.ts'
import type { TlaValue } from '../lib/kernel/language/value.ts'

export const LOCATIONS = ['x', 'y', 'z'] as const
export const REGISTERS = ['r0', 'r1'] as const
/** Values are 0 .. MAX_VALUE. */
export const MAX_VALUE = 2

export type LocationName = (typeof LOCATIONS)[number]
export type Register = (typeof REGISTERS)[number]

/** One step of a test's thread. */
export type Instruction =
  | { readonly op: 'store'; readonly location: LocationName; readonly value: number }
  | { readonly op: 'load'; readonly location: LocationName; readonly register: Register }
  | { readonly op: 'xchg'; readonly location: LocationName; readonly value: number; readonly register: Register }
  | { readonly op: 'smp_mb' | 'smp_wmb' }

/** One condition of an outcome. */
export type Condition =
  | { readonly location: LocationName; readonly value: number }
  | { readonly thread: number; readonly register: Register; readonly value: number }

export interface LitmusTest {
  readonly name: string
  readonly threads: readonly (readonly Instruction[])[]
  /** all of them must hold at the end for the outcome to have been observed */
  readonly outcome: readonly Condition[]
}

/** Reads one test; every method throws at the place of what it does not understand. */
class TestReader {
  private readonly placed: PlacedValue

  constructor(placed: PlacedValue) {
    this.placed = placed
  }

  fail(part: TlaValue, message: string): Error {
    return badInput({
      code: 'bad-litmus',
      message,
      hint: 'the head of LitmusTests.tla lists what a test may say',
      ...this.placed.placeOf(part),
    })
  }

  items(part: TlaValue, what: string): readonly TlaValue[] {
    if (part.kind !== 'seq' || part.items.length === 0) throw this.fail(part, `expected ${what}`)
    return part.items
  }

  field(test: TlaValue, name: string): TlaValue {
    const found = test.kind === 'record' ? test.fields.find(([field]) => field === name) : undefined
    if (found === undefined) throw this.fail(test, `expected a record with name, threads and outcome: no ${name}`)
    return found[1]
  }

  text(part: TlaValue, what: string): string {
    if (part.kind !== 'str') throw this.fail(part, `expected ${what}`)
    return part.value
  }

  /** A name out of a list, e.g. of locations. */
  named<N extends string>(part: TlaValue | undefined, of: TlaValue, names: readonly N[], what: string): N {
    const text = part === undefined ? 'nothing' : this.text(part, what)
    const found = names.find((n) => n === text)
    if (found === undefined) throw this.fail(part ?? of, `unknown ${what} ${text}; there are ${names.join(', ')}`)
    return found
  }

  integer(part: TlaValue | undefined, of: TlaValue, most: number, what: string): number {
    if (part?.kind !== 'int' || part.value < 0n || part.value > BigInt(most))
      throw this.fail(part ?? of, `expected ${what} from 0 to ${most}`)
    return Number(part.value)
  }

  instruction(part: TlaValue): Instruction {
    const [kind, ...rest] = this.items(part, 'a step, e.g. <<"W", "x", 1>>')
    const sized = (n: number): void => {
      if (rest.length !== n) throw this.fail(part, `expected ${n} arguments, found ${rest.length}`)
    }
    const [a, b, c] = rest
    const location = (): LocationName => this.named(a, part, LOCATIONS, 'location')
    const register = (r: TlaValue | undefined): Register => this.named(r, part, REGISTERS, 'register')
    const value = (): number => this.integer(b, part, MAX_VALUE, 'a value')
    switch (kind?.kind === 'str' ? kind.value : '') {
      case 'W':
        sized(2)
        return { op: 'store', location: location(), value: value() }
      case 'R':
        sized(2)
        return { op: 'load', location: location(), register: register(b) }
      case 'X':
        sized(3)
        return { op: 'xchg', location: location(), value: value(), register: register(c) }
      case 'mb':
        sized(0)
        return { op: 'smp_mb' }
      case 'wmb':
        sized(0)
        return { op: 'smp_wmb' }
      default:
        throw this.fail(part, 'unknown step; there are W, R, X, mb and wmb: no loops, no branches')
    }
  }

  condition(part: TlaValue, threads: readonly (readonly Instruction[])[]): Condition {
    const items = this.items(part, 'a condition, e.g. <<0, "r0", 1>> or <<"x", 1>>')
    const [a, b, c] = items
    if (items.length === 2)
      return {
        location: this.named(a, part, LOCATIONS, 'location'),
        value: this.integer(b, part, MAX_VALUE, 'a value'),
      }
    if (items.length !== 3) throw this.fail(part, 'expected <<thread, register, value>> or <<location, value>>')
    const thread = this.integer(a, part, threads.length - 1, 'a thread')
    const register = this.named(b, part, REGISTERS, 'register')
    if (!(threads[thread] ?? []).some((i) => 'register' in i && i.register === register))
      throw this.fail(part, `thread ${thread} never sets ${register}`)
    return { thread, register, value: this.integer(c, part, MAX_VALUE, 'a value') }
  }

  test(part: TlaValue): LitmusTest {
    const name = this.text(this.field(part, 'name'), 'a name')
    const threads = this.items(this.field(part, 'threads'), 'at least one thread').map((thread) =>
      this.items(thread, 'at least one step').map((i) => this.instruction(i)),
    )
    const outcome = this.items(this.field(part, 'outcome'), 'an outcome over something').map((c) =>
      this.condition(c, threads),
    )
    return { name, threads, outcome }
  }
}

/** All tests of the module; bad input (exit 2) with the place where it is not one. */
export const readTests = ({ file, text }: DataModule): readonly LitmusTest[] => {
  const head = /^Tests ==/m.exec(text)
  const end = /^={4,}\s*$/m.exec(text)
  if (head === null || end === null)
    throw badInput({ code: 'bad-litmus', message: 'no definition of Tests', file, hint: 'see spec/litmus' })
  const start = head.index + head[0].length
  const placed = parsePlacedValue(text.slice(start, end.index), placeAt(text, start, { file }))
  const reader = new TestReader(placed)
  const tests = reader.items(placed.value, 'a sequence of tests').map((part) => ({ part, test: reader.test(part) }))
  for (const [i, { part, test }] of tests.entries()) {
    if (tests.slice(0, i).some((other) => other.test.name === test.name))
      throw reader.fail(part, `the test ${test.name} is given twice`)
  }
  return tests.map(({ test }) => test)
}
