/** Domains that grow with what is reached: nobody knows before which values a variable of a program will have. */

import type { Domain } from './domain.ts'
import type { TlaValue } from './value.ts'

/**
 * A domain of primitive values that has `initial` at first, and each further value from when its index is first asked for. Once
 * it is frozen it is as any other: what it does not have is outside of it.
 */
export const growing = <T extends number | string | boolean>(
  name: string,
  initial: readonly T[],
  toTla: (value: T) => TlaValue,
): Domain<T> => {
  const values: T[] = [...new Set(initial)]
  const index = new Map(values.map((value, i) => [value, i]))
  let frozen = false
  const indexOf = (value: T): number => {
    const known = index.get(value)
    if (known !== undefined) return known
    if (frozen) return -1
    index.set(value, values.length)
    return values.push(value) - 1
  }
  const freeze = (): void => {
    frozen = true
  }
  return { name, values, indexOf, toTla, freeze }
}
