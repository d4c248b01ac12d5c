/** Domains that have what a program brings about, and nothing else: C's integers are too many to be listed. */

import type { Domain } from '../../kernel/language/domain.ts'
import type { TlaValue } from '../../kernel/language/value.ts'
import { tla } from '../../kernel/language/value.ts'
import type { Value } from '../program/value.ts'
import { integerOf, isPointer, UNSET } from '../program/value.ts'

/** A value of C as TLA+ has it: an integer, or the place that a pointer points to. */
export const toTla = (value: Value): TlaValue => {
  if (value === UNSET) return tla.str(UNSET)
  return isPointer(value) ? tla.str(String(value)) : tla.int(integerOf(value))
}

/** The values that a location or a local has had so far. */
export class ValueDomain implements Domain<unknown> {
  readonly name: string
  readonly values: Value[] = []
  private readonly index = new Map<Value, number>()
  private isFrozen = false

  constructor(name: string, first: Value) {
    this.name = name
    this.indexOf(first)
  }

  /** Index of a value, which is added unless it is there. */
  indexOf(value: unknown): number {
    const own = value as Value
    const known = this.index.get(own)
    if (known !== undefined) return known
    if (this.isFrozen) return -1
    const index = this.values.push(own) - 1
    this.index.set(own, index)
    return index
  }

  /** From here on it has the values that it has. */
  freeze(): void {
    this.isFrozen = true
  }

  toTla(value: unknown): TlaValue {
    return toTla(value as Value)
  }
}
