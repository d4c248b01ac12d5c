/** A step's decision tree of which only those branches are there that some reachable state takes. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Machine } from '../language/machine.ts'
import type { CellValue } from '../machine/record-step.ts'
import type { StepLeaf, StepTree } from '../machine/step-tree.ts'

/** A decision tree that grows. */
export type GrownTree = GrownBranch | GrownLeaf

/** A branch: a child for each value of a cell that was met, by its index; there are few, and a search asks for them all the time. */
export interface GrownBranch {
  readonly cell: number
  readonly children: (GrownTree | undefined)[]
}

/** What a step does, with the node after it for each outcome; no nodes for an action of the environment. */
export interface GrownLeaf extends StepLeaf {
  /** its number among all leaves of a search */
  readonly id: number
  readonly targets: readonly number[]
}

/** Where no reachable state leads. Nothing is known of the step there, and nothing has to be. */
export const UNREACHED: StepLeaf = { outcomes: [], refusals: ['no reachable state has these values'] }

const unsteady = (): Error =>
  badInput({
    code: 'step-not-deterministic',
    message: 'a step that was taken twice with the same values has not read the same cells',
    hint: 'a step is a function of the shared variables: keep what else it looks at in one of them, or in the frame',
  })

const branch = (cell: number, index: number, below: GrownTree): GrownBranch => {
  const children: GrownBranch['children'] = []
  children[index] = below
  return { cell, children }
}

const chain = (path: readonly CellValue[], leaf: GrownLeaf): GrownTree =>
  path.reduceRight<GrownTree>((below, [cell, index]) => branch(cell, index, below), leaf)

/** The tree with a leaf at the end of a path of reads, where nothing was before. */
export const grown = (tree: GrownTree | undefined, path: readonly CellValue[], leaf: GrownLeaf): GrownTree => {
  if (tree === undefined) return chain(path, leaf)
  let here = tree
  for (const [depth, [cell, index]] of path.entries()) {
    if (!('cell' in here) || here.cell !== cell) throw unsteady()
    const below = here.children[index]
    if (below === undefined) {
      here.children[index] = chain(path.slice(depth + 1), leaf)
      return tree
    }
    here = below
  }
  throw unsteady()
}

/** The tree with a child for every value that a cell has in the end; a cell of one value decides nothing. */
export const finished = (machine: Machine, tree: GrownTree | undefined): StepTree => {
  if (tree === undefined) return UNREACHED
  if (!('cell' in tree)) return { outcomes: tree.outcomes, refusals: tree.refusals }
  const { cell, children } = tree
  const size = at(machine.shared.cells, cell).domain.values.length
  if (size === 1) return finished(machine, children[0])
  const all = Array.from({ length: size }, (_, index) => finished(machine, children[index]))
  return { cell, children: all }
}
