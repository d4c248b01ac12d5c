/** Reads by index that cannot fail if the code is right: where it is not, an error says so instead of a made-up value. */

/**
 * The element at an index that is known to be in range.
 *
 * @throws RangeError with the index and the length, if it is not
 */
export const at = <T>(array: ArrayLike<T>, index: number): T => {
  // a fraction and NaN are no index either
  if (index >= 0 && index < array.length && Number.isInteger(index)) return array[index] as T
  throw new RangeError(`no element ${index} in ${array.length}`)
}

/**
 * The value at a key that a map is known to have.
 *
 * @throws RangeError with the key, if it has not
 */
export const entryOf = <K, V>(map: ReadonlyMap<K, V>, key: K): V => {
  const value = map.get(key)
  if (value === undefined && !map.has(key)) throw new RangeError(`no entry ${String(key)} in a map of ${map.size}`)
  return value as V
}
