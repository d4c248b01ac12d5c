/** What somebody may have meant who wrote a name that nothing has. */

/** Characters to put in, take out or replace until one text is the other (Levenshtein). */
export const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Names like `wanted` among `known`, nearest first. */
export const near = (wanted: string, known: readonly string[], most = 3): string[] =>
  known
    .map((name) => ({ name, d: editDistance(wanted, name) }))
    .sort((a, b) => a.d - b.d || (a.name < b.name ? -1 : 1))
    .filter(({ d, name }) => d <= Math.max(3, name.length / 2))
    .slice(0, most)
    .map(({ name }) => name)
