/** How many threads a file has, known before anything of it has a meaning: what the headers keep for each thread is as large. */

import type { Declaration, Expr } from '../syntax/ast.ts'
import { isThread, roleOf } from './roles.ts'

/** As many as a file may have. */
export const MOST_THREADS = 32

/** What the headers' LOCKSTEP_TASKS stands for. */
export const THREAD_COUNT = '__lockstep_threads'

const COUNT = '__lockstep_count_'

/** The numbers that LOCKSTEP_THREADS gives, by the name of the threads; undefined for what is no plain number. */
const countsIn = (declarations: readonly Declaration[]): ReadonlyMap<string, Expr | undefined> =>
  new Map(
    declarations.flatMap((declaration) =>
      declaration.kind === 'type' && declaration.type.kind === 'enum'
        ? (declaration.type.items ?? []).flatMap(({ name, value }): [string, Expr | undefined][] =>
            name.startsWith(COUNT) ? [[name.slice(COUNT.length), value]] : [],
          )
        : [],
    ),
  )

/** The threads of a file, handlers among them; as many as there can be where a number is more than a number. */
export const threadCountOf = (declarations: readonly Declaration[]): number => {
  const counts = countsIn(declarations)
  let all = 0
  for (const declaration of declarations) {
    if (declaration.kind !== 'function' || declaration.body === undefined || !isThread(declaration)) continue
    if (roleOf(declaration)?.[0] !== 'threads') {
      all += 1
      continue
    }
    const count = counts.get(declaration.name)
    if (count?.kind !== 'number') return MOST_THREADS
    all += Number(count.value)
  }
  return Math.max(1, Math.min(all, MOST_THREADS))
}
