/** What somebody may have meant who wrote a name that nothing has. */

import { distance } from 'fastest-levenshtein'

/** Names like `wanted` among `known`, nearest first. */
export const near = (wanted: string, known: readonly string[], most = 3): string[] =>
  known
    .map((name) => ({ name, d: distance(wanted, name) }))
    .sort((a, b) => a.d - b.d || (a.name < b.name ? -1 : 1))
    .filter(({ d, name }) => d <= Math.max(3, name.length / 2))
    .slice(0, most)
    .map(({ name }) => name)
