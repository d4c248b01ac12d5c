/** Globs over names in linear space and no more than (glob x name) steps: a regular expression of many `*` can take for ever. */

/** Is it a glob at all? */
export const isGlob = (text: string): boolean => /[*?]/.test(text)

/** Does a name match a glob of `*` (any characters, none too) and `?` (any one)? */
export const matchesGlob = (glob: string, name: string): boolean => {
  let g = 0
  let n = 0
  /** after the last `*`, and how far it reaches: to try again with a character more is enough, earlier ones never need it */
  let star = -1
  let reach = 0
  while (n < name.length) {
    if (glob[g] === '*') {
      star = ++g
      reach = n
    } else if (glob[g] === '?' || glob[g] === name[n]) {
      g++
      n++
    } else if (star >= 0) {
      g = star
      n = ++reach
    } else return false
  }
  while (glob[g] === '*') g++
  return g === glob.length
}
