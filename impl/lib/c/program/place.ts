/** Places as text: `vcpus[1].wqh.lock`, and what arithmetic and container_of() make of them. */

const LAST_INDEX = /^(.*)\[(-?\d+)\]$/

/** The array and the index of a place that is an element. */
export const elementAt = (place: string): readonly [array: string, index: number] | undefined => {
  const [, array, index] = LAST_INDEX.exec(place) ?? []
  return array === undefined ? undefined : [array, Number(index)]
}

/** A struct that would be around a place, and is not there: list_for_each_entry() makes it of the list's head, and only compares. */
const BEYOND = /^(.*)<(.+)>(.*)$/

/** The place of a field of such a struct; undefined where the place is a real one. */
export const fieldBeyond = (place: string, field: string): string | undefined => {
  const [, inner, path, tail = ''] = BEYOND.exec(place) ?? []
  if (inner === undefined || path === undefined) return undefined
  const next = `${tail}.${field}`
  return path === next ? inner : `${inner}<${path}>${next}`
}

/** An element that its array does not have, or something within it: the array; `lengthOf` says how many an array has. */
export const outsideOf = (place: string, lengthOf: (array: string) => number | undefined): string | undefined => {
  for (const { index: at, 0: text } of place.matchAll(/\[-?\d+\]/g)) {
    const array = place.slice(0, at)
    const length = lengthOf(array)
    const index = Number(text.slice(1, -1))
    if (length !== undefined && (index < 0 || index >= length)) return array
  }
  return undefined
}
