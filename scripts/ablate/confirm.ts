/** TLC on the boundary that the explorer has found: each minimal set, and each minimal set less one toggle. */

import type { Ablation, Subset } from '../../impl/lib/ablate/subsets.ts'
import { boundaryOf } from '../../impl/lib/ablate/subsets.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { RunOptions } from '../engines/options.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { checkWithTlc } from '../engines/tlc.ts'
import { pool } from '../node/pool.ts'
import type { Cell } from '../../impl/lib/protocol/model.ts'
import { isSpecifiedKind } from '../../impl/lib/protocol/model.ts'
import type { Base } from '../../impl/lib/ablate/bases.ts'
import { cellsOfBases, modelAt } from '../../impl/lib/ablate/bases.ts'
import type { Coverage } from '../../impl/lib/ablate/run.ts'

/** One cell of the boundary as both engines see it. */
export interface Confirmation {
  readonly property: string
  readonly subset: Subset
  readonly base: number
  readonly explorer: 'holds' | 'violated'
  readonly tlc: 'holds' | 'violated'
}

/** A point of the boundary, and the cells of it that are confirmed there with what the explorer says of each. */
interface Point {
  readonly base: number
  readonly subset: Subset
  readonly cells: Map<string, Cell>
}

/** The first base in which there is a violation. */
const violatedIn = (coverage: Coverage, subset: Subset, property: string): number => {
  const row = coverage.rows.get(subset) ?? []
  return row.findIndex(({ violated }) => violated.has(property))
}

/** The points that confirm a boundary; those with temporal properties, which are dear, come last. */
const pointsFor = (
  bases: readonly Base[],
  coverage: Coverage,
  ablations: ReadonlyMap<string, Ablation>,
): readonly Point[] => {
  const points = new Map<string, Point>()
  const add = (base: number, subset: Subset, cell: Cell): void => {
    const key = `${base} ${subset}`
    const point = points.get(key) ?? { base, subset, cells: new Map<string, Cell>() }
    point.cells.set(cell.name, cell)
    points.set(key, point)
  }
  for (const cell of cellsOfBases(bases)) {
    const ablation = ablations.get(cell.name)
    // TLC has no opinion on what is the explorer's alone
    if (ablation === undefined || !isSpecifiedKind(cell.kind)) continue
    const edges = boundaryOf(ablation)
    for (const subset of new Set([...ablation.minimal, ...edges.map((e) => e.holds)])) {
      for (const base of bases.keys()) add(base, subset, { ...cell, expected: 'holds' })
    }
    for (const { violated: subset } of edges) {
      add(violatedIn(coverage, subset, cell.name), subset, { ...cell, expected: 'violated' })
    }
  }
  const live = ({ cells }: Point): number => [...cells.values()].filter((c) => c.kind === 'liveness').length
  return [...points.values()].sort((a, b) => live(a) - live(b))
}

/** Runs TLC on the boundary; every cell of it with what both engines say. */
export const confirmBoundary = async (
  bases: readonly Base[],
  coverage: Coverage,
  ablations: ReadonlyMap<string, Ablation>,
  toolchain: Toolchain,
  options: RunOptions,
  onProgress: (done: number, of: number) => void,
): Promise<Confirmation[]> => {
  const points = pointsFor(bases, coverage, ablations)
  let done = 0
  const results = await pool(points, options.workers ?? 2, async ({ base: index, subset, cells }) => {
    onProgress(done, points.length)
    const base = bases[index]
    if (base === undefined) throw new RangeError('a point of no base')
    const model = { ...modelAt(base, subset), cells: [...cells.values()] }
    const { findings } = await checkWithTlc(model, toolchain, { ...options, workers: 1 })
    done += 1
    return model.cells.map(({ name, expected }): Confirmation => {
      const verdict = findings.cells.get(name)?.verdict
      if (verdict === undefined || verdict === 'incomplete' || verdict === 'error') {
        throw environmentFailure({
          code: 'not-confirmed',
          message: `TLC did not decide ${name}: ${findings.notes.join('; ')}`,
          hint: 'give it longer: --timeout',
        })
      }
      // that a property says nothing at a point does not break it there
      const tlc = verdict === 'violated' ? 'violated' : 'holds'
      return { property: name, subset, base: index, explorer: expected === 'violated' ? 'violated' : 'holds', tlc }
    })
  })
  return results.flat()
}
